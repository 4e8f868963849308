import type { AgentCall } from './protocol.js';
import type { GcPause, CallRecord } from '../../model/recording.js';

export const gcPauses = (call: AgentCall): GcPause[] =>
  (call.gc ?? []).map(({ startNanos, durationNanos, generation }) => ({
    startNanos,
    durationNanos,
    type: `python-generation-${generation}`,
  }));

export function callRecord(call: AgentCall, variant: number, rootSpan: number): CallRecord {
  const { startNanos, latencyNanos, temperature, round, signature, batch, error, traced, traceId, parentSpanId, memory } = call;
  const trace = traceId === undefined || parentSpanId === undefined ? {} : { traceId, parentSpanId };
  return {
    variant,
    rootSpan,
    startNanos,
    latencyNanos,
    temperature,
    round,
    signature,
    batch,
    ...(error === undefined ? {} : { error }),
    ...(traced === true ? { traced } : {}),
    ...trace,
    ...(memory === undefined ? {} : { memory: { ...memory, heapUsedBytes: 0, externalBytes: 0 } }),
  };
}
