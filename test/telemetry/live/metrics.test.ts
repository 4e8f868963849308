import { monitorEventLoopDelay } from 'node:perf_hooks';
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-base';
import { compiledGraphOf } from '../../../src/engines/tensorflow/graph/compile-to-graph.js';
import { METRIC } from '../../../src/model/attributes.js';
import { LiveProgram, model, tf } from './live-program.js';

let program: LiveProgram;
let exporter: InMemoryMetricExporter;
let meters: MeterProvider;

beforeEach(() => {
  exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  meters = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1e8 })] });
  program = new LiveProgram();
  program.instrumentation.setMeterProvider(meters);
});
afterEach(() => program.stop());

type Tensor = InstanceType<typeof tf.Tensor>;

interface Point {
  readonly attributes: Record<string, unknown>;
  readonly value: unknown;
}

async function points(name: string): Promise<Point[]> {
  await program.spans();
  exporter.reset();
  await meters.forceFlush();
  return exporter
    .getMetrics()
    .flatMap(({ scopeMetrics }) =>
      scopeMetrics.flatMap(({ metrics }) =>
        metrics.filter(({ descriptor }) => descriptor.name === name).flatMap(({ dataPoints }) => dataPoints as unknown as Point[]),
      ),
    );
}

const sumOf = (point: Point): number => (point.value as { sum: number }).sum;
const countOf = (point: Point): number => (point.value as { count: number }).count;

it('call and stage durations, by runtime, variant and stage; the stages add up to the calls', async () => {
  const net = model();
  const input = tf.ones([2, 4]);
  for (let i = 0; i < 5; i++) tf.dispose(net.predict(input));
  net.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  tf.dispose(net.predict(input));
  const calls = await points(METRIC.callDuration);
  expect(calls.map((point) => [point.attributes, countOf(point)])).toEqual([
    [
      {
        'inference.runtime': 'layers-model',
        'inference.variant': 'uncompiled',
        'inference.call': 'predict',
        'inference.temperature': 'cold-session',
      },
      1,
    ],
    [
      {
        'inference.runtime': 'layers-model',
        'inference.variant': 'uncompiled',
        'inference.call': 'predict',
        'inference.temperature': 'warm',
      },
      4,
    ],
    [
      {
        'inference.runtime': 'layers-model',
        'inference.variant': 'compiled',
        'inference.call': 'predict',
        'inference.temperature': 'warm',
      },
      1,
    ],
  ]);
  const stages = await points(METRIC.stageDuration);
  expect(new Set(stages.map(({ attributes }) => attributes['inference.stage']))).toEqual(
    new Set(['data-adapter', 'kernel-execution', 'glue']),
  );
  const total = (some: readonly Point[]) => some.reduce((sum, point) => sum + sumOf(point), 0);
  expect(total(stages)).toBeCloseTo(total(calls), 8);
  input.dispose();
});

it('how long calls hold the event loop: of synchronous ones it is all of their time', async () => {
  const net = model();
  const input = tf.ones([2, 4]);
  for (let i = 0; i < 5; i++) tf.dispose(net.predict(input));
  const [calls, blocks, held] = [await points(METRIC.callDuration), await points(METRIC.loopBlock), await points(METRIC.loopHeld)];
  const attributes = { 'inference.runtime': 'layers-model', 'inference.variant': 'uncompiled', 'inference.call': 'predict' };
  expect(blocks.map((point) => [point.attributes, countOf(point)])).toEqual([[attributes, 5]]);
  const seconds = calls.reduce((sum, point) => sum + sumOf(point), 0);
  expect(sumOf(blocks[0]!)).toBeCloseTo(seconds, 9);
  expect(held).toMatchObject([{ attributes }]);
  expect(held[0]!.value).toBeCloseTo(seconds, 9);
  input.dispose();
});

it('how long calls hold the event loop: of asynchronous ones no more than it takes', async () => {
  const net = await tf.loadGraphModel('file://test/fixtures/graph-model-loop/model.json');
  const inputs = net.inputs.map(({ shape, dtype }) =>
    tf.ones(
      (shape ?? []).map((length) => Math.max(1, length)),
      dtype,
    ),
  );
  for (let i = 0; i < 3; i++) tf.dispose(await net.executeAsync(inputs));
  const [calls, blocks, held] = [await points(METRIC.callDuration), await points(METRIC.loopBlock), await points(METRIC.loopHeld)];
  const total = (of: readonly Point[]) => of.reduce((sum, point) => sum + sumOf(point), 0);
  expect(blocks.reduce((sum, point) => sum + countOf(point), 0)).toBe(3);
  expect(total(blocks)).toBeGreaterThan(0);
  expect(total(blocks)).toBeLessThanOrEqual(Number(held[0]!.value) + 1e-9);
  expect(held[0]!.value).toBeLessThanOrEqual(total(calls));
  tf.dispose(inputs);
});

it('how long a call holds the event loop: no longer than the event loop itself was late', async () => {
  const [busyMillis, slackMillis] = [40, 2];
  class Busy extends tf.layers.Layer {
    static readonly className = 'Busy';
    override call(inputs: Tensor | Tensor[]): Tensor {
      for (const until = performance.now() + busyMillis; performance.now() < until;);
      return tf.add(Array.isArray(inputs) ? inputs[0]! : inputs, 1);
    }
  }
  const net = tf.sequential({ layers: [new Busy({ inputShape: [4] })] });
  const input = tf.ones([2, 4]);
  // A timer every millisecond: not the one that is under test.
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await vi.waitUntil(() => delay.count > 1);
  tf.dispose(net.predict(input));
  const before = delay.count;
  await vi.waitUntil(() => delay.count > before);
  delay.disable();
  const [block] = await points(METRIC.loopBlock);
  expect(sumOf(block!)).toBeGreaterThanOrEqual(busyMillis / 1000);
  expect(delay.max / 1e6 + slackMillis).toBeGreaterThanOrEqual(sumOf(block!) * 1000);
  input.dispose();
});

it('graphs built again, by cause', async () => {
  const net = await tf.loadGraphModel('file://test/fixtures/graph-model-tiny/model.json');
  const [input] = net.inputs.map(({ shape }) => tf.ones((shape ?? []).map((length) => Math.max(1, length))));
  tf.dispose(net.execute(input!));
  tf.dispose(net.execute(input!));
  expect(await points(METRIC.retraces)).toEqual([]);
  const inner = Object.values(net.weights).length > 0 ? net.outputNodes[0] : undefined;
  const nodes = (net as unknown as { artifacts: { modelTopology: { node: { name: string; op: string }[] } } }).artifacts.modelTopology.node;
  const other = nodes.find(({ op, name }) => op !== 'Const' && op !== 'Placeholder' && name !== inner);
  tf.dispose(net.execute(input!, other!.name));
  expect((await points(METRIC.retraces)).map(({ attributes, value }) => [attributes['inference.graph_building.cause'], value])).toEqual([
    ['new-fetches', 1],
  ]);
  input!.dispose();
  net.dispose();
});

it('graphs built by compileToGraph, each with its cause', async () => {
  const net = model();
  const compiled = compiledGraphOf(tf, net);
  for (const rows of [2, 2, 3, 3]) tf.tidy(() => void compiled.predict(tf.ones([rows, 4])));
  compiled.dispose();
  expect((await points(METRIC.retraces)).map(({ attributes, value }) => [attributes['inference.graph_building.cause'], value])).toEqual([
    ['new-shape', 1],
  ]);
  const spans = await program.spans();
  expect(spans.filter(({ name }) => name === 'tracing').map(({ attributes }) => attributes['inference.graph_building.cause'])).toEqual([
    'first-trace',
    'new-shape',
  ]);
  expect(spans.filter(({ attributes }) => attributes['inference.variant'] === 'graph').map(({ name }) => name)).toEqual([
    'predict',
    'predict',
    'predict',
    'predict',
  ]);
});

it('durations of all calls when asked for, recorded or not', async () => {
  program.stop();
  program = new LiveProgram({ metrics: 'all' }, new AlwaysOffSampler());
  program.instrumentation.setMeterProvider(meters);
  const net = model();
  for (let i = 0; i < 7; i++) tf.tidy(() => void net.predict(tf.ones([2, 4])));
  expect(() => net.predict(tf.ones([2, 5]))).toThrow();
  const loop = await tf.loadGraphModel('file://test/fixtures/graph-model-loop/model.json');
  tf.dispose(await loop.executeAsync({ x: tf.ones([1, 4]) }));
  loop.dispose();
  expect((await points(METRIC.callDuration)).map((point) => [Object.values(point.attributes).join(' '), countOf(point)])).toEqual([
    ['layers-model uncompiled predict', 7],
    ['layers-model uncompiled predict _OTHER', 1],
    ['graph-model uncompiled executeAsync', 1],
  ]);
});

it('tensors and bytes alive, while instrumentation is on', async () => {
  const [before] = await points(METRIC.tensors);
  const [bytesBefore] = await points(METRIC.tensorBytes);
  const kept = tf.ones([1000]);
  expect((await points(METRIC.tensors))[0]?.value).toBe(Number(before?.value) + 1);
  expect((await points(METRIC.tensorBytes))[0]?.value).toBe(Number(bytesBefore?.value) + 4000);
  program.instrumentation.disable();
  kept.dispose();
  // The SDK repeats what it was told last.
  expect((await points(METRIC.tensors))[0]?.value).toBe(Number(before?.value) + 1);
  program.instrumentation.enable();
  expect((await points(METRIC.tensors))[0]?.value).toBe(before?.value);
});

it("the process's own time, by mode and, where threads are told apart, by thread group", async () => {
  const net = model();
  const input = tf.ones([2, 4]);
  tf.dispose(net.predict(input));
  const secondsIn = async (): Promise<number> => (await points(METRIC.cpuTime)).reduce((sum, { value }) => sum + (value as number), 0);
  const before = process.cpuUsage();
  const first = await secondsIn();
  while (process.cpuUsage(before).user < 100_000) tf.dispose(net.predict(input));
  const taken = await points(METRIC.cpuTime);
  expect(new Set(taken.map(({ attributes }) => attributes['cpu.mode']))).toEqual(new Set(['user', 'system']));
  const { user, system } = process.cpuUsage(before);
  const counted = taken.reduce((sum, { value }) => sum + (value as number), 0) - first;
  expect(counted).toBeGreaterThan(0.08);
  expect(counted).toBeLessThanOrEqual((user + system) / 1e6);
  // This file loads TensorFlow before it makes the instrumentation.
  expect(taken.some(({ attributes }) => 'inference.thread.group' in attributes)).toBe(false);
  const [rss] = await points(METRIC.memoryUsage);
  expect(rss?.value).toBeGreaterThan(process.memoryUsage().heapUsed);
  const spaces = await points(METRIC.heapUsed);
  expect(spaces.map(({ attributes }) => attributes['v8js.heap.space.name'])).toContain('old_space');
  const used = spaces.reduce((sum, { value }) => sum + (value as number), 0);
  expect(used / process.memoryUsage().heapUsed).toBeGreaterThan(0.5);
  program.instrumentation.disable();
  const left = await secondsIn();
  while (process.cpuUsage(before).user < 200_000) tf.dispose(net.predict(input));
  expect(await secondsIn()).toBe(left);
});
