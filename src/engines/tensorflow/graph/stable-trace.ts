import { UserError } from '../../../model/errors.js';
import type { TraceDifference } from './compare-traces.js';
import { compareTraces } from './compare-traces.js';
import type { Backend, Tensor, Tf } from './tfjs.js';
import type { Traceable, TraceRun } from './trace.js';
import { traceOnce } from './trace.js';
import type { Constant, Trace } from './trace-model.js';

export interface StableTrace extends TraceRun {
  /** Wall time of the last traced call: operation by operation, with recording. */
  readonly eagerNanos: number;
}

/**
 * Traces a call until two traces in a row are equal, at most three times: the first call of a model may build things.
 *
 * Whatever JavaScript decides anew at each call (random numbers, state kept between calls, the time) would otherwise be
 * frozen silently into the graph.
 * @throws UserError when the traces keep differing
 */
export function traceStable(tf: Tf, backend: Backend, what: Traceable, inputs: readonly Tensor[]): StableTrace {
  let previous = timedTrace(tf, backend, what, inputs);
  let difference: TraceDifference = { kind: 'constants', indices: [] };
  for (let attempt = 0; attempt < 2; attempt += 1) {
    for (const tensor of previous.eager) tensor.dispose();
    const next = timedTrace(tf, backend, what, inputs);
    difference = compareTraces(previous.trace, next.trace);
    if (difference.kind === 'constants' && difference.indices.length === 0) return next;
    previous = next;
  }
  for (const tensor of previous.eager) tensor.dispose();
  throw new UserError(refusal(previous, difference));
}

function timedTrace(tf: Tf, backend: Backend, what: Traceable, inputs: readonly Tensor[]): StableTrace {
  const started = performance.now();
  const run = traceOnce(tf, backend, what, inputs);
  return { ...run, eagerNanos: Math.round((performance.now() - started) * 1e6) };
}

function refusal({ trace, usedRandom }: TraceRun, difference: TraceDifference): string {
  const start = 'This model cannot be traced into a graph: two calls with the same input do different work';
  if (difference.kind === 'structure') return `${start} (${difference.what}). Decide with tensors (tf.where), not in JavaScript.`;
  const index = difference.indices[0] ?? 0;
  const user = consumerOf(trace, index);
  const constant = trace.constants[index] as Constant;
  if (constant.origin === 'captured') {
    return `${start}: ${user} uses a tensor that changes from call to call, such as the state of a stateful recurrent layer. Pass it as an input.`;
  }
  const cause = usedRandom ? 'random numbers drawn in JavaScript' : 'values computed in JavaScript';
  return `${start}: ${user} uses ${cause}, which a graph would freeze. Pass them as an input${usedRandom ? ' or give a seed' : ''}.`;
}

function consumerOf(trace: Trace, constant: number): string {
  const node = trace.nodes.find(({ inputs }) => inputs.some((ref) => ref.from === 'constant' && ref.constant === constant));
  return node === undefined
    ? 'the result'
    : node.scope === null
      ? `the operation ${node.op}`
      : `the operation ${node.op} of layer ${node.scope}`;
}
