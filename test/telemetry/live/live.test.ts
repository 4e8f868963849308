import { createRequire } from 'node:module';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { context, trace } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  InMemorySpanExporter,
  AlwaysOffSampler,
  ParentBasedSampler,
  AlwaysOnSampler,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { META } from '../../helpers/recordings.js';
import { LiveCalls } from '../../../src/telemetry/live/live-calls.js';
import { ProviderHook } from '../../../src/telemetry/live/provider-hook.js';
import { tensorFlowCopy } from './tensorflow-copy.js';
import { InferenceInstrumentation } from '../../../src/telemetry/live/inference-instrumentation.js';

const tf = createRequire(import.meta.url)('@tensorflow/tfjs-node') as typeof import('@tensorflow/tfjs-node');
let instrumentation: InferenceInstrumentation;
let exporter: InMemorySpanExporter;
let provider: BasicTracerProvider;

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterEach(() => instrumentation.disable());

function setUp(sampler: 'on' | 'off' = 'on'): void {
  exporter = new InMemorySpanExporter();
  const root = sampler === 'on' ? new AlwaysOnSampler() : new AlwaysOffSampler();
  provider = new BasicTracerProvider({ sampler: new ParentBasedSampler({ root }), spanProcessors: [new BatchSpanProcessor(exporter)] });
  trace.disable();
  trace.setGlobalTracerProvider(provider);
  instrumentation = new InferenceInstrumentation();
  instrumentation.setTracerProvider(provider);
  instrumentation.attach(tf);
}

function model() {
  const sequential = tf.sequential();
  sequential.add(tf.layers.dense({ units: 3, inputShape: [4] }));
  return sequential;
}

async function finished() {
  await instrumentation.flush();
  await provider.forceFlush();
  return exporter.getFinishedSpans();
}

describe('a live program', () => {
  it('has each call in the trace of its request, from request to kernel', async () => {
    setUp();
    const net = model();
    const input = tf.ones([2, 4]);
    const tracer = trace.getTracer('http');
    tracer.startActiveSpan('request', (request) => {
      net.predict(input);
      request.end();
    });
    const spans = await finished();
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1);
    const byId = new Map(spans.map((span) => [span.spanContext().spanId, span]));
    const call = spans.find(({ name }) => name === 'predict')!;
    expect(byId.get(call.parentSpanContext!.spanId)?.name).toBe('request');
    expect(call.attributes).toMatchObject({
      'inference.runtime': 'layers-model',
      'inference.temperature': 'cold-session',
      'inference.input.signature': 'float32[2,4]',
    });
    const kernel = spans.find(({ attributes }) => attributes['inference.span.kind'] === 'kernel')!;
    const path: string[] = [];
    for (let at: typeof kernel | undefined = kernel; at; at = byId.get(at.parentSpanContext?.spanId ?? '')) path.unshift(at.name);
    expect(path.slice(0, 2)).toEqual(['request', 'predict']);
    const nanos = ([s, n]: [number, number]) => BigInt(s) * 1_000_000_000n + BigInt(n);
    for (const span of spans) {
      const parent = byId.get(span.parentSpanContext?.spanId ?? '');
      if (!parent || parent.name === 'request') continue;
      expect(nanos(span.startTime) >= nanos(parent.startTime) && nanos(span.endTime) <= nanos(parent.endTime)).toBe(true);
    }
  });

  it('loses no span of a burst that the batch processor alone would drop', async () => {
    setUp();
    const net = model();
    const input = tf.ones([2, 4]);
    for (let i = 0; i < 400; i++) tf.dispose(net.predict(input));
    const first = (await finished()).slice();
    for (let i = 0; i < 10; i++) tf.dispose(net.predict(input));
    const spans = await finished();
    expect(first.length).toBeGreaterThan(2560);
    // The recorder's row numbers go on, so a later batch has to be as whole as the first one.
    expect(spans.length - first.length).toBe(Math.round(first.length / 40));
    expect(spans.filter(({ name }) => name === 'predict').length).toBe(410);
    const ids = new Set(spans.map((span) => span.spanContext().spanId));
    expect(spans.filter(({ parentSpanContext }) => parentSpanContext && !ids.has(parentSpanContext.spanId))).toEqual([]);
  });

  it('records nothing for a call that the sampler leaves out, nor after disable', async () => {
    setUp('off');
    const net = model();
    net.predict(tf.ones([2, 4]));
    expect(await finished()).toEqual([]);
    setUp();
    instrumentation.disable();
    net.predict(tf.ones([2, 4]));
    expect(await finished()).toEqual([]);
  });

  it('begins a new table of shapes when the old one is full, and loses no call by it', async () => {
    const exporter = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
    let full = 0;
    const meta = () => ({ ...META });
    const live: LiveCalls = new LiveCalls(
      {
        tracer: () => provider.getTracer('test'),
        provider: new ProviderHook(
          () => provider,
          () => live.flush(),
        ),
        meta,
        config: {},
        mostDetails: 5,
        onFull: () => full++,
      },
      META.originEpochNanos,
    );
    for (let call = 0; call < 4; call++) {
      const start = live.begins({ runtime: 'layers-model', call: 'predict', model: META, inputs: [] }, tensorFlowCopy())!;
      live.recorder.callSync(start, live.recorder.interner.string('predict'), 0, 4, (scope) => {
        const row = scope.open(live.recorder.interner.string('MatMul'), 4, 2);
        scope.setDetail(row, live.recorder.interner.detail({ outputShapes: [`[${call}]`, `[${call}]`] }));
        scope.close(row);
      });
      await live.flush();
      expect(full).toBe(0);
    }
    for (let shape = 0; shape < 5; shape++) live.recorder.interner.detail({ outputShapes: [`[9,${shape}]`] });
    const start = live.begins({ runtime: 'layers-model', call: 'predict', model: META, inputs: [] }, tensorFlowCopy())!;
    live.recorder.callSync(start, live.recorder.interner.string('predict'), 0, 4, () => undefined);
    await live.flush();
    await provider.forceFlush();
    expect(full).toBe(1);
    expect(exporter.getFinishedSpans().length).toBe(4 * 2 + 1);
  });
});
