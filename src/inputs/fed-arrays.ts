import { EXIT, UserError } from '../model/errors.js';
import { describeSignature, fedSpec, type Carriers, type FedSpec, type InputArray, type InputSpec } from './arrays.js';
import { checkSize } from './bounds.js';
import { readGivenInputs } from './given.js';
import type { InputOptions } from './input-options.js';
import { beforeMove, moveChannels } from './layouts.js';
import { madeUpLike } from './made-up-like.js';
import { hasOpenLength } from './open-dimensions.js';
import { Lengths, takeLengths } from './named-dimensions.js';
import { checkBatch, describeSpec, parseShapes, resolveShape, type GivenShapes } from './shapes.js';
import { describeMadeUp, synthesise } from './synthesise.js';

/** What every call of a model is fed with, still in JavaScript. */
export interface FedArrays {
  readonly arrays: readonly InputArray[];
  /** `float32[32,4]` */
  readonly signature: string;
  readonly batch: number;
  /** Inputs whose number of dimensions nobody tells, and which got a shape all the same. */
  readonly guessed: readonly string[];
  /** Inputs with a free dimension besides the batch, for whose length something was chosen. */
  readonly chosen: readonly string[];
}

/**
 * Builds the inputs of a model: given files where there are any, synthesised values elsewhere. No engine's tensors: an engine makes
 * its own of these arrays for each call.
 *
 * @param carriers What the engine can be fed.
 * @param notes Conversions are told here (`float64 rounded to float32`).
 * @throws UserError for shapes, files or dtypes that do not fit the signature.
 */
export function makeArrays(inputs: readonly InputSpec[], carriers: Carriers, options: InputOptions, notes: string[]): FedArrays {
  const fed = (spec: InputSpec): FedSpec => fedSpec(spec, carriers);
  const specs = inputs.map(fed);
  if (options.batch !== undefined && !(Number.isInteger(options.batch) && options.batch > 0)) {
    throw new UserError(`--batch ${options.batch} is not a whole number above 0.`, EXIT.usage);
  }
  const lengths = new Lengths();
  const shapes = parseShapes(takeLengths(options.shapes ?? [], specs, lengths), specs);
  const given = readGivenInputs(options.inputs ?? [], specs, notes);
  checkGiven(given, specs, shapes, options.batch);
  const batch = options.batch ?? givenBatch(given, specs);
  if (options.batch !== undefined)
    checkBatch(
      specs.filter(({ name }) => !given.has(name) && !shapes.has(name)),
      options.batch,
    );
  const { shapeOf, chosen } = shapesOf(specs, given, shapes, lengths, batch, options.openLength);
  specs.forEach((spec, at) => given.has(spec.name) || checkSize(spec, shapeOf[at] ?? []));
  const steps = Math.max(1, ...shapeOf.map((shape) => (shape.length > 1 ? (shape[1] ?? 1) : 1)));
  const likes = options.madeUpLike === undefined ? null : madeUpLike(specs, options.madeUpLike.map(fed));
  const madeUp = (spec: FedSpec, at: number): InputArray => {
    const { spec: like, move } = likes?.[at] ?? { spec, move: null };
    const shape = shapeOf[at] ?? [];
    const made = synthesise({ ...like, carrier: spec.carrier }, move === null ? shape : beforeMove(shape, move), options.seed ?? 1, steps);
    const data = move === null || Array.isArray(made.data) ? made.data : moveChannels(made.data as Float32Array, made.shape, move);
    return { ...made, shape, data, name: spec.name, dtype: spec.dtype };
  };
  const arrays = specs.map((spec, at) => given.get(spec.name) ?? madeUp(spec, at));
  noteMadeUp(specs, arrays, { given, shapes }, notes);
  const first = arrays.find((array) => array.shape.length > 0);
  const guessed = specs
    .filter(({ name, unknownRank }) => unknownRank === true && !given.has(name) && !shapes.has(name))
    .map(({ name }) => name);
  return { arrays, guessed, chosen, signature: describeSignature(arrays), batch: first?.shape[0] ?? 1 };
}

/** Shapes of all inputs: dimensions of one name are as long as they are given anywhere, or made up first. */
function shapesOf(
  specs: readonly FedSpec[],
  given: ReadonlyMap<string, InputArray>,
  shapes: GivenShapes,
  lengths: Lengths,
  batch: number | undefined,
  openLength: number | undefined,
): { readonly shapeOf: readonly (readonly number[])[]; readonly chosen: readonly string[] } {
  for (const spec of specs) {
    const own = given.get(spec.name)?.shape ?? shapes.get(spec.name);
    if (own !== undefined) lengths.learn(spec, own);
  }
  const decided = (name: string): boolean => given.has(name) || shapes.has(name);
  const chosen = specs.filter((spec) => !decided(spec.name) && hasOpenLength(lengths.fill(spec))).map(({ name }) => name);
  const shapeOf = specs.map((spec) => {
    const shape = given.get(spec.name)?.shape ?? resolveShape(shapes.has(spec.name) ? spec : lengths.fill(spec), shapes, batch, openLength);
    lengths.learn(spec, shape);
    return shape;
  });
  return { shapeOf, chosen };
}

/** A given array decides its own shape; options that say otherwise are a mistake, not a wish. */
function checkGiven(
  given: ReadonlyMap<string, InputArray>,
  specs: readonly InputSpec[],
  shapes: GivenShapes,
  batch: number | undefined,
): void {
  for (const spec of specs) {
    const array = given.get(spec.name);
    if (array === undefined) continue;
    const has = `the given array for ${spec.name} has the shape [${array.shape.join(',')}]`;
    if (batch !== undefined && spec.shape[0] === -1 && array.shape[0] !== batch) {
      throw new UserError(`--batch ${batch} contradicts the input file: ${has}; leave --batch out.`, EXIT.usage);
    }
    const shape = shapes.get(spec.name);
    if (shape !== undefined && shape.join() !== array.shape.join()) {
      throw new UserError(`--shape ${spec.name}=${shape.join(',')} contradicts the input file: ${has}; leave --shape out.`, EXIT.usage);
    }
  }
}

/** Inputs that are synthesised beside given ones take their batch. */
function givenBatch(given: ReadonlyMap<string, InputArray>, specs: readonly InputSpec[]): number | undefined {
  const spec = specs.find((one) => one.shape[0] === -1 && given.has(one.name));
  return spec === undefined ? undefined : given.get(spec.name)?.shape[0];
}

/** Tells which inputs nobody gave, what stands for them, and which sizes were chosen. */
function noteMadeUp(
  specs: readonly InputSpec[],
  arrays: readonly InputArray[],
  by: { readonly given: ReadonlyMap<string, InputArray>; readonly shapes: GivenShapes },
  notes: string[],
): void {
  const made = specs.flatMap((spec, at) => {
    if (by.given.has(spec.name)) return [];
    const shape = arrays[at]?.shape ?? [];
    const chosen =
      !by.shapes.has(spec.name) &&
      (spec.unknownRank === true ||
        spec.shape.slice(1).includes(-1) ||
        (spec.shape.length === 1 && spec.shape[0] === -1 && shape[0] !== 1));
    const size = chosen ? `, ${shape.length === 0 ? 'one value' : `size ${shape.join(' × ')}`} chosen for ${describeSpec(spec)}` : '';
    return [`${spec.name} (${describeMadeUp(spec)}${size})`];
  });
  if (made.length > 0)
    notes.push(
      `Made-up inputs: ${made.join(', ')}. Give your own with --input${by.shapes.size === 0 ? ', other sizes with --shape' : ''}.`,
    );
}
