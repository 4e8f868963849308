import { UserError } from '../model/errors.js';
import type { ArrayData, CarrierDtype, FedSpec, InputArray, NumberCarrier, Text } from './arrays.js';
import { isFloat, isNumberCarrier, numberArray, rangeOf } from './carriers.js';
import type { GivenArray } from './npy.js';
import { checkShape, describeSpec } from './shapes.js';

/**
 * Fits a given array to an input: shape checked, dtype converted where no value changes its meaning (a float is rounded
 * to a shorter one, with a note; whole numbers must fit what carries them).
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
  if (isNumberCarrier(wanted) && isFloat(wanted) && isFloat(dtype)) {
    if (digits(dtype) > digits(wanted)) notes.push(`${what}: ${dtype} was rounded to ${wanted} for the input ${spec.name}.`);
    const numbers = data as ArrayLike<number>;
    return numberArray(wanted, numbers.length, (index) => numbers[index] ?? 0);
  }
  if (isNumberCarrier(wanted) && !isFloat(wanted) && rangeOf(dtype as CarrierDtype) !== null)
    return toWhole(wanted, data as ArrayLike<number | bigint>, spec, what);
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

/** Bits that hold the digits of a float. */
const BITS: Readonly<Record<string, number>> = { float16: 10, float32: 23, float64: 52 };
const digits = (dtype: string): number => BITS[dtype] ?? 0;

/** Whole numbers must fit the array that carries them, and the model's own dtype where that is narrower. */
function toWhole(carrier: NumberCarrier, values: ArrayLike<number | bigint>, spec: FedSpec, what: string): ArrayData {
  const ranges = [rangeOf(carrier), rangeOf(spec.dtype as CarrierDtype)].flatMap((range) => (range === null ? [] : [range]));
  const smallest = ranges.reduce((least, [low]) => (low > least ? low : least), -(2n ** 64n));
  const largest = ranges.reduce((most, [, high]) => (high < most ? high : most), 2n ** 64n);
  return numberArray(carrier, values.length, (index) => {
    const value = values[index] ?? 0;
    if (value < smallest || value > largest) {
      throw new UserError(
        `${what} holds ${value}, but ${spec.engine} feeds the input ${spec.name} values from ${smallest} to ${largest} only.`,
      );
    }
    return value;
  });
}
