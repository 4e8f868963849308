/** Leaks of a live program, found while it runs; `tf.memory()` is the measure. */
import { mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { METRIC } from '../../../src/model/attributes.js';
import { LeakWatch } from '../../../src/telemetry/live/leak-watch.js';
import { LiveProgram, model, tf } from './live-program.js';
import { tensorFlowCopy } from './tensorflow-copy.js';

let program: LiveProgram;
let exporter: InMemoryMetricExporter;
let meters: MeterProvider;
const kept: { dispose(): void }[] = [];

function begin(sampler = new TraceIdRatioBasedSampler(0.03)): void {
  exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  meters = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1e8 })] });
  program = new LiveProgram({ kernels: 'off' }, sampler);
  program.instrumentation.setMeterProvider(meters);
}

beforeEach(() => begin());
afterEach(() => {
  program.stop();
  for (const each of kept.splice(0)) each.dispose();
});

const shared = globalThis as Record<string, unknown>;
let restoreEngine = (): void => undefined;

/** Tensors find their engine by its global name: until it is restored, the second copy's. */
function copyWithAnEngine(): typeof tf {
  const { cache } = createRequire(import.meta.url);
  const names = ['_tfengine', '_tfGlobals'];
  const before = names.map((name) => shared[name]);
  const modules = Object.entries(cache).filter(([file]) => /@tensorflow.*\.js$/.test(file));
  for (const [file] of modules) Reflect.deleteProperty(cache, file);
  for (const name of names) Reflect.deleteProperty(shared, name);
  const copy = createRequire(import.meta.url)('@tensorflow/tfjs-node') as typeof tf;
  restoreEngine = () => {
    names.forEach((name, at) => (shared[name] = before[at]));
    Object.assign(cache, Object.fromEntries(modules));
  };
  return copy;
}

interface Point {
  readonly attributes: Record<string, unknown>;
  readonly value: number;
}

async function told(): Promise<{
  readonly kept: readonly [Record<string, unknown>, number][];
  readonly events: readonly Record<string, unknown>[];
}> {
  const spans = await program.spans();
  exporter.reset();
  await meters.forceFlush();
  const points = exporter
    .getMetrics()
    .flatMap(({ scopeMetrics }) =>
      scopeMetrics.flatMap(({ metrics }) =>
        metrics
          .filter(({ descriptor }) => descriptor.name === METRIC.tensorsKept)
          .flatMap(({ dataPoints }) => dataPoints as unknown as Point[]),
      ),
    );
  return {
    kept: points.map(({ attributes, value }) => [attributes, value]),
    events: spans.flatMap(({ events }) => events.filter(({ name }) => name === 'leak').map(({ attributes }) => attributes ?? {})),
  };
}

/** The line of this file that calls `here`, one below. */
const nextLine = (): number => Number(/:(\d+):\d+\)?$/.exec(new Error('here').stack?.split('\n')[2] ?? '')?.[1]) + 1;

const FILE = 'test/telemetry/live/leaks-live.test.ts';

it('tensors that stay with each call, with their number and the line, also of calls that the sampler leaves out', async () => {
  const net = await tf.node.loadSavedModel('test/fixtures/session/dense');
  const input = tf.ones([2, 4]);
  const before = tf.memory().numTensors;
  let line = 0;
  for (let call = 0; call < 1700; call++) {
    line = nextLine();
    kept.push(net.predict(input) as { dispose(): void }, tf.scalar(call));
  }
  expect((tf.memory().numTensors - before) / 1700).toBe(2);
  const { kept: points, events } = await told();
  expect(points).toEqual([[{ 'inference.leak.origin': 'call', 'code.file.path': FILE, 'code.line.number': line }, 2]]);
  expect(events.length).toBe(1);
  expect(events[0]).toMatchObject({ 'inference.leak.origin': 'call', 'inference.leak.tensors_each': 2, 'code.line.number': line });
  net.dispose();
});

it('of a second copy of tfjs with an engine of its own, as in the sandboxes of test runners', async () => {
  const second = copyWithAnEngine();
  program.instrumentation.attach(second);
  const net = second.sequential({ name: 'second', layers: [second.layers.dense({ units: 1, inputShape: [4] })] });
  const input = second.ones([2, 4]);
  const before = second.memory().numTensors;
  let line = 0;
  for (let call = 0; call < 1700; call++) {
    line = nextLine();
    net.predict(input);
  }
  restoreEngine();
  // The weights come with the first call.
  expect(second.memory().numTensors - before).toBe(1700);
  expect((await told()).kept).toEqual([[{ 'inference.leak.origin': 'call', 'code.file.path': FILE, 'code.line.number': line }, 1]]);
});

it('a model that is loaded anew and never disposed, after a few loads', async () => {
  program.stop();
  begin(new TraceIdRatioBasedSampler(1));
  const input = tf.ones([2, 4]);
  const before = tf.memory().numTensors;
  const [saved, folder] = [model(), mkdtempSync(path.join(tmpdir(), 'inferscope-leak-'))];
  await saved.save(`file://${folder}`);
  for (let request = 0; request < 150; request++) {
    const net = await tf.loadLayersModel(`file://${folder}/model.json`);
    tf.dispose(net.predict(input));
    kept.push(net);
  }
  expect(tf.memory().numTensors - before).toBe(2 * 151);
  const { kept: points, events } = await told();
  expect(points.map(([attributes, value]) => [attributes['inference.leak.origin'], value])).toEqual([['model-load', 2]]);
  expect(events.at(-1)).toMatchObject({ 'inference.leak.origin': 'model-load', 'inference.leak.tensors_each': 2 });
});

function keepIf(keeps: boolean, output: { dispose(): void }): void {
  if (keeps) kept.push(output);
  else output.dispose();
}

/** What is told of calls that each make one tensor and do `handle` with it, looked at after every call. */
function toldOf(
  calls: number,
  handle: (call: number, output: { dispose(): void }) => void,
): { readonly largest: number; readonly last: readonly number[] } {
  const copy = tensorFlowCopy();
  const watch = new LeakWatch(copy, copy.tensors, () => false);
  const site = { runtime: 'layers-model', call: 'predict', model: {}, inputs: undefined } as const;
  let largest = 0;
  for (let call = 0; call < calls; call++) {
    watch.call(site);
    handle(call, tf.scalar(call));
    largest = Math.max(largest, ...watch.leaks.map(({ perOccasion }) => perOccasion));
  }
  const last = watch.leaks.map(({ perOccasion }) => perOccasion);
  watch.stop();
  return { largest, last };
}

it.each([
  [1, 3000],
  [3, 6000],
  [20, 20_000],
  [100, 40_000],
])('one tensor that stays in %i calls', (every, calls) => {
  const { last } = toldOf(calls, (call, output) => keepIf(call % every === 0, output));
  expect(last.length).toBe(1);
  expect(last[0]! * every).toBeCloseTo(1, 1);
});

it('a leak that begins late, and one beyond what is remembered of each tensor', () => {
  const late = toldOf(12_500, (call, output) => keepIf(call > 8000, output));
  expect(late.last.map((each) => Number(each.toPrecision(3)))).toEqual([1]);
  const endless = toldOf(60_000, (_, output) => void kept.push(output));
  expect(endless.last[0]).toBeCloseTo(1, 1);
});

it.each<[string, (call: number, output: { dispose(): void }) => void]>([
  [
    'a window of the last 500 answers',
    (_, output) => {
      kept.push(output);
      if (kept.length > 500) kept.shift()!.dispose();
    },
  ],
  ['a cache that fills with 700 answers', (call, output) => keepIf(call < 700, output)],
  ['a cache by key: ever fewer answers are new', (call, output) => keepIf(Number.isInteger(Math.sqrt(call)), output)],
  [
    'batches of 100 answers that are freed together',
    (call, output) => {
      kept.push(output);
      if (call % 100 === 99) for (const each of kept.splice(0)) each.dispose();
    },
  ],
  ['a warm-up that keeps 300 tensors, and nothing after', (call, output) => keepIf(call < 300, output)],
])('no alarm, at any time, for %s', (_, handle) => {
  expect(toldOf(10_000, handle)).toEqual({ largest: 0, last: [] });
});

it('a larger cache is no leak any more once it is full', () => {
  expect(toldOf(12_000, (call, output) => keepIf(call < 3000, output)).last).toEqual([]);
});

it('the wrappers of tensors are only there while a leak is suspected, and gone when instrumentation is off', async () => {
  const engine = tf.engine() as unknown as { trackTensor: unknown };
  const plain = engine.trackTensor;
  const net = await tf.node.loadSavedModel('test/fixtures/session/dense');
  const input = tf.ones([2, 4]);
  const calls = (count: number, handle: (output: { dispose(): void }) => void): void => {
    for (let call = 0; call < count; call++) handle(net.predict(input) as { dispose(): void });
  };
  calls(200, (output) => output.dispose());
  expect(engine.trackTensor).toBe(plain);
  calls(400, (output) => void kept.push(output));
  expect(engine.trackTensor).not.toBe(plain);
  calls(600, (output) => output.dispose());
  expect(engine.trackTensor).toBe(plain);
  calls(1000, (output) => void kept.push(output));
  expect(engine.trackTensor).not.toBe(plain);
  program.stop();
  expect(engine.trackTensor).toBe(plain);
  net.dispose();
});
