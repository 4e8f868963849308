/** ONNX Runtime in a program with a tracer provider of its own: spans and metrics. */
import { createRequire } from 'node:module';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { context, trace } from '@opentelemetry/api';
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  InMemorySpanExporter,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ATTRIBUTE, METRIC } from '../../../src/model/attributes.js';
import type { InferenceInstrumentationConfig } from '../../../src/telemetry/live/config.js';
import { InferenceInstrumentation } from '../../../src/telemetry/live/inference-instrumentation.js';

const TINY = 'test/fixtures/onnx-tiny.onnx';

let exporter: InMemorySpanExporter;
let provider: BasicTracerProvider;
let instrumentation: InferenceInstrumentation;
let ort: typeof import('onnxruntime-node');

function begin(config: InferenceInstrumentationConfig = {}, sampled: 'all' | 'none' = 'all'): void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  exporter = new InMemorySpanExporter();
  provider = new BasicTracerProvider({
    spanProcessors: [new BatchSpanProcessor(exporter)],
    ...(sampled === 'none' ? { sampler: new AlwaysOffSampler() } : {}),
  });
  trace.disable();
  trace.setGlobalTracerProvider(provider);
  instrumentation = new InferenceInstrumentation(config);
  instrumentation.setTracerProvider(provider);
  ort = createRequire(import.meta.url)('onnxruntime-node') as typeof ort;
}

beforeEach(() => {
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
});
afterEach(() => instrumentation.disable());

const feeds = (): Record<string, import('onnxruntime-node').Tensor> => ({
  x: new ort.Tensor('float32', Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), [2, 4]),
});

async function spans(): Promise<readonly ReadableSpan[]> {
  await instrumentation.flush();
  await provider.forceFlush();
  return exporter.getFinishedSpans();
}

it('a run within a request is a span of its trace, its stages and kernels below it', async () => {
  begin();
  const session = await ort.InferenceSession.create(TINY);
  const request = trace.getTracer('program').startSpan('request');
  await context.with(trace.setSpan(context.active(), request), () => session.run(feeds()));
  request.end();
  const all = await spans();
  const roots = all.filter(({ attributes }) => attributes[ATTRIBUTE.spanKind] === 'call');
  expect(
    roots.map(({ name, attributes }) => [
      name,
      attributes[ATTRIBUTE.runtime],
      attributes[ATTRIBUTE.variant],
      attributes[ATTRIBUTE.callStyle],
    ]),
  ).toEqual([
    ['create', 'onnxruntime', 'session', 'create'],
    ['run', 'onnxruntime', 'all', 'run'],
  ]);
  const [create, run] = roots as [ReadableSpan, ReadableSpan];
  expect(run.spanContext().traceId).toBe(request.spanContext().traceId);
  expect(run.attributes).toMatchObject({ [ATTRIBUTE.temperature]: 'cold-session', [ATTRIBUTE.signature]: 'float32[2,4]' });
  const below = (root: ReadableSpan): string[] =>
    all
      .filter((span) => span.parentSpanContext?.spanId === root.spanContext().spanId)
      .map(({ attributes }) => String(attributes[ATTRIBUTE.stage]));
  expect(new Set(below(run))).toEqual(new Set(['data-adapter', 'queue', 'kernel-execution', 'fetch']));
  expect(below(create)).toContain('graph-building');
  expect(all.find(({ attributes }) => attributes[ATTRIBUTE.stage] === 'graph-building')?.attributes[ATTRIBUTE.cause]).toBe('new-session');
});

it('without a sampled trace nothing is recorded, and results are the same object of numbers', async () => {
  begin({}, 'none');
  const session = await ort.InferenceSession.create(TINY);
  const off = [...((await session.run(feeds()))['y']!.data as Float32Array)];
  expect(await spans()).toEqual([]);
  instrumentation.disable();
  expect([...((await session.run(feeds()))['y']!.data as Float32Array)]).toEqual(off);
});

it('metrics: durations of calls and stages, and of the process; no tensors are claimed that ONNX Runtime does not keep', async () => {
  begin();
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const meters = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 1e8 })],
  });
  instrumentation.setMeterProvider(meters);
  const session = await ort.InferenceSession.create(TINY);
  for (let run = 0; run < 3; run++) await session.run(feeds());
  await spans();
  await meters.forceFlush();
  const points = metricExporter
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
    .filter(({ dataPoints }) => dataPoints.length > 0);
  const ofTheProcess = [METRIC.cpuTime, METRIC.memoryUsage, METRIC.heapUsed, METRIC.loopBlock, METRIC.loopHeld];
  expect(points.map(({ descriptor }) => descriptor.name).sort()).toEqual(
    [METRIC.callDuration, METRIC.stageDuration, ...ofTheProcess].sort(),
  );
  const runs = points
    .find(({ descriptor }) => descriptor.name === METRIC.callDuration)!
    .dataPoints.filter(({ attributes }) => attributes[ATTRIBUTE.callStyle] === 'run')
    .map(({ value }) => (value as { count: number }).count);
  expect(runs.reduce((sum, count) => sum + count, 0)).toBe(3);
});
