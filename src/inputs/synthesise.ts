import { sizeOf } from '../model/shape-size.js';
import type { ArrayData, FedSpec, InputArray, InputSpec } from './arrays.js';
import { isFloat, isNumberCarrier, numberArray } from './carriers.js';
import { seededRandom, type Random } from './random.js';
import { roleOf, type InputRole } from './role.js';

/** Integers stay this small, so that they are valid indices of most vocabularies and class lists. */
const MAX_INTEGERS = 8;

/**
 * Makes values for an input by its role: pictures from 0 to 1 (0 to 255 where the dtype is whole), ids within their table
 * whatever their dtype, masks of ones, lengths as long as `steps`, other floats from a standard normal, other integers
 * below 8, booleans, short strings.
 *
 * @param shape The input's shape with nothing left unknown.
 * @param steps The longest sequence among the inputs, for an input that tells its length.
 */
export function synthesise(spec: FedSpec, shape: readonly number[], seed: number, steps = MAX_INTEGERS): InputArray {
  return { name: spec.name, dtype: spec.dtype, shape, data: values(spec, sizeOf(shape), seededRandom(seed, spec.name), steps) };
}

function values(spec: FedSpec, length: number, random: Random, steps: number): ArrayData {
  const role = roleOf(spec);
  const { carrier } = spec;
  if (isNumberCarrier(carrier))
    return numberArray(carrier, length, () => (isFloat(carrier) ? floatOf(role, spec, random) : wholeOf(role, spec, random, steps)));
  switch (carrier) {
    case 'complex64':
      return Float32Array.from({ length: 2 * length }, () => random.normal());
    case 'bool':
      return Uint8Array.from({ length }, () => (role === 'zero' ? 0 : random.below(2)));
    case 'string':
      return Array.from({ length }, (_, at) => textOf(spec, at, random));
  }
}

function textOf({ texts = [] }: InputSpec, at: number, random: Random): string {
  const known = texts[at % texts.length] ?? [];
  return known[random.below(Math.max(1, known.length))] ?? `text ${random.below(1000)}`;
}

const idOf = ({ indexLimit = MAX_INTEGERS }: InputSpec, random: Random): number => random.below(Math.min(indexLimit, MAX_INTEGERS));

function floatOf(role: InputRole, spec: InputSpec, random: Random): number {
  if (role === 'zero') return 0;
  if (role === 'mask') return 1;
  if (role === 'choice') return spec.choices?.[0] ?? 0;
  if (role === 'ids') return idOf(spec, random);
  if (role === 'image') return random.uniform();
  if (role === 'audio') return 2 * random.uniform() - 1;
  return role === 'share' ? 0.5 : random.normal();
}

function wholeOf(role: InputRole, spec: InputSpec, random: Random, steps: number): number {
  if (role === 'zero') return 0;
  if (role === 'mask') return 1;
  if (role === 'length') return steps;
  if (role === 'choice') return spec.choices?.[0] ?? 0;
  if (role === 'values' && spec.dtype === 'int8') return random.below(256) - 128;
  const bytes = role === 'image' || (role === 'values' && spec.dtype === 'uint8');
  return bytes ? random.below(256) : idOf(spec, random);
}

/** How the report tells of a made-up input. */
export function describeMadeUp(spec: InputSpec): string {
  switch (roleOf(spec)) {
    case 'ids':
      return `ids below ${Math.min(spec.indexLimit ?? MAX_INTEGERS, MAX_INTEGERS)}`;
    case 'image':
      return isFloat(spec.dtype) ? 'a picture of values from 0 to 1' : 'a picture of values from 0 to 255';
    case 'audio':
      return 'noise from -1 to 1';
    case 'length':
      return 'the full length';
    case 'share':
      return '0.5';
    case 'mask':
      return 'ones';
    case 'choice':
      return String(spec.choices?.[0] ?? 0);
    case 'zero':
      return 'zeros';
    case 'values':
      return spec.dtype === 'string'
        ? spec.texts === undefined
          ? 'short texts'
          : 'texts that the model knows'
        : spec.dtype === 'bool'
          ? 'true and false'
          : isFloat(spec.dtype)
            ? 'normal random numbers'
            : spec.dtype === 'complex64'
              ? 'complex random numbers'
              : 'whole numbers';
  }
}
