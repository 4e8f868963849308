import type { GraphModel, NamedTensorMap, Tensor } from '@tensorflow/tfjs-node';
import type { RunnableVariant } from '../../../../model/runnable.js';
import type { GraphContext, VariantFamily } from './context.js';
import { lease } from './lease.js';
import { runnableVariant, type VariantSpec } from './runnable-variant.js';

/**
 * `uncompiled` × `execute`, `predict`; with control flow or outputs of unknown size `executeAsync`, `predictAsync`
 * instead, because tfjs refuses the synchronous calls there. Each variant has its own copy, so that each has its own
 * cold call: tfjs compiles a graph once for a set of inputs and outputs.
 */
export const graphModelVariants: VariantFamily = (context) => {
  if (context.runtime !== 'graph-model') return [];
  if (context.asyncOnly.length === 0) {
    return [
      variant(context, 'execute', { kind: 'sync', call: (model, inputs) => model.execute(single(inputs)) }),
      variant(context, 'predict', { kind: 'sync', call: (model, inputs) => model.predict(single(inputs)) }),
    ];
  }
  context.notes.push(
    `execute and predict are left out: the graph has operations that only run asynchronously (${context.asyncOnly.join(', ')}).`,
  );
  const variants = [
    variant(context, 'executeAsync', { kind: 'async', call: (model, inputs) => model.executeAsync(fed(context, model, inputs)) }),
  ];
  // Added in tfjs 4.
  if ('predictAsync' in context.tf.GraphModel.prototype) {
    variants.push(
      variant(context, 'predictAsync', { kind: 'async', call: (model, inputs) => model.predictAsync(fed(context, model, inputs)) }),
    );
  }
  return variants;
};

const variant = (context: GraphContext, call: string, run: VariantSpec<GraphModel>['run']): RunnableVariant =>
  runnableVariant({
    variant: { name: 'uncompiled', call },
    feed: context.feed,
    lease: lease(
      () => context.open(),
      (model) => model.dispose(),
    ),
    run,
    owned: (model) => Object.values(model.weights).flat(),
  });

/** By name where tfjs lists a table among the inputs, which nobody feeds. */
const fed = ({ feed }: GraphContext, model: GraphModel, inputs: Tensor[]): Tensor | Tensor[] | NamedTensorMap =>
  model.inputs.length === inputs.length
    ? single(inputs)
    : Object.fromEntries(inputs.map((tensor, at) => [feed.arrays[at]?.name ?? '', tensor]));

/** The form in which people pass inputs, and the one that goes through tfjs's `normalizeInputs`. */
const single = (inputs: Tensor[]): Tensor | Tensor[] => (inputs.length === 1 && inputs[0] !== undefined ? inputs[0] : inputs);
