import { UserError } from '../model/errors.js';
import type { ArrayData, FedSpec, InputArray, Text } from './arrays.js';
import type { GivenArray } from './npy.js';
import { checkShape, describeSpec } from './shapes.js';

const FLOATS = ['float16', 'float32', 'float64'];
const INTEGERS = ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64'];
const MAX_INT32 = 2 ** 31 - 1;

/**
 * Fits a given array to an input: shape checked, dtype converted where no value changes its meaning (float64 is rounded
 * to float32, with a note; integers must fit the int32 that carries them).
 *
 * @param what How errors name it.
 * @throws UserError that says what was expected.
 */
export function convertGiven(given: GivenArray, spec: FedSpec, what: string, notes: string[]): InputArray {
  checkShape(spec, given.shape, what);
  return { name: spec.name, dtype: spec.dtype, shape: given.shape, data: convertData(given, spec, what, notes) };
}

function convertData(given: GivenArray, spec: FedSpec, what: string, notes: string[]): ArrayData {
  const { dtype, data } = given;
  const wanted = spec.carrier;
  if (wanted === 'float32' && FLOATS.includes(dtype)) {
    if (dtype === 'float64') notes.push(`${what}: float64 was rounded to float32 for the input ${spec.name}.`);
    return Float32Array.from(data as ArrayLike<number>);
  }
  if (wanted === 'int32' && INTEGERS.includes(dtype)) return toInt32(data as ArrayLike<number | bigint>, spec, what);
  if (wanted === 'bool' && dtype === 'bool') return Uint8Array.from(data as ArrayLike<number>);
  if (wanted === 'string' && dtype === 'string') return data as readonly Text[];
  if (wanted === 'complex64' && dtype.startsWith('complex')) {
    if (dtype === 'complex128') notes.push(`${what}: complex128 was rounded to complex64 for the input ${spec.name}.`);
    return Float32Array.from(data as ArrayLike<number>);
  }
  throw new UserError(
    `${what} is ${dtype}, but the input ${spec.name} expects ${describeSpec(spec)}: convert it with .astype('${spec.dtype}').`,
  );
}

function toInt32(values: ArrayLike<number | bigint>, spec: FedSpec, what: string): Int32Array {
  const smallest = spec.dtype === 'uint8' ? 0 : -MAX_INT32 - 1;
  const largest = spec.dtype === 'uint8' ? 255 : MAX_INT32;
  return Int32Array.from(Array.from(values), (value) => {
    const number = Number(value);
    if (number < smallest || number > largest) {
      throw new UserError(
        `${what} holds ${value}, but ${spec.engine} feeds the input ${spec.name} values from ${smallest} to ${largest} only.`,
      );
    }
    return number;
  });
}
