import { sizeOf } from '../artifacts/weight-files.js';
import { tensorDtype, type ArrayData, type InputArray, type InputSpec } from './arrays.js';
import { seededRandom, type Random } from './random.js';

/** Integers stay this small, so that they are valid indices of most vocabularies and class lists. */
const INTEGER_LIMIT = 8;

/**
 * Makes values for an input: floats from a standard normal, integers uniform in [0, 8), booleans, short strings;
 * indices of an embedding stay within it, whatever their dtype.
 *
 * @param shape The input's shape with nothing left unknown.
 * @throws UserError for dtypes no tfjs tensor can hold.
 */
export function synthesise(spec: InputSpec, shape: readonly number[], seed: number): InputArray {
  return { name: spec.name, dtype: spec.dtype, shape, data: values(spec, sizeOf(shape), seededRandom(seed, spec.name)) };
}

function values(spec: InputSpec, length: number, random: Random): ArrayData {
  const limit = Math.min(spec.indexLimit ?? INTEGER_LIMIT, INTEGER_LIMIT);
  const dtype = tensorDtype(spec);
  switch (dtype) {
    case 'float32':
      return Float32Array.from({ length }, () => (spec.indexLimit === undefined ? random.normal() : random.below(limit)));
    case 'complex64':
      return Float32Array.from({ length: 2 * length }, () => random.normal());
    case 'int32':
      return Int32Array.from({ length }, () => random.below(limit));
    case 'bool':
      return Uint8Array.from({ length }, () => random.below(2));
    case 'string':
      return Array.from({ length }, () => `text ${random.below(1000)}`);
    default:
      throw new Error(`no synthesis for ${String(dtype)}`);
  }
}
