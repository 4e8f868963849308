import type { LayersModel, Tensor } from '@tensorflow/tfjs-node';
import type { RunnableVariant } from '../../../../model/runnable.js';
import { compileLayers, trainAndRestore } from './compile-layers.js';
import type { LayersContext, VariantFamily } from './context.js';
import { lease, type Lease } from './lease.js';
import { runnableVariant, type Output } from './runnable-variant.js';

/** Ways to bring a fresh copy into a state. The copies of a state are shared by its three call styles. */
const STATES: readonly { readonly name: string; enter(model: LayersModel, context: LayersContext): Promise<void> | void }[] = [
  { name: 'uncompiled', enter: () => undefined },
  { name: 'compiled', enter: (model, context) => compileLayers(model, context) },
  {
    name: 'compiled-train',
    enter: async (model, context) => {
      compileLayers(model, context);
      await trainAndRestore(model, context);
    },
  },
];

const CALLS: readonly { readonly call: string; run(model: LayersModel, inputs: Tensor | Tensor[], tidy: Tidy): Output }[] = [
  { call: 'predict', run: (model, inputs) => model.predict(inputs) },
  { call: 'predictOnBatch', run: (model, inputs) => model.predictOnBatch(inputs) },
  // apply leaves its intermediates to its caller.
  { call: 'apply', run: (model, inputs, tidy) => tidy(() => model.apply(inputs, { training: false }) as Tensor | Tensor[]) },
];

type Tidy = (body: () => Tensor | Tensor[]) => Tensor | Tensor[];

/** `uncompiled`, `compiled`, `compiled-train` × `predict`, `predictOnBatch`, `apply`. */
export const layersModelVariants: VariantFamily = (context) => {
  if (context.runtime !== 'layers-model') return [];
  noteSlices(context);
  return STATES.flatMap(({ name, enter }) => {
    const copies = lease(
      () => openInState(context, enter),
      (model) => void model.dispose(),
    );
    return CALLS.map(({ call, run }) => variant(context, { name, call }, copies, run));
  });
};

function variant(
  context: LayersContext,
  names: { name: string; call: string },
  copies: Lease<LayersModel>,
  run: (typeof CALLS)[number]['run'],
): RunnableVariant {
  const tidy: Tidy = (body) => context.tf.tidy(body);
  return runnableVariant({
    variant: names,
    feed: context.feed,
    lease: copies,
    run: {
      kind: 'sync',
      call: (model, inputs) => run(model, inputs.length === 1 && inputs[0] !== undefined ? inputs[0] : inputs, tidy),
    },
  });
}

async function openInState(context: LayersContext, enter: (typeof STATES)[number]['enter']): Promise<LayersModel> {
  const model = await context.open();
  try {
    await enter(model, context);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return model;
}

/** tfjs's own default, which `predict` uses and `predictOnBatch` and `apply` do not. */
const PREDICT_SLICE = 32;

function noteSlices({ feed, notes }: LayersContext): void {
  if (feed.batch <= PREDICT_SLICE) return;
  notes.push(
    `predict runs a batch of ${feed.batch} as ${Math.ceil(feed.batch / PREDICT_SLICE)} slices of ${PREDICT_SLICE} (its default); predictOnBatch and apply run it whole.`,
  );
}
