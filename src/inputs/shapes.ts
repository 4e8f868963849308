import { EXIT, UserError } from '../model/errors.js';
import type { InputSpec } from './arrays.js';
import { sensibleShape } from './open-dimensions.js';

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
    const shape = text
      .slice(equals + 1)
      .split(',')
      .map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : -1));
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
 * dimension and sensible lengths for other unknown ones.
 *
 * @param batch What the user asked for; a first dimension that the model fixes is kept where nobody asked.
 * @throws UserError when the given shape or batch does not fit.
 */
export function resolveShape(spec: InputSpec, given: GivenShapes, batch: number | undefined, openLength?: number): readonly number[] {
  const own = given.get(spec.name);
  if (own !== undefined) return checkShape(spec, own, `--shape ${spec.name}=${own.join(',')}`);
  return sensibleShape(spec, batch ?? 1, openLength);
}

/** @throws UserError when no input has the batch that the user asked for. */
export function checkBatch(specs: readonly InputSpec[], batch: number): void {
  const free = ({ shape, unknownRank }: InputSpec): boolean => unknownRank === true || shape[0] === -1 || shape[0] === batch;
  const [fixed] = specs.filter(({ shape }) => shape.length > 0);
  if (fixed === undefined || specs.some(free)) return;
  throw new UserError(
    `--batch ${batch} does not fit: the model fixes the first dimension of ${fixed.name} to ${fixed.shape[0] ?? 1}; leave --batch out.`,
  );
}

/** @throws UserError when `shape` contradicts a known dimension of the signature. */
export function checkShape(spec: InputSpec, shape: readonly number[], what: string): readonly number[] {
  const fits =
    spec.unknownRank === true ||
    (shape.length === spec.shape.length && spec.shape.every((length, i) => length === -1 || length === shape[i]));
  if (fits) return shape;
  throw new UserError(`${what} has the shape [${shape.join(',')}], but the input ${spec.name} expects ${describeSpec(spec)}.`);
}

/** `float32[?,4]` */
export const describeSpec = (spec: InputSpec): string =>
  spec.unknownRank === true ? `${spec.dtype} of any shape` : `${spec.dtype}[${spec.shape.map((n) => (n === -1 ? '?' : n)).join(',')}]`;
