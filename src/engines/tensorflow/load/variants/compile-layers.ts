import type { LayersModel, Tensor } from '@tensorflow/tfjs-node';
import { messageOf } from '../../../../model/errors.js';
import type { LayersContext } from './context.js';

/**
 * Compiles a copy as the file says it was compiled, else with `adam` and a loss that fits the last activation: neither
 * matters to inference, and both must exist for the train function.
 */
export function compileLayers(model: LayersModel, context: LayersContext): void {
  if (context.training !== null && loadTraining(model, context)) return;
  model.compile({ optimizer: 'adam', loss: model.outputs.map((_, i) => fittingLoss(model, i)) });
}

/** `loadTrainingConfig` is public in tfjs but not in its type of `LayersModel` for all versions. */
function loadTraining(model: LayersModel, context: LayersContext): boolean {
  try {
    model.loadTrainingConfig(context.training as unknown as Parameters<LayersModel['loadTrainingConfig']>[0]);
    return true;
  } catch (error) {
    context.notes.push(`The file's training configuration is not usable here (${messageOf(error)}): compiled with adam.`);
    return false;
  }
}

function fittingLoss(model: LayersModel, output: number): string {
  const layer = model.outputLayers[output];
  const config: unknown = layer?.getConfig()['activation'];
  if (config === 'sigmoid') return 'binaryCrossentropy';
  if (config === 'softmax') return 'categoricalCrossentropy';
  return 'meanSquaredError';
}

/**
 * Makes the train function and the optimizer's state exist, by one training step, and puts the weights back: the
 * model then predicts what it predicted before. tfjs makes its train function anew for each fit, so the optimizer's
 * slots are what stays.
 *
 * A model that cannot be trained (an operation without a gradient, an integer output) stays compiled, with a note.
 */
export async function trainAndRestore(model: LayersModel, context: LayersContext): Promise<void> {
  const { tf, feed, notes } = context;
  const before = model.getWeights().map((weight) => weight.clone());
  const inputs = feed.take();
  const targets: Tensor[] = [];
  try {
    targets.push(...tf.tidy(() => [model.predictOnBatch(inputs)].flat()));
    await model.trainOnBatch(unwrap(inputs), unwrap(targets));
  } catch (error) {
    notes.push(`compiled-train is only compiled: a training step fails (${messageOf(error).split('\n')[0]}).`);
  } finally {
    model.setWeights(before);
    for (const tensor of [...before, ...targets]) tensor.dispose();
    feed.give(inputs);
  }
}

const unwrap = (tensors: Tensor[]): Tensor | Tensor[] => (tensors.length === 1 && tensors[0] !== undefined ? tensors[0] : tensors);
