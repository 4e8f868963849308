import type { Tensor } from '@tensorflow/tfjs-node';
import type { InputSpec } from '../../../inputs/arrays.js';
import { makeArrays, type FedArrays } from '../../../inputs/fed-arrays.js';
import type { InputOptions } from '../../../inputs/input-options.js';
import type { TensorFlow } from './tensorflow.js';
import { CARRIERS, toTensor } from './to-tensor.js';

/** The arrays of every call, and tensors made of them. */
export interface Feed extends FedArrays {
  /** Tensors for one call, in the model's order. Give each back with `give` when the call has ended. */
  take(): Tensor[];
  give(tensors: readonly Tensor[]): void;
  /** True for a tensor that stays with the feed between calls: a result that hands it through must not free it. */
  keeps(tensor: Tensor): boolean;
  /** Frees what is kept between calls. */
  dispose(): void;
}

/** The inputs of a model as {@link makeArrays} makes them, fed as the options say. @throws UserError as it does */
export function makeFeed(tf: TensorFlow, specs: readonly InputSpec[], options: InputOptions, notes: string[]): Feed {
  const arrays = makeArrays(specs, CARRIERS, options, notes);
  return options.feed === 'reused' ? reusedFeed(tf, arrays) : freshFeed(tf, arrays);
}

const freshFeed = (tf: TensorFlow, base: FedArrays): Feed => ({
  ...base,
  take: () => base.arrays.map((array) => toTensor(tf, array)),
  give: (tensors) => {
    for (const tensor of tensors) tensor.dispose();
  },
  keeps: () => false,
  dispose: () => undefined,
});

function reusedFeed(tf: TensorFlow, base: FedArrays): Feed {
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
