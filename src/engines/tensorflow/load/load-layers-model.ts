import path from 'node:path';
import type { LayersModel } from '@tensorflow/tfjs-node';
import { UserError } from '../../../model/errors.js';
import { preOrder } from '../../../model/pre-order.js';
import type { LoadedModel } from '../../../model/runnable.js';
import type { ModelInfo, TensorSignature } from '../../../model/recording.js';
import { readArtifacts, type Artifacts } from './artifacts/read-artifacts.js';
import { withinStoredWeights } from './artifacts/weight-budget.js';
import { assemble } from './assemble.js';
import { explainLoadError } from './explain-error.js';
import type { InputSpec } from '../../../inputs/arrays.js';
import type { LoadOptions } from './options.js';
import type { ModelArtifacts } from './tensorflow.js';
import type { LayersContext, SavedTraining } from './variants/context.js';

/** Loads a layers model from its `model.json`. @throws UserError when it is damaged or uses an unknown class. */
export async function loadLayersModel(file: string, options: LoadOptions): Promise<LoadedModel> {
  const name = options.name ?? nameOfFile(file);
  return layersModelFrom(await readArtifacts(options, file), { name, path: file }, options);
}

/** `models/tiny/model.json` → `tiny`: the file itself is always called the same. */
export const nameOfFile = (file: string): string => path.basename(path.dirname(path.resolve(file)));

/** A layers model from artifacts in memory. Every variant state rebuilds it from these. */
export async function layersModelFrom(
  { artifacts, sha256 }: Artifacts,
  names: Pick<ModelInfo, 'name' | 'path'>,
  options: LoadOptions,
): Promise<LoadedModel> {
  const { tf } = options;
  const open = opener(options, artifacts, names.name);
  const probe = await open();
  try {
    // Counting builds a sequential model, which has no names before.
    const parameters = probe.countParams();
    const specs = inputSpecs(probe, names.name);
    const info: ModelInfo = {
      ...names,
      runtime: 'layers-model',
      sha256,
      parameters,
      nodes: countLayers(probe),
      inputs: specs.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
      outputs: signatures(probe.outputNames, probe.outputs, 'output'),
    };
    const training = (artifacts.trainingConfig ?? null) as SavedTraining | null;
    return assemble(info, specs, options, (common): LayersContext => ({ ...common, tf, runtime: 'layers-model', open, training }));
  } finally {
    probe.dispose();
  }
}

/** Leaves out the training configuration: with it, tfjs compiles the model as it loads. */
function opener({ tf }: LoadOptions, artifacts: ModelArtifacts, name: string): () => Promise<LayersModel> {
  const untrained = { ...artifacts };
  delete untrained.trainingConfig;
  return async () => {
    try {
      return await withinStoredWeights(tf, artifacts, name, () => tf.loadLayersModel(tf.io.fromMemory(untrained)));
    } catch (error) {
      throw explainLoadError(error, name);
    }
  };
}

type Symbolic = readonly { readonly dtype: string; readonly shape: readonly (number | null)[] }[];

const signatures = (names: readonly string[], tensors: Symbolic, kind: 'input' | 'output'): TensorSignature[] =>
  tensors.map(({ dtype, shape }, i) => ({ name: names[i] ?? `${kind}_${i}`, dtype, shape: shape.map((n) => n ?? -1) }));

/** @throws UserError for a sequential model whose input shape is only known once it is called. */
function inputSpecs(model: LayersModel, name: string): InputSpec[] {
  // Typed as always there, but a sequential model without an input shape has none.
  const inputs = model.inputs as Symbolic | null | undefined;
  if (inputs === null || inputs === undefined) {
    throw new UserError(`The model ${name} has no input shape yet: give its first layer an inputShape and save it again.`);
  }
  return signatures(model.inputNames, inputs, 'input').map((spec, i) => {
    const limit = embeddingSize(model, i);
    return limit === undefined ? spec : { ...spec, indexLimit: limit };
  });
}

/** Rows of the smallest embedding that an input goes to: its values are indices, even where its dtype is float32. */
function embeddingSize(model: LayersModel, input: number): number | undefined {
  const source = model.inputLayers[input];
  const limits = source === undefined ? [] : rowsBehind(source);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** Layers that hand on the values of their input. */
const HAND_ON = new Set(
  'Concatenate Cropping1D Dropout Flatten InputLayer Masking Permute RepeatVector Reshape SpatialDropout1D ZeroPadding1D'.split(' '),
);

type Layer = LayersModel['layers'][number];

/** Rows of the embeddings behind a layer, through layers that hand values on, wrappers, and models within models. */
function rowsBehind(from: Layer): readonly number[] {
  const rows: number[] = [];
  const seen = new Set<Layer>();
  const open = [from];
  for (let layer = open.pop(); layer !== undefined; layer = open.pop()) {
    if (seen.has(layer)) continue;
    seen.add(layer);
    for (const node of layer.outboundNodes) {
      const next = behindNode(layer, node);
      if (typeof next === 'number') rows.push(next);
      else if (next !== null) open.push(next);
    }
  }
  return rows;
}

/** What a connection leads to: the rows of an embedding, a layer that hands the values on, or null for any other one. */
function behindNode(from: Layer, { outboundLayer: layer, inboundLayers }: Layer['outboundNodes'][number]): number | Layer | null {
  const own = (layer as { layer?: Layer }).layer ?? layer;
  if (own.getClassName() === 'Embedding') {
    const rows: unknown = own.getConfig()['inputDim'];
    return typeof rows === 'number' ? rows : null;
  }
  if ('inputLayers' in own) return (own as LayersModel).inputLayers[Math.max(0, inboundLayers.indexOf(from))] ?? null;
  return HAND_ON.has(own.getClassName()) ? layer : null;
}

/** Layers, those of nested models included. */
const countLayers = (model: LayersModel): number =>
  preOrder<object>(model, innerLayers).nodes.filter((layer) => !('layers' in layer)).length;

const innerLayers = (layer: object): readonly object[] => ('layers' in layer ? (layer as LayersModel).layers : []);
