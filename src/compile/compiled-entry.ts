import { batchOf, withBatch } from './batch.js';
import { buildGraph } from './build-graph.js';
import { openBatch } from './open-batch.js';
import type { CompileOptions, GraphPhases } from './options.js';
import { GraphSession } from './session.js';
import type { StableTrace } from './stable-trace.js';
import { traceStable } from './stable-trace.js';
import type { Backend, Tensor, TensorResult, Tf } from './tfjs.js';
import type { Traceable } from './trace.js';
import type { Trace } from './trace-model.js';
import { GRAPH_TOLERANCE, XLA_TOLERANCE, verifyOutputs } from './verify.js';

/** What to build a graph from. */
export interface BuildRequest {
  readonly tf: Tf;
  readonly backend: Backend;
  readonly traceable: Traceable;
  readonly inputs: readonly Tensor[];
  readonly options: CompileOptions;
}

export interface BuiltGraph {
  readonly trace: Trace;
  readonly session: GraphSession;
  /** Operation by operation, one call. */
  readonly eagerNanos: number;
  readonly phases: GraphPhases;
  readonly largestDifference: number;
  /** The first run's results, already checked; they belong to the caller. */
  readonly results: Tensor[];
}

/**
 * Traces, writes, loads, runs once and checks. Nothing is left behind on a throw.
 * @throws UserError when the call cannot be a graph or the graph's results differ
 */
export function buildCompiled(request: BuildRequest): BuiltGraph {
  const { tf, backend, traceable, inputs, options } = request;
  const started = performance.now();
  const stable = traceStable(tf, backend, traceable, inputs);
  try {
    const trace = options.dynamicBatch === true ? traceOpenBatch(request, stable.trace) : stable.trace;
    const traced = performance.now();
    const session = new GraphSession(backend, buildGraph(trace, { inputs: [], outputs: [] }, layoutOf(options)));
    return disposingOnThrow(session, () => runAndCheck(request, stable, trace, session, Math.round((traced - started) * 1e6)));
  } finally {
    for (const tensor of stable.eager) tensor.dispose();
  }
}

const layoutOf = (options: CompileOptions): Parameters<typeof buildGraph>[2] =>
  options.xla === true || (options.executor ?? '') !== '' ? { kind: 'call', executor: options.executor ?? '', xla: options.xla === true } : { kind: 'flat' };

function runAndCheck(request: BuildRequest, stable: StableTrace, trace: Trace, session: GraphSession, traceNanos: number): BuiltGraph {
  const { backend, inputs, options } = request;
  const tolerance = options.tolerance ?? (options.xla === true ? XLA_TOLERANCE : GRAPH_TOLERANCE);
  const started = performance.now();
  const results = session.run(inputs);
  const ran = performance.now();
  try {
    const difference = verifyOutputs(backend, trace, stable.eager, results, tolerance);
    const other = options.dynamicBatch === true ? checkOtherBatch(request, session, trace) : 0;
    const verifyNanos = Math.round((performance.now() - ran) * 1e6);
    const phases = { traceNanos, ...session.times, firstRunNanos: Math.round((ran - started) * 1e6), verifyNanos };
    return { trace, session, eagerNanos: stable.eagerNanos, phases, largestDifference: Math.max(difference, other), results };
  } catch (error) {
    for (const tensor of results) tensor.dispose();
    throw error;
  }
}

function traceOpenBatch({ tf, backend, traceable, inputs }: BuildRequest, trace: Trace): Trace {
  const batch = batchOf(inputs);
  const others = withBatch(backend, inputs, batch + 1);
  try {
    const second = traceStable(tf, backend, traceable, others);
    for (const tensor of second.eager) tensor.dispose();
    return openBatch(trace, second.trace, { first: batch, second: batch + 1 });
  } finally {
    for (const tensor of others) tensor.dispose();
  }
}

/** Two batch sizes made the graph; a third one, not next to them, checks it. */
function checkOtherBatch({ tf, backend, traceable, inputs, options }: BuildRequest, session: GraphSession, trace: Trace): number {
  const others = withBatch(backend, inputs, 2 * batchOf(inputs) + 3);
  const expected: Tensor[] = [];
  const actual: Tensor[] = [];
  try {
    expected.push(...traceStable(tf, backend, traceable, others).eager);
    actual.push(...session.run(others));
    return verifyOutputs(backend, trace, expected, actual, options.tolerance ?? (options.xla === true ? XLA_TOLERANCE : GRAPH_TOLERANCE));
  } finally {
    for (const tensor of [...others, ...expected, ...actual]) tensor.dispose();
  }
}

function disposingOnThrow<T>(session: GraphSession, run: () => T): T {
  try {
    return run();
  } catch (error) {
    session.dispose();
    throw error;
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
