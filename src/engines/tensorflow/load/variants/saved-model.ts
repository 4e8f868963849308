import type { NamedTensorMap, Tensor } from '@tensorflow/tfjs-node';
import type { TFSavedModel } from '@tensorflow/tfjs-node/dist/saved_model.js';
import type { RunnableVariant } from '../../../../model/runnable.js';
import { GRAPH_NAMES, type GraphCompiler } from '../../../../model/variant.js';
import type { Feed } from '../feed.js';
import { lease } from './lease.js';
import { runnableVariant } from './runnable-variant.js';
import type { SavedModelContext, VariantFamily } from './context.js';

/** Several inputs go by name: tfjs-node's own order of a signature's inputs is not the file's. */
function byName(feed: Feed, inputs: Tensor[]): Tensor | NamedTensorMap {
  const [only, second] = inputs;
  if (only !== undefined && second === undefined) return only;
  return Object.fromEntries(inputs.map((tensor, i) => [feed.arrays[i]?.name ?? '', tensor]));
}

/** `graph/predict` or `graph-xla/predict` on the session that `open` gives. */
export const savedModelVariant = (
  context: SavedModelContext,
  compiler: GraphCompiler,
  open: () => Promise<TFSavedModel>,
): RunnableVariant =>
  runnableVariant({
    variant: { name: GRAPH_NAMES[compiler], call: 'predict', compiler },
    feed: context.feed,
    lease: lease(open, (model) => {
      if (context.closes) model.dispose();
    }),
    run: { kind: 'sync', call: (model, inputs) => model.predict(byName(context.feed, inputs)) },
  });

/** A SavedModel is one TensorFlow graph already, run by a session: `graph/predict`. */
export const savedModelVariants: VariantFamily = (context) =>
  context.runtime === 'saved-model' ? [savedModelVariant(context, 'graph', () => context.open('shared'))] : [];
