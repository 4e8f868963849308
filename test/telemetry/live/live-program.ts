import { createRequire } from 'node:module';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { context, trace } from '@opentelemetry/api';
import { BatchSpanProcessor, BasicTracerProvider, InMemorySpanExporter } from '@opentelemetry/sdk-trace-base';
import type { ReadableSpan, Sampler } from '@opentelemetry/sdk-trace-base';
import type { InferenceInstrumentationConfig } from '../../../src/telemetry/live/config.js';
import { InferenceInstrumentation } from '../../../src/telemetry/live/inference-instrumentation.js';

export const tf = createRequire(import.meta.url)('@tensorflow/tfjs-node') as typeof import('@tensorflow/tfjs-node');

/** A program with a provider of its own and an instrumentation, inside of this process. */
export class LiveProgram {
  readonly exporter = new InMemorySpanExporter();
  readonly provider: BasicTracerProvider;
  readonly instrumentation: InferenceInstrumentation;

  constructor(config: InferenceInstrumentationConfig = {}, sampler?: Sampler) {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    this.provider = new BasicTracerProvider({
      spanProcessors: [new BatchSpanProcessor(this.exporter)],
      ...(sampler === undefined ? {} : { sampler }),
    });
    trace.disable();
    trace.setGlobalTracerProvider(this.provider);
    this.instrumentation = new InferenceInstrumentation(config);
    this.instrumentation.setTracerProvider(this.provider);
    this.instrumentation.attach(tf);
  }

  async spans(): Promise<readonly ReadableSpan[]> {
    await this.instrumentation.flush();
    await this.provider.forceFlush();
    return this.exporter.getFinishedSpans();
  }

  stop(): void {
    this.instrumentation.disable();
  }
}

/** Dense layers, `depth` of them: a few kernels each. */
export function model(depth = 1) {
  const layers = Array.from({ length: depth }, (_, at) => tf.layers.dense({ units: 4, ...(at === 0 ? { inputShape: [4] } : {}) }));
  return tf.sequential({ layers });
}

export const nanosOf = ([seconds, nanoseconds]: readonly [number, number]): bigint =>
  BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);

export const durationOf = (span: ReadableSpan): number => Number(nanosOf(span.endTime) - nanosOf(span.startTime));

/** Names from the root of a span's trace down to it. */
export function pathOf(span: ReadableSpan, spans: readonly ReadableSpan[]): string[] {
  const parent = spans.find((other) => other.spanContext().spanId === span.parentSpanContext?.spanId);
  return parent === undefined ? [span.name] : [...pathOf(parent, spans), span.name];
}
