import type { Tensor } from '@tensorflow/tfjs-node';
import { EXIT, UserError } from '../../model/errors.js';
import type { InputOptions } from '../options.js';
import type { TensorFlow } from '../tensorflow.js';
import { describeSignature, toTensor, type InputArray, type InputSpec } from './arrays.js';
import { readGivenInputs } from './given.js';
import { parseShapes, resolveShape } from './shapes.js';
import { synthesise } from './synthesise.js';

/** What every call of a model is fed with. */
export interface Feed {
  readonly arrays: readonly InputArray[];
  /** `float32[32,4]` */
  readonly signature: string;
  readonly batch: number;
  /** Tensors for one call, in the model's order. Give each back with `give` when the call has ended. */
  take(): Tensor[];
  give(tensors: readonly Tensor[]): void;
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
  const batch = options.batch ?? givenBatch(given, specs);
  const arrays = specs.map((spec) =>
    given.get(spec.name) ?? synthesise(spec, resolveShape(spec, shapes, batch), options.seed ?? 1));
  const first = arrays.find((array) => array.shape.length > 0);
  const common = { arrays, signature: describeSignature(arrays), batch: first?.shape[0] ?? 1 };
  return options.feed === 'reused' ? reusedFeed(tf, common) : freshFeed(tf, common);
}

/** Inputs that are synthesised beside given ones take their batch. */
function givenBatch(given: ReadonlyMap<string, InputArray>, specs: readonly InputSpec[]): number | undefined {
  const spec = specs.find((one) => one.shape[0] === -1 && given.has(one.name));
  return spec === undefined ? undefined : given.get(spec.name)?.shape[0];
}

type FeedBase = Pick<Feed, 'arrays' | 'signature' | 'batch'>;

const freshFeed = (tf: TensorFlow, base: FeedBase): Feed => ({
  ...base,
  take: () => base.arrays.map((array) => toTensor(tf, array)),
  give: (tensors) => {
    for (const tensor of tensors) tensor.dispose();
  },
  dispose: () => undefined,
});

function reusedFeed(tf: TensorFlow, base: FeedBase): Feed {
  let kept: Tensor[] | undefined;
  return {
    ...base,
    // Kept: a tidy() around the first call must not free them.
    take: () => (kept ??= base.arrays.map((array) => tf.keep(toTensor(tf, array)))),
    give: () => undefined,
    dispose: () => {
      for (const tensor of kept ?? []) tensor.dispose();
      kept = undefined;
    },
  };
}
