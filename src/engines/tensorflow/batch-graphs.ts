import type { Tensor } from '@tensorflow/tfjs-node';
import { UserError } from '../../model/errors.js';
import { GRAPH_NAMES } from '../../model/variant.js';
import type { BatchGraph, BatchGraphs, BatchGraphSource, ModelOptions } from '../engine.js';
import { compileToGraph } from './compile-to-graph.js';
import type { CompiledGraph } from './graph/compiled-graph.js';
import { GRAPH_TOLERANCE, XLA_TOLERANCE } from './graph/verify.js';
import { loadModel, modelFromObject } from './load/load.js';
import type { TensorFlow } from './load/tensorflow.js';
import { toTensor } from './load/to-tensor.js';
import type { GraphContext, LayersContext } from './load/variants/context.js';
import { tensorsOf } from './load/variants/runnable-variant.js';
import type { OpenedTensorFlow } from './open.js';
import { readTensor } from './outputs.js';

const [PLAIN, XLA] = [`${GRAPH_NAMES.graph}/predict`, `${GRAPH_NAMES.xla}/predict`];

/** Traced graphs: each batch size has one of its own, unless the batch is left open. */
export const batchGraphSource = (opened: OpenedTensorFlow): BatchGraphSource => ({
  // The plain one before XLA.
  variantOf: (compared) => {
    const compilers = compared.map(({ compiler }) => compiler);
    return compilers.includes('xla') && !compilers.includes('graph') ? XLA : PLAIN;
  },
  open: (model, options, variant) => openGraphs(opened, model, { options, xla: variant === XLA }),
});

/** @throws UserError where a model is one graph for every batch size, or has no open first dimension */
async function openGraphs(
  { tf, addon }: OpenedTensorFlow,
  model: string | object,
  { options, xla }: { readonly options: ModelOptions; readonly xla: boolean },
): Promise<BatchGraphs> {
  const contexts: (LayersContext | GraphContext)[] = [];
  const all = { ...options, tf, families: [(one) => (one.runtime === 'saved-model' || contexts.push(one), [])] } satisfies Parameters<
    typeof loadModel
  >[1];
  const loaded = await (typeof model === 'string' ? loadModel(model, all) : modelFromObject(model, all));
  const { info } = loaded;
  loaded.dispose();
  const [context] = contexts;
  if (context === undefined) throw new UserError('a SavedModel is one graph for every batch size');
  if (context.runtime === 'graph-model' && context.asyncOnly.length > 0)
    throw new UserError('a graph with control flow is one graph for every batch size');
  const { arrays } = context.feed;
  const batched = arrays.map(({ shape }, at) => shape[0] === options.batch && (info.inputs[at]?.shape[0] ?? -1) === -1);
  if (!batched.includes(true)) throw new UserError('no input of the model has an open first dimension');
  const source = await context.open();
  return {
    arrays,
    batched,
    tolerance: xla ? XLA_TOLERANCE : GRAPH_TOLERANCE,
    // XLA compiles again for each size all the same.
    openBatch: xla ? 'never' : 'possible',
    newGraph: (batch) => batchGraph(tf, compileToGraph(tf, source, { addon, xla, dynamicBatch: batch === 'open' })),
    dispose: () => source.dispose(),
  };
}

const batchGraph = (tf: TensorFlow, graph: CompiledGraph): BatchGraph => ({
  call: (arrays) => {
    const held: Tensor[] = [];
    const hold = (tensors: readonly Tensor[]): readonly Tensor[] => (held.push(...tensors), tensors);
    const release = (): void => {
      for (const tensor of held) tensor.dispose();
    };
    try {
      const inputs = hold(arrays.map((array) => toTensor(tf, array)));
      const outputs = hold(tensorsOf(graph.predict([...inputs])));
      return { outputs: outputs.map((tensor) => ({ shape: tensor.shape, read: () => readTensor(tensor) })), release };
    } catch (thrown) {
      release();
      throw thrown;
    }
  },
  dispose: () => graph.dispose(),
});
