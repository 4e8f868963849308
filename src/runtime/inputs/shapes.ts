import { EXIT, UserError } from '../../model/errors.js';
import type { InputSpec } from './arrays.js';

/** Shapes given by the user, by input name. */
export type GivenShapes = ReadonlyMap<string, readonly number[]>;

/**
 * Reads `--shape` options: `name=1,224,224,3`, or only `1,224,224,3` for a model with one input.
 *
 * @throws UserError (usage) for what is not a shape, and for names the model does not have.
 */
export function parseShapes(texts: readonly string[], specs: readonly InputSpec[]): GivenShapes {
  const shapes = new Map<string, readonly number[]>();
  for (const text of texts) {
    const equals = text.lastIndexOf('=');
    const name = inputName(equals === -1 ? undefined : text.slice(0, equals), specs, `--shape ${text}`);
    const shape = text.slice(equals + 1).split(',').map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : -1));
    if (shape.includes(-1)) {
      throw new UserError(`--shape ${text} is not a shape: write it as --shape ${name}=1,224,224,3.`, EXIT.usage);
    }
    shapes.set(name, shape);
  }
  return shapes;
}

/** The input an option names; without a name, the only one. @throws UserError (usage) that lists the names. */
export function inputName(name: string | undefined, specs: readonly InputSpec[], option: string): string {
  const names = specs.map((spec) => spec.name).join(', ');
  const [first, second] = specs;
  if (name === undefined) {
    if (first !== undefined && second === undefined) return first.name;
    throw new UserError(`${option} must name its input, because the model has ${specs.length}: ${names}.`, EXIT.usage);
  }
  // Graph models name inputs by node or by tensor (`x` and `x:0`): both are understood.
  const found = specs.find((spec) => spec.name === name || spec.name === `${name}:0` || `${spec.name}:0` === name);
  if (found === undefined) {
    throw new UserError(`${option}: the model has no input ${name}; its inputs are: ${names}.`, EXIT.usage);
  }
  return found.name;
}

/**
 * The shape to feed: a given one when it fits the signature, else the signature's with `batch` for an unknown first
 * dimension.
 *
 * @throws UserError that names the dimension and the option when another dimension stays unknown, or when the given
 * shape or batch does not fit.
 */
export function resolveShape(spec: InputSpec, given: GivenShapes, batch: number | undefined): readonly number[] {
  const own = given.get(spec.name);
  if (own !== undefined) return checkShape(spec, own, `--shape ${spec.name}=${own.join(',')}`);
  if (spec.unknownRank === true) throw openDimension(spec, 'an unknown number of dimensions', '1,224,224,3');
  const [first] = spec.shape;
  if (batch !== undefined && first !== undefined && first !== -1 && first !== batch) {
    throw new UserError(`--batch ${batch} does not fit: the model fixes the first dimension of ${spec.name} to ${first}.`);
  }
  const shape = spec.shape.map((length, i) => (length === -1 && i === 0 ? (batch ?? 1) : length));
  const open = shape.indexOf(-1);
  if (open !== -1) {
    const example = shape.map((length) => (length === -1 ? 16 : length)).join(',');
    throw openDimension(spec, `an unknown dimension ${open} in its shape [${shape.map((n) => (n === -1 ? '?' : n)).join(',')}]`, example);
  }
  return shape;
}

/** @throws UserError when `shape` contradicts a known dimension of the signature. */
export function checkShape(spec: InputSpec, shape: readonly number[], what: string): readonly number[] {
  const fits = spec.unknownRank === true ||
    (shape.length === spec.shape.length && spec.shape.every((length, i) => length === -1 || length === shape[i]));
  if (fits) return shape;
  throw new UserError(`${what} has the shape [${shape.join(',')}], but the input ${spec.name} expects ${describeSpec(spec)}.`);
}

/** `float32[?,4]` */
export const describeSpec = (spec: InputSpec): string =>
  spec.unknownRank === true ? `${spec.dtype} of any shape` : `${spec.dtype}[${spec.shape.map((n) => (n === -1 ? '?' : n)).join(',')}]`;

const openDimension = (spec: InputSpec, what: string, example: string): UserError =>
  new UserError(`The input ${spec.name} has ${what}: say how long it is with --shape ${spec.name}=${example}.`, EXIT.usage);
