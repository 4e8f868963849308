import { UserError } from '../model/errors.js';
import type { BuiltGraph } from './compiled-entry.js';
import { toleranceOf } from './compiled-entry.js';
import { chooseSession } from './choose-session.js';
import { drawsRandom, embedGraph } from './embed-graph.js';
import type { CompileOptions, SessionThreads } from './options.js';
import { PhaseClock } from './phase-clock.js';
import type { Backend, GraphModel, Tensor } from './tfjs.js';
import type { Topology } from './topology.js';
import { tensorsOf } from './trace.js';
import type { ResultShape, Trace } from './trace-model.js';
import { verifyOutputs } from './verify.js';

export interface EmbedRequest {
  readonly backend: Backend;
  readonly model: GraphModel;
  readonly topology: Topology;
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
  const graph = phases.run('tracing', () => embedGraph(backend, model, topology, fetches ?? model.outputNodes));
  const eager = await eagerRun(model, inputs, fetches);
  try {
    const trace = emptyTrace(eager.shape);
    const chosen = chooseSession({ backend, graph, inputs, options, phases, preferred: threads }, (session) => {
      const results = phases.run('first-run', () => session.run(inputs));
      try {
        const check = drawsRandom(topology) ? 'types' : 'values';
        const largestDifference = phases.run('verification', () => verifyOutputs(backend, trace, eager.tensors, results, toleranceOf(options), check));
        return { largestDifference, results };
      } catch (error) {
        for (const tensor of results) tensor.dispose();
        throw error;
      }
    });
    return { trace, nodes: graph.nodes.length, eagerNanos: eager.nanos, phases: phases.nanos(), ...chosen };
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

/** One call by tfjs's own executor. */
export async function eagerRun(model: GraphModel, inputs: readonly Tensor[], fetches: readonly string[] | null): Promise<EagerRun> {
  const named = Object.fromEntries(inputs.map((tensor, index) => [model.inputs[index]?.name ?? '', tensor]));
  const started = performance.now();
  const whole = fetches === null && model.predictAsync !== undefined;
  const value = await (whole ? model.predictAsync?.(named) : model.executeAsync(named, [...(fetches ?? model.outputNodes)]));
  const nanos = Math.round((performance.now() - started) * 1e6);
  const { tensors, shape } = tensorsOf(value);
  // A model may hand through what is not ours to free.
  const kept = new Set<Tensor>([...inputs, ...Object.values(model.weights).flat()]);
  return { tensors, shape, nanos, dispose: () => tensors.forEach((tensor) => kept.has(tensor) || tensor.dispose()) };
}

const emptyTrace = (result: ResultShape): Trace => ({ inputs: [], constants: [], nodes: [], outputs: [], outputTypes: [], result, folded: [], capturedIds: new Set() });
