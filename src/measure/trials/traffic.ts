import { EXIT, UserError } from '../../model/errors.js';
import type { BatchCalls } from '../../model/signatures.js';
import type { InputArray } from '../../inputs/arrays.js';
import type { TensorFlow } from '../../engines/tensorflow/load/tensorflow.js';
import type { GraphContext, LayersContext } from '../../engines/tensorflow/load/variants/context.js';
import type { AddonStatus } from '../../engines/tensorflow/session/addon.js';
import { compileToGraph } from '../compile-to-graph.js';
import type { TrialOptions } from './trials.js';
import type { CompiledGraph } from '../../engines/tensorflow/graph/compiled-graph.js';

/** Calls of a batch size between two starts of a program. `pattern` says of which inputs (`float32[?,4]`); missing: of the model at hand. */
export interface Traffic extends BatchCalls {
  readonly pattern?: string;
}

export interface TrafficOptions {
  readonly tf: TensorFlow;
  readonly addon: AddonStatus;
  readonly traffic: readonly Traffic[];
  /** Inputs of the model with the batch left open, as in {@link Traffic}: what else the traffic holds is left out. */
  readonly pattern: string;
  /** Which traced graph is padded. */
  readonly variant: 'graph/predict' | 'graph-xla/predict';
  readonly load: TrialOptions['load'];
  /** As given by the user; the first dimension becomes the batch. */
  readonly shapes: readonly string[] | undefined;
  readonly signal: AbortSignal;
}

/** More sizes would have to be built for too long; the most called ones decide. */
const MAX_SIZES = 8;

/** The model as a source of graphs, and the arrays of each size. */
export interface OpenedTraffic {
  readonly sizes: readonly BatchCalls[];
  /** Inputs with so many rows; rows are the first ones of the largest size. */
  readonly rows: (count: number) => readonly InputArray[];
  /** Of each input, whether it has a row for each row of the batch. */
  readonly batched: readonly boolean[];
  /** `open`: one graph for every batch size. */
  readonly newGraph: (batch: 'exact' | 'open') => CompiledGraph;
  readonly dispose: () => void;
}

/**
 * Opens a model for its traffic: one source of fresh graphs, and inputs of every size.
 * @throws UserError where it has no traced graph with an open batch, or the traffic is not of its inputs
 */
export async function openTraffic({ tf, addon, traffic, pattern, variant, load, shapes, signal }: TrafficOptions): Promise<OpenedTraffic> {
  const contexts: (LayersContext | GraphContext)[] = [];
  const sizes = mostCalled(traffic, pattern);
  const largest = sizes.at(-1)?.batch ?? 1;
  const sized = shapes?.map((shape) => shape.replace(/(^|=)\d+(?=,|$)/, `$1${largest}`));
  const loaded = await load({
    batch: largest,
    ...(sized === undefined ? {} : { shapes: sized }),
    families: [(context) => (context.runtime === 'saved-model' || contexts.push(context), [])],
  });
  const { info } = loaded;
  loaded.dispose();
  const [context] = contexts;
  if (context === undefined) throw new UserError('a SavedModel is one graph for every batch size');
  if (context.runtime === 'graph-model' && context.asyncOnly.length > 0)
    throw new UserError('a graph with control flow is one graph for every batch size');
  const { arrays } = context.feed;
  const batched = arrays.map(({ shape }, at) => shape[0] === largest && (info.inputs[at]?.shape[0] ?? -1) === -1);
  if (!batched.includes(true)) throw new UserError('no input of the model has an open first dimension');
  if (signal.aborted) throw new UserError('interrupted', EXIT.interrupted);
  const model = await context.open();
  return {
    sizes,
    batched,
    rows: (count) => arrays.map((array, at) => (batched[at] === true ? firstRows(array, count) : array)),
    newGraph: (batch) => compileToGraph(tf, model, { addon, xla: variant === 'graph-xla/predict', dynamicBatch: batch === 'open' }),
    dispose: () => model.dispose(),
  };
}

/** Sizes of the traffic that has these inputs, ascending. @throws UserError where there are not two. */
function mostCalled(traffic: readonly Traffic[], pattern: string): readonly BatchCalls[] {
  const calls = new Map<number, number>();
  for (const one of traffic)
    if (one.pattern === undefined || one.pattern === pattern) calls.set(one.batch, (calls.get(one.batch) ?? 0) + one.calls);
  if (calls.size < 2) throw new UserError(`the traffic has fewer than two batch sizes with inputs of this model, ${pattern}`);
  const all = [...calls].map(([batch, times]) => ({ batch, calls: times }));
  return all
    .sort((a, b) => b.calls - a.calls)
    .slice(0, MAX_SIZES)
    .sort((a, b) => a.batch - b.batch);
}

function firstRows(array: InputArray, count: number): InputArray {
  const [all = 1, ...rest] = array.shape;
  return { ...array, shape: [count, ...rest], data: array.data.slice(0, (array.data.length / all) * count) };
}
