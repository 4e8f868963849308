import { reasonLine } from '../../../model/errors.js';
import { batchOf, withBatch } from './batch.js';
import { buildGraph } from './build-graph.js';
import { loadGraph } from './load-graph.js';
import { openBatch } from './open-batch.js';
import type { CompileOptions, GraphPhases, SessionThreads } from './options.js';
import { PhaseClock } from './phase-clock.js';
import type { LoadedGraph } from './loaded-graph.js';
import type { StableTrace } from './stable-trace.js';
import { traceStable } from './stable-trace.js';
import type { Backend, Tensor, TensorResult, Tf } from './tfjs.js';
import type { Traceable } from './trace.js';
import { runEagerly, runKept } from './trace.js';
import type { Trace } from './trace-model.js';
import { verifyCall } from './verify-call.js';
import type { WholeGraph } from './whole-graph.js';
import { mayGoAnotherWay, untracedCall } from './whole-graph.js';

/** What to build a graph from. */
export interface BuildRequest {
  readonly tf: Tf;
  readonly backend: Backend;
  readonly traceable: Traceable;
  readonly inputs: readonly Tensor[];
  readonly options: CompileOptions;
  /** Chosen for an earlier graph of the same model. */
  readonly threads: SessionThreads | null;
  /** Taken where the call cannot be traced; null where there is none. */
  readonly whole: WholeGraph | null;
}

export interface BuiltGraph {
  readonly trace: Trace;
  readonly loaded: LoadedGraph;
  readonly threads: SessionThreads;
  /** Operation by operation, one call. */
  readonly eagerNanos: number;
  readonly phases: GraphPhases;
  readonly largestDifference: number;
  /** The first run's results, already checked; they belong to the caller. */
  readonly results: Tensor[];
  readonly nodes: number;
  /** Why the graph was not traced but is the model's own; null where it was traced, or never could be. */
  readonly untraced: string | null;
}

/**
 * Traces, writes, loads, runs once and checks; what cannot be traced is taken from the model's own graph, if it has one.
 * Nothing is left behind on a throw.
 * @throws UserError when the call cannot be a graph or the graph's results differ
 */
export function buildCompiled(request: BuildRequest): BuiltGraph {
  const phases = new PhaseClock(request.options.onPhase);
  try {
    return buildTraced(request, phases);
  } catch (error) {
    if (request.whole === null || !mayGoAnotherWay(error)) throw error;
    return buildWhole(request, request.whole, error, phases);
  }
}

function buildTraced(request: BuildRequest, phases: PhaseClock): BuiltGraph {
  const { tf, backend, traceable, inputs, options } = request;
  const { stable, trace } = phases.run('tracing', () => {
    const first = traceStable(tf, backend, traceable, inputs);
    return { stable: first, trace: options.dynamicBatch === true ? traceOpenBatch(request, first) : first.trace };
  });
  try {
    const graph = buildGraph(trace, { inputs: [], outputs: [] }, options.xla === true ? 'xla' : 'flat');
    const check = (loaded: LoadedGraph): Checked => runAndCheck(request, { eager: stable.eager, trace, loaded, check: 'values' }, phases);
    const chosen = loadGraph({ backend, graph, inputs, options, phases, preferred: request.threads }, check);
    return { trace, nodes: trace.nodes.length, eagerNanos: stable.eagerNanos, phases: phases.nanos(), untraced: null, ...chosen };
  } finally {
    for (const tensor of stable.eager) tensor.dispose();
  }
}

/** @throws what tracing threw where the model's own graph fails as well */
function buildWhole(request: BuildRequest, { graph: make, check }: WholeGraph, refusal: unknown, phases: PhaseClock): BuiltGraph {
  const { tf, backend, traceable, inputs, options } = request;
  const started = performance.now();
  const { eager, result } = runKept(tf, traceable, inputs);
  const eagerNanos = Math.round((performance.now() - started) * 1e6);
  const trace = untracedCall(result);
  try {
    const graph = phases.run('tracing', make);
    const checked = (loaded: LoadedGraph): Checked => runAndCheck(request, { eager, trace, loaded, check }, phases);
    const chosen = loadGraph({ backend, graph, inputs, options, phases, preferred: request.threads }, checked);
    return { trace, nodes: graph.nodes.length, eagerNanos, phases: phases.nanos(), untraced: reasonLine(refusal), ...chosen };
  } catch {
    throw refusal;
  } finally {
    for (const tensor of eager) tensor.dispose();
  }
}

interface Checked {
  readonly largestDifference: number;
  readonly results: Tensor[];
}

interface Run {
  readonly loaded: LoadedGraph;
  readonly trace: Trace;
  readonly eager: readonly Tensor[];
  readonly check: 'values' | 'types';
}

function runAndCheck(request: BuildRequest, run: Run, phases: PhaseClock): Checked {
  const { inputs, options } = request;
  const { loaded, trace, eager, check } = run;
  const results = phases.run('first-run', () => loaded.run(inputs));
  try {
    const largestDifference = phases.run('verification', () => {
      const difference = verifyCall({ ...request, check }, { trace, inputs, eager, results });
      return options.dynamicBatch === true ? Math.max(difference, checkOtherBatch(request, run)) : difference;
    });
    return { largestDifference, results };
  } catch (error) {
    for (const tensor of results) tensor.dispose();
    throw error;
  }
}

function traceOpenBatch({ tf, backend, traceable, inputs }: BuildRequest, { trace, eager }: StableTrace): Trace {
  const others: Tensor[] = [];
  try {
    const batch = batchOf(inputs);
    others.push(...withBatch(backend, inputs, batch + 1));
    const second = traceStable(tf, backend, traceable, others);
    for (const tensor of second.eager) tensor.dispose();
    return openBatch(trace, second.trace, { first: batch, second: batch + 1 });
  } catch (error) {
    for (const tensor of eager) tensor.dispose();
    throw error;
  } finally {
    for (const tensor of others) tensor.dispose();
  }
}

/** Two batch sizes made a traced graph; a third one, not next to them, checks it. */
function checkOtherBatch(request: BuildRequest, { loaded, trace, check }: Run): number {
  const { tf, backend, traceable, inputs } = request;
  const others = withBatch(backend, inputs, 2 * batchOf(inputs) + 3);
  const expected: Tensor[] = [];
  const actual: Tensor[] = [];
  try {
    expected.push(...runEagerly(tf, traceable, others));
    actual.push(...loaded.run(others));
    return verifyCall({ ...request, check }, { trace, inputs: others, eager: expected, results: actual });
  } finally {
    for (const tensor of [...others, ...expected, ...actual]) tensor.dispose();
  }
}

/** Tensors in the form the traced call gave them. */
export function resultOf(trace: Trace, tensors: Tensor[]): TensorResult {
  const { result } = trace;
  switch (result.kind) {
    case 'single':
      return tensors[0] as Tensor;
    case 'list':
      return tensors;
    case 'map':
      return Object.fromEntries(result.keys.map((key, index) => [key, tensors[index] as Tensor]));
  }
}
