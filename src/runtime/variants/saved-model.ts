import type { NamedTensorMap, Tensor } from '@tensorflow/tfjs-node';
import type { Feed } from '../inputs/feed.js';
import { lease } from './lease.js';
import { runnableVariant } from './runnable-variant.js';
import type { VariantFamily } from './context.js';

/** Several inputs go by name: tfjs-node's own order of a signature's inputs is not the file's. */
function byName(feed: Feed, inputs: Tensor[]): Tensor | NamedTensorMap {
  const [only, second] = inputs;
  if (only !== undefined && second === undefined) return only;
  return Object.fromEntries(inputs.map((tensor, i) => [feed.arrays[i]?.name ?? '', tensor]));
}

/** A SavedModel is one TensorFlow graph already, run by a session: `graph/predict`. */
export const savedModelVariants: VariantFamily = (context) => {
  if (context.runtime !== 'saved-model') return [];
  return [
    runnableVariant({
      variant: { name: 'graph', call: 'predict' },
      feed: context.feed,
      lease: lease(
        () => context.open(),
        (model) => {
          if (context.closes) model.dispose();
        },
      ),
      run: { kind: 'sync', call: (model, inputs) => model.predict(byName(context.feed, inputs)) },
    }),
  ];
};
