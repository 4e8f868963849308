import { UserError } from '../model/errors.js';
import { isRecord } from '../model/is-record.js';
import type { FedSpec, Text } from './arrays.js';
import { isFloat, isNumberCarrier } from './carriers.js';
import type { GivenArray } from './npy.js';

/**
 * Reads a value from JSON for an input: nested lists (`[[1,2],[3,4]]`), or `{"shape": [2,2], "data": [1,2,3,4]}`.
 * JSON has no dtypes, so the input's own decides what the values must be; complex numbers are `[real, imaginary]`, bytes
 * `{"b64": "…"}` as in requests to TensorFlow Serving.
 *
 * @throws UserError for ragged lists and for values that the dtype cannot hold.
 */
export function arrayFromJson(value: unknown, spec: FedSpec, what: string): GivenArray {
  const flat = isRecord(value) && !isBytes(value) ? fromShapeAndData(value, what) : flatten(value, what);
  return shaped(flat, spec, what);
}

interface Flat {
  readonly shape: readonly number[];
  readonly data: readonly unknown[];
}

function fromShapeAndData({ shape, data }: Record<string, unknown>, what: string): Flat {
  if (!Array.isArray(shape) || !shape.every((n) => Number.isInteger(n) && n >= 0) || !Array.isArray(data)) {
    throw new UserError(`${what} is neither nested lists nor an object with a shape and data: write {"shape": [2,2], "data": [1,2,3,4]}.`);
  }
  const lengths = shape as number[];
  const size = lengths.reduce((product, length) => product * length, 1);
  if (data.length !== size && data.length !== 2 * size) {
    throw new UserError(`${what} has ${data.length} values, but its shape [${lengths.join(',')}] needs ${size}.`);
  }
  return { shape: lengths, data };
}

/** A complex number is one list more. */
const MAX_DIMENSIONS = 7;

function flatten(value: unknown, what: string): Flat {
  const shape: number[] = [];
  for (let level = value; Array.isArray(level); level = level[0]) {
    shape.push(level.length);
    if (shape.length > MAX_DIMENSIONS)
      throw new UserError(
        `${what} is nested more than ${MAX_DIMENSIONS} lists deep, and no tensor has more dimensions: give the values as the model takes them.`,
      );
  }
  const data: unknown[] = [];
  const visit = (part: unknown, depth: number): void => {
    if (depth === shape.length && !Array.isArray(part)) data.push(part);
    else if (Array.isArray(part) && part.length === shape[depth]) for (const item of part) visit(item, depth + 1);
    else throw new UserError(`${what} is ragged: all lists of one level must have the same length (${shape.join(' × ')}).`);
  };
  visit(value, 0);
  return { shape, data };
}

function shaped({ shape, data }: Flat, spec: FedSpec, what: string): GivenArray {
  const dtype = spec.carrier;
  if (isFloat(dtype)) return { dtype, shape, data: checked(data, isNumber, spec, what) as number[] };
  if (isNumberCarrier(dtype))
    return { dtype: 'int64', shape, data: checked(data, (value) => Number.isSafeInteger(value), spec, what) as number[] };
  switch (dtype) {
    case 'bool':
      return { dtype, shape, data: checked(data, (value) => typeof value === 'boolean', spec, what).map(Number) };
    case 'string':
      return {
        dtype,
        shape,
        data: checked(data, (value) => typeof value === 'string' || isBytes(value), spec, what).map((value) =>
          textOf(value as string | Bytes, what),
        ),
      };
    case 'complex64':
      return complexArray(shape, checked(data, isNumber, spec, what) as number[], what);
  }
}

interface Bytes {
  readonly b64: string;
}

/** Bytes as TensorFlow Serving writes them: https://www.tensorflow.org/tfx/serving/api_rest#encoding_binary_values */
export const isBytes = (value: unknown): value is Bytes =>
  isRecord(value) && Object.keys(value).length === 1 && typeof value['b64'] === 'string';

function textOf(value: string | Bytes, what: string): Text {
  if (typeof value === 'string') return value;
  const { b64 } = value;
  // Node.js leaves out what is no base64.
  if (!/^[\w+/-]*={0,2}$/.test(b64)) throw new UserError(`${what} holds a "b64" that is not base64: ${JSON.stringify(b64.slice(0, 40))}.`);
  return Buffer.from(b64, 'base64');
}

const isNumber = (value: unknown): boolean => typeof value === 'number';

/** The last level of nested lists is the pair of a complex number, not a dimension. */
function complexArray(shape: readonly number[], data: number[], what: string): GivenArray {
  const size = shape.reduce((product, length) => product * length, 1);
  if (data.length === 2 * size) return { dtype: 'complex64', shape, data };
  if (shape.at(-1) === 2) return { dtype: 'complex64', shape: shape.slice(0, -1), data };
  throw new UserError(`${what} must give each complex number as [real, imaginary].`);
}

function checked(data: readonly unknown[], good: (value: unknown) => boolean, spec: FedSpec, what: string): readonly unknown[] {
  const bad = data.findIndex((value) => !good(value));
  if (bad === -1) return data;
  throw new UserError(`${what} holds ${JSON.stringify(data[bad])} as value ${bad}, but the input ${spec.name} expects ${spec.dtype}.`);
}
