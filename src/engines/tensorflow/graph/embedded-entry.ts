import { UserError } from '../../../model/errors.js';
import type { BuiltGraph } from './compiled-entry.js';
import { loadGraph } from './load-graph.js';
import type { CompileOptions, SessionThreads } from './options.js';
import { PhaseClock } from './phase-clock.js';
import type { Backend, GraphModel, Tensor } from './tfjs.js';
import { controlFlowOf, topologyOf } from './topology.js';
import { flattenResult } from './trace.js';
import type { ResultShape } from './trace-model.js';
import { verifyCallAsync } from './verify-call.js';
import type { OwnTopology } from './whole-graph.js';
import { untracedCall, wholeGraphOf } from './whole-graph.js';

export interface EmbedRequest extends OwnTopology {
  readonly backend: Backend;
  readonly inputs: readonly Tensor[];
  /** Nodes to fetch, null for the model's outputs in the form that `predictAsync` gives them. */
  readonly fetches: readonly string[] | null;
  readonly options: CompileOptions;
  readonly threads: SessionThreads | null;
}

/**
 * Puts a graph model with control flow into a graph, loads and runs it, and checks it against tfjs's own asynchronous
 * executor. Nothing is left behind on a throw.
 * @throws UserError when the model cannot be put into a graph or the graph's results differ
 */
export async function buildEmbedded({ backend, model, topology, inputs, fetches, options, threads }: EmbedRequest): Promise<BuiltGraph> {
  if (options.xla === true) throw new UserError('XLA does not compile the control flow of a converted graph model here: leave xla out.');
  const phases = new PhaseClock(options.onPhase);
  const whole = wholeGraphOf(backend, { model, topology }, fetches);
  const graph = phases.run('tracing', () => whole.graph());
  const eager = await eagerRun(model, inputs, fetches);
  try {
    const trace = untracedCall(eager.shape);
    const chosen = loadGraph({ backend, graph, inputs, options, phases, preferred: threads }, (loaded) => ({
      results: phases.run('first-run', () => loaded.run(inputs)),
    }));
    try {
      const run = async (moved: readonly Tensor[]): Promise<readonly Tensor[]> => (await eagerRun(model, moved, fetches)).tensors;
      const compared = { trace, inputs, eager: eager.tensors, results: chosen.results };
      const largestDifference = await phases.runAsync('verification', () =>
        verifyCallAsync({ backend, options, check: whole.check, run }, compared),
      );
      return {
        trace,
        nodes: graph.nodes.length,
        eagerNanos: eager.nanos,
        phases: phases.nanos(),
        largestDifference,
        untraced: null,
        ...chosen,
      };
    } catch (error) {
      for (const each of [chosen.loaded, ...chosen.results]) each.dispose();
      throw error;
    }
  } finally {
    eager.dispose();
  }
}

export interface EagerRun {
  readonly tensors: readonly Tensor[];
  readonly shape: ResultShape;
  readonly nanos: number;
  dispose(): void;
}

/** One call by tfjs's own executor; intermediate tensors are freed. */
export async function eagerRun(model: GraphModel, inputs: readonly Tensor[], fetches: readonly string[] | null): Promise<EagerRun> {
  const named = Object.fromEntries(inputs.map((tensor, index) => [model.inputs[index]?.name ?? '', tensor]));
  const started = performance.now();
  const value = await callOf(model, named, fetches);
  const nanos = Math.round((performance.now() - started) * 1e6);
  const { tensors, shape } = flattenResult(value);
  // A model may hand through what is not ours to free.
  const kept = new Set<Tensor>([...inputs, ...Object.values(model.weights).flat()]);
  return { tensors, shape, nanos, dispose: () => tensors.forEach((tensor) => kept.has(tensor) || tensor.dispose()) };
}

/** Without control flow tfjs's synchronous executor runs the model as users call it. */
function callOf(model: GraphModel, named: Readonly<Record<string, Tensor>>, fetches: readonly string[] | null): unknown {
  const topology = topologyOf(model);
  if (topology !== null && controlFlowOf(topology).length === 0)
    return fetches === null ? model.predict(named) : model.execute(named, [...fetches]);
  if (fetches === null && model.predictAsync !== undefined) return model.predictAsync(named);
  return model.executeAsync(named, [...(fetches ?? model.outputNodes)]);
}
