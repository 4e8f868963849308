import type { LayersModel } from '@tensorflow/tfjs-node';
import type { LayersContext, VariantFamily } from '../../engines/tensorflow/load/variants/context.js';
import { lease } from '../../engines/tensorflow/load/variants/lease.js';
import { runnableVariant } from '../../engines/tensorflow/load/variants/runnable-variant.js';

/** The published ways of getting the same model back from what was saved. Each copy is opened on its own. */
const WAYS: readonly (readonly [name: string, restore: (context: LayersContext) => Promise<LayersModel>])[] = [
  ['loaded-with-training', (context) => reloaded(context, true)],
  ['loaded-without-training', (context) => reloaded(context, false)],
  ['rebuilt', rebuilt],
];

/** Variants `loaded-with-training`, `loaded-without-training` and `rebuilt`, called by `predict`. */
export const restoredVariants: VariantFamily = (context) => {
  if (context.runtime !== 'layers-model') return [];
  return WAYS.map(([name, restore]) =>
    runnableVariant({
      variant: { name, call: 'predict' },
      feed: context.feed,
      lease: lease(
        () => restore(context),
        (model: LayersModel) => void model.dispose(),
      ),
      run: { kind: 'sync', call: (model, inputs) => model.predict(inputs.length === 1 && inputs[0] !== undefined ? inputs[0] : inputs) },
    }),
  );
};

/** Compiled, saved with optimizer and training configuration, and loaded with or without it. */
async function reloaded({ tf, open }: LayersContext, training: boolean): Promise<LayersModel> {
  const model = await open();
  try {
    model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy' });
    let saved: object = {};
    await model.save(
      tf.io.withSaveHandler((artifacts) => {
        saved = training ? artifacts : { ...artifacts, trainingConfig: undefined };
        return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } });
      }),
      { includeOptimizer: true },
    );
    return await tf.loadLayersModel(tf.io.fromMemory(saved));
  } finally {
    model.dispose();
  }
}

/** The architecture from its configuration, the weights copied over. */
async function rebuilt({ tf, open }: LayersContext): Promise<LayersModel> {
  const model = await open();
  const weights = model.getWeights().map((weight) => weight.clone());
  try {
    const again = await tf.models.modelFromJSON(model.toJSON(null, false) as unknown as Parameters<typeof tf.models.modelFromJSON>[0]);
    again.setWeights(weights);
    return again;
  } finally {
    for (const weight of weights) weight.dispose();
    model.dispose();
  }
}
