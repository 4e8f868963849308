import type { GraphModel, LayersModel } from '@tensorflow/tfjs-node';
import type { TFSavedModel } from '@tensorflow/tfjs-node/dist/saved_model.js';
import { messageOf, UserError } from '../../../model/errors.js';
import type { ModelInfo, TensorSignature } from '../../../model/recording.js';
import type { LoadedModel } from '../../../model/runnable.js';
import { saveToArtifacts } from './artifacts/read-artifacts.js';
import { assemble } from './assemble.js';
import type { InputSpec } from '../../../inputs/arrays.js';
import { graphModelFrom } from './load-graph-model.js';
import { layersModelFrom } from './load-layers-model.js';
import type { LoadOptions } from './options.js';
import type { SavedModelContext } from './variants/context.js';

/**
 * Takes a model that the program has already: a tfjs `LayersModel`, `GraphModel` or `TFSavedModel`. The first two are
 * copied, so that the variants leave the caller's object as it is; a SavedModel is one session and is used as it is.
 *
 * @throws UserError when the object is none of them, or cannot be copied.
 */
export async function modelFromObject(model: unknown, options: LoadOptions): Promise<LoadedModel> {
  const { tf } = options;
  const names = { name: options.name ?? 'model', path: null };
  if (model instanceof tf.LayersModel) return layersModelFrom(await copy(model, options), names, options);
  if (model instanceof tf.GraphModel) return graphModelFrom(await copy(model, options), names, options);
  if (isSavedModel(model)) return savedModelFromObject(model, options);
  throw new UserError(
    'This is not a LayersModel, GraphModel or TFSavedModel of the tf that was passed: load the model with the same copy of @tensorflow/tfjs-node.',
  );
}

async function copy(model: LayersModel | GraphModel, { tf }: LoadOptions): ReturnType<typeof saveToArtifacts> {
  try {
    return await saveToArtifacts(tf, model);
  } catch (error) {
    throw new UserError(`The model cannot be copied (${messageOf(error)}): save it and pass the path.`, undefined, { cause: error });
  }
}

/** By its parts: the class is not exported by tfjs-node. */
const isSavedModel = (model: unknown): model is TFSavedModel =>
  typeof model === 'object' && model !== null && 'sessionId' in model && 'signature' in model && 'predict' in model;

function savedModelFromObject(model: TFSavedModel, options: LoadOptions): LoadedModel {
  // Private in the types: the only place that has the names predict takes.
  const { signature } = model as unknown as { readonly signature: SignatureDefinition };
  const inputs = Object.entries(signature.inputs).map(specOf);
  const info: ModelInfo = {
    name: options.name ?? 'model',
    path: null,
    runtime: 'saved-model',
    sha256: null,
    parameters: null,
    nodes: null,
    inputs: inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
    outputs: Object.entries(signature.outputs)
      .map(specOf)
      .map(({ name, dtype, shape }): TensorSignature => ({ name, dtype, shape })),
  };
  const open = (): Promise<TFSavedModel> => Promise.resolve(model);
  return assemble(info, inputs, options, (common): SavedModelContext => ({
    ...common,
    tf: options.tf,
    runtime: 'saved-model',
    open,
    closes: false,
  }));
}

type TensorInfo = TFSavedModel['inputs'][number];

interface SignatureDefinition {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly outputs: Readonly<Record<string, TensorInfo>>;
}

/** A TFSavedModel gives TensorFlow's dtypes (`DT_INT64`), and dimensions as the protobuf messages of tfjs-node. */
function specOf([name, { dtype, tfDtype, shape }]: [string, TensorInfo]): InputSpec {
  const lengths = ((shape ?? []) as readonly unknown[]).map((one) => (typeof one === 'number' ? one : dimensionOf(one)));
  return { name, dtype: tfDtype === 'DT_INT64' ? 'int64' : tfDtype === 'DT_UINT8' ? 'uint8' : dtype, shape: lengths };
}

function dimensionOf(message: unknown): number {
  const { getSize } = message as { getSize?(this: unknown): unknown };
  return Number(getSize?.call(message) ?? -1);
}
