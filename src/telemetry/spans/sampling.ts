import { ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';

/** Says whether a call's spans are exported. `parentSpanId` is given when the call ran inside a caller's trace. */
export type CallSampler = (call: SampledCall) => boolean;

export interface SampledCall {
  readonly name: string;
  readonly traceId: string;
  readonly parentSpanId?: string;
}

/**
 * The sampler that `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG` ask for, asked once a call.
 *
 * The SDK does not export its reading of these variables, so a provider without any processor is asked instead: it
 * starts one root span with the call's trace id and says whether that would be recorded.
 */
export function samplerFromEnvironment(): CallSampler {
  let traceId = '';
  const provider = new BasicTracerProvider({
    idGenerator: { generateTraceId: () => traceId, generateSpanId: () => 'ffffffffffffffff' },
  });
  const tracer = provider.getTracer('inferscope-sampling');
  return (call) => {
    traceId = call.traceId;
    const context =
      call.parentSpanId === undefined
        ? ROOT_CONTEXT
        : // A call that was recorded inside a trace was sampled there.
          trace.setSpanContext(ROOT_CONTEXT, {
            traceId,
            spanId: call.parentSpanId,
            traceFlags: TraceFlags.SAMPLED,
            isRemote: true,
          });
    return tracer.startSpan(call.name, {}, context).isRecording();
  };
}
