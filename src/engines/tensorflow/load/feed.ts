import type { Tensor } from '@tensorflow/tfjs-node';
import { EXIT, UserError } from '../../../model/errors.js';
import type { TensorFlow } from './tensorflow.js';
import { describeSignature, type InputArray, type InputSpec } from '../../../inputs/arrays.js';
import { toTensor } from './to-tensor.js';
import { checkSize } from '../../../inputs/bounds.js';
import { readGivenInputs } from '../../../inputs/given.js';
import { checkBatch, describeSpec, parseShapes, resolveShape, type GivenShapes } from '../../../inputs/shapes.js';
import { madeUpLike } from '../../../inputs/made-up-like.js';
import { describeMadeUp, synthesise } from '../../../inputs/synthesise.js';
import type { InputOptions } from './input-options.js';

/** What every call of a model is fed with. */
export interface Feed {
  readonly arrays: readonly InputArray[];
  /** `float32[32,4]` */
  readonly signature: string;
  readonly batch: number;
  /** Inputs whose number of dimensions nobody tells, and which got a shape all the same. */
  readonly guessed: readonly string[];
  /** Tensors for one call, in the model's order. Give each back with `give` when the call has ended. */
  take(): Tensor[];
  give(tensors: readonly Tensor[]): void;
  /** True for a tensor that stays with the feed between calls: a result that hands it through must not free it. */
  keeps(tensor: Tensor): boolean;
  /** Frees what is kept between calls. */
  dispose(): void;
}

/**
 * Builds the inputs of a model: given files where there are any, synthesised values elsewhere.
 *
 * @param notes Conversions are told here (`float64 rounded to float32`).
 * @throws UserError for shapes, files or dtypes that do not fit the signature.
 */
export function makeFeed(tf: TensorFlow, specs: readonly InputSpec[], options: InputOptions, notes: string[]): Feed {
  if (options.batch !== undefined && !(Number.isInteger(options.batch) && options.batch > 0)) {
    throw new UserError(`--batch ${options.batch} is not a whole number above 0.`, EXIT.usage);
  }
  const shapes = parseShapes(options.shapes ?? [], specs);
  const given = readGivenInputs(options.inputs ?? [], specs, notes);
  checkGiven(given, specs, shapes, options.batch);
  const batch = options.batch ?? givenBatch(given, specs);
  if (options.batch !== undefined)
    checkBatch(
      specs.filter(({ name }) => !given.has(name) && !shapes.has(name)),
      options.batch,
    );
  const shapeOf = specs.map((spec) => given.get(spec.name)?.shape ?? resolveShape(spec, shapes, batch));
  specs.forEach((spec, at) => given.has(spec.name) || checkSize(spec, shapeOf[at] ?? []));
  const steps = Math.max(1, ...shapeOf.map((shape) => (shape.length > 1 ? (shape[1] ?? 1) : 1)));
  const likes = options.madeUpLike === undefined ? specs : madeUpLike(specs, options.madeUpLike);
  const madeUp = (spec: InputSpec, at: number): InputArray => ({
    ...synthesise(likes[at] ?? spec, shapeOf[at] ?? [], options.seed ?? 1, steps),
    name: spec.name,
    dtype: spec.dtype,
  });
  const arrays = specs.map((spec, at) => given.get(spec.name) ?? madeUp(spec, at));
  noteMadeUp(specs, arrays, { given, shapes }, notes);
  const first = arrays.find((array) => array.shape.length > 0);
  const guessed = specs
    .filter(({ name, unknownRank }) => unknownRank === true && !given.has(name) && !shapes.has(name))
    .map(({ name }) => name);
  const common = { arrays, guessed, signature: describeSignature(arrays), batch: first?.shape[0] ?? 1 };
  return options.feed === 'reused' ? reusedFeed(tf, common) : freshFeed(tf, common);
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

type FeedBase = Pick<Feed, 'arrays' | 'guessed' | 'signature' | 'batch'>;

const freshFeed = (tf: TensorFlow, base: FeedBase): Feed => ({
  ...base,
  take: () => base.arrays.map((array) => toTensor(tf, array)),
  give: (tensors) => {
    for (const tensor of tensors) tensor.dispose();
  },
  keeps: () => false,
  dispose: () => undefined,
});

function reusedFeed(tf: TensorFlow, base: FeedBase): Feed {
  let kept: Tensor[] | undefined;
  return {
    ...base,
    // Kept: a tidy() around the first call must not free them.
    take: () => (kept ??= base.arrays.map((array) => tf.keep(toTensor(tf, array)))),
    give: () => undefined,
    keeps: (tensor) => kept?.includes(tensor) === true,
    dispose: () => {
      for (const tensor of kept ?? []) tensor.dispose();
      kept = undefined;
    },
  };
}
