import { EXIT, UserError } from '../../model/errors.js';
import { given } from '../../model/given.js';
import type { BatchCalls } from '../../model/signatures.js';
import type { BatchGraphs, BatchGraphSource, ModelOptions } from '../../engines/engine.js';
import type { InputArray } from '../../inputs/arrays.js';

/**
 * Calls of a batch size between two starts of a program. `pattern` says of which inputs (`float32[?,4]`); missing: of the model at
 * hand.
 */
export interface Traffic extends BatchCalls {
  readonly pattern?: string;
}

export interface TrafficOptions {
  readonly source: BatchGraphSource;
  readonly model: string | object;
  /** As the model was loaded; the first dimension of its shapes becomes the batch. */
  readonly options: ModelOptions;
  readonly traffic: readonly Traffic[];
  /** Inputs of the model with the batch left open, as in {@link Traffic}: what else the traffic holds is left out. */
  readonly pattern: string;
  /** Key of the variant whose graph is padded. */
  readonly variant: string;
  readonly signal: AbortSignal;
}

/** More sizes would have to be built for too long; the most called ones decide. */
const MAX_SIZES = 8;

/** The model as a source of graphs, and the arrays of each size. */
export interface OpenedTraffic extends Pick<BatchGraphs, 'batched' | 'newGraph' | 'dispose' | 'tolerance' | 'openBatch'> {
  readonly sizes: readonly BatchCalls[];
  /** Inputs with so many rows; rows are the first ones of the largest size. */
  readonly rows: (count: number) => readonly InputArray[];
}

/**
 * Opens a model for its traffic: one source of fresh graphs, and inputs of every size.
 * @throws UserError where it has no graph for each batch size, or the traffic is not of its inputs
 */
export async function openTraffic({ source, model, options, traffic, pattern, variant, signal }: TrafficOptions): Promise<OpenedTraffic> {
  const sizes = mostCalled(traffic, pattern);
  const largest = sizes.at(-1)?.batch ?? 1;
  const sized = options.shapes?.map((shape) => shape.replace(/(^|=)\d+(?=,|$)/, `$1${largest}`));
  const graphs = await source.open(model, { ...options, batch: largest, ...given({ shapes: sized }) }, variant);
  const { arrays, batched } = graphs;
  if (signal.aborted) {
    graphs.dispose();
    throw new UserError('interrupted', EXIT.interrupted);
  }
  return { ...graphs, sizes, rows: (count) => arrays.map((array, at) => (batched[at] === true ? firstRows(array, count) : array)) };
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
