import type { LoadedModel } from '../../../model/runnable.js';
import { EXIT, UserError } from '../../../model/errors.js';
import { loadGraphModel } from './load-graph-model.js';
import { loadLayersModel } from './load-layers-model.js';
import { loadSavedModel } from './load-saved-model.js';
import type { LoadOptions } from './options.js';
import { recogniseModel, type TensorFlowRuntime } from './recognise.js';

export { modelFromObject } from './from-object.js';

export type Loader = (path: string, options: LoadOptions) => Promise<LoadedModel>;

/** How each runtime loads. Keras runs in Python and has a loader of its own, outside of this table. */
const LOADERS: Readonly<Record<TensorFlowRuntime, Loader>> = {
  'layers-model': loadLayersModel,
  'graph-model': loadGraphModel,
  'saved-model': loadSavedModel,
};

/**
 * Loads a model from a directory or file: a layers or graph model (`model.json`) or a SavedModel, told apart by the
 * files. Nothing runs yet: a variant's `prepare` brings its own copy into its state.
 *
 * @throws UserError when the path does not exist, is not a model, is damaged, or does not fit the given inputs.
 */
export async function loadModel(modelPath: string, options: LoadOptions): Promise<LoadedModel> {
  const { runtime, path } = recogniseModel(modelPath, options.runtime);
  if (runtime !== 'saved-model' && (options.tags !== undefined || options.signature !== undefined)) {
    throw new UserError(
      `${modelPath} is a ${runtime.replace('-', ' ')}, and only a SavedModel has tags and signatures: leave out --tags and --signature.`,
      EXIT.usage,
    );
  }
  if (runtime === 'keras') throw new UserError('The runtime keras does not load models in this process.', EXIT.unavailable);
  return LOADERS[runtime](path, options);
}
