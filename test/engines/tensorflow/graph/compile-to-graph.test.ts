import * as tf from '@tensorflow/tfjs-node';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, expect, test } from 'vitest';
import type { CompileOptions, GraphBuilding } from '../../../../src/engines/tensorflow/graph/options.js';
import { binding, compile, expectSame } from './helpers.js';

const tiny = (): tf.Sequential =>
  tf.sequential({
    layers: [tf.layers.dense({ units: 2, activation: 'relu', inputShape: [4] }), tf.layers.dense({ units: 1, activation: 'sigmoid' })],
  });

afterEach(() => tf.disposeVariables());

test('the tiny model gives the same as predict, bit for bit, and is traced once per signature', () => {
  const model = tiny();
  const events: GraphBuilding[] = [];
  const compiled = compile(model, { onGraphBuilding: (event) => events.push(event) });
  const x = tf.randomNormal([32, 4]);
  const expected = (model.predict(x) as tf.Tensor).dataSync();
  for (let call = 0; call < 3; call += 1) expect((compiled.predict(x) as tf.Tensor).dataSync()).toEqual(expected);
  expectSame(compiled.predict(tf.ones([2, 4])), model.predict(tf.ones([2, 4])));
  expect(events.map(({ cause, signature }) => `${cause} ${signature}`)).toEqual(['first-trace float32[32,4]', 'new-shape float32[2,4]']);
  expect(Object.values(events[0]!.phases).every((nanos) => Number.isInteger(nanos) && nanos >= 0)).toBe(true);
  expect(compiled.signatures().map(({ signature, hits, misses }) => ({ signature, hits, misses }))).toEqual([
    { signature: 'float32[32,4]', hits: 2, misses: 1 },
    { signature: 'float32[2,4]', hits: 0, misses: 1 },
  ]);
  compiled.dispose();
  expect(() => compiled.predict(x)).toThrow('disposed');
});

test('the binding, Math.random and layers are exactly as they were after a trace, also after a throw', () => {
  const model = tiny();
  const before = [
    (tf.backend() as unknown as { binding: unknown }).binding,
    Math.random,
    Object.hasOwn(model.layers[0]!, 'call'),
    tf.getKernel('GatherV2', 'tensorflow').kernelFunc,
  ];
  const compiled = compile(model);
  tf.dispose(compiled.predict(tf.ones([1, 4])) as tf.Tensor);
  compiled.dispose();
  expect(() => compile((x: tf.Tensor) => tf.scalar(x.dataSync()[0]!)).predict(tf.ones([2]))).toThrow('reads back');
  expect([
    (tf.backend() as unknown as { binding: unknown }).binding,
    Math.random,
    Object.hasOwn(model.layers[0]!, 'call'),
    tf.getKernel('GatherV2', 'tensorflow').kernelFunc,
  ]).toEqual(before);
});

test('changed weights are traced again with the cause new-value', () => {
  const model = tiny();
  const causes: string[] = [];
  const compiled = compile(model, { onGraphBuilding: ({ cause }) => causes.push(cause) });
  const x = tf.randomNormal([3, 4]);
  expectSame(compiled.predict(x), model.predict(x));
  model.setWeights(model.getWeights().map((weight) => weight.mul(2)));
  expectSame(compiled.predict(x), model.predict(x));
  expect(causes).toEqual(['first-trace', 'new-value']);
  compiled.dispose();
});

test('each cause of a graph building is told', () => {
  const causes: string[] = [];
  const compiled = compile((x: tf.Tensor, by: number) => x.mul(by), {
    maxSignatures: 3,
    onGraphBuilding: ({ cause }) => causes.push(cause),
  });
  const call = (x: tf.Tensor, by: number): void => expectSame(compiled.predict([x, by]), tf.mul(x, by));
  call(tf.ones([2]), 2);
  call(tf.ones([2]), 3);
  call(tf.ones([2]), 3);
  call(tf.ones([3]), 3);
  call(tf.ones([3], 'int32'), 3);
  call(tf.ones([2]), 2);
  expect(causes).toEqual(['first-trace', 'new-value', 'new-shape', 'new-dtype', 'cache-evicted']);
  compiled.dispose();
});

test('several inputs and outputs, int32, bool, string and complex64', () => {
  const compiled = compile((a: tf.Tensor, b: tf.Tensor, s: tf.Tensor, c: tf.Tensor) => ({
    sum: a.add(b.cast('int32')),
    text: s,
    joined: tf.concat([s as tf.Tensor1D, tf.tensor1d(['a constant that is longer than a small string'])]),
    less: a.less(tf.scalar(2, 'int32')),
    real: tf.real(c),
    both: tf.mul(c, c),
    constant: tf.scalar(7),
    same: a,
  }));
  const inputs = [
    tf.tensor1d([1, 2, 3], 'int32'),
    tf.tensor1d([true, false, true], 'bool'),
    tf.tensor1d(['one', 'a string that does not fit into the small form', '']),
    tf.complex([1, 2], [3, 4]),
  ];
  for (let call = 0; call < 3; call += 1) {
    const result = compiled.predict(inputs) as unknown as Record<string, tf.Tensor>;
    expect(Object.fromEntries(Object.entries(result).map(([key, tensor]) => [key, Array.from(tensor.dataSync())]))).toEqual({
      sum: [2, 2, 4],
      text: ['one', 'a string that does not fit into the small form', ''],
      joined: ['one', 'a string that does not fit into the small form', '', 'a constant that is longer than a small string'],
      less: [1, 0, 0],
      real: [1, 2],
      both: [-8, 6, -12, 16],
      constant: [7],
      same: [1, 2, 3],
    });
    tf.dispose(result);
  }
  expect(inputs[2]!.dataSync()).toEqual(['one', 'a string that does not fit into the small form', '']);
  compiled.dispose();
});

test('one tensor given twice is two inputs', () => {
  const compiled = compile((a: tf.Tensor, b: tf.Tensor) => a.sub(b));
  const [x, y] = [tf.tensor1d([5, 6]), tf.tensor1d([1, 2])];
  expectSame(compiled.predict([x, x]), tf.zeros([2]));
  expectSame(compiled.predict([x, y]), tf.tensor1d([4, 4]));
  compiled.dispose();
});

test.each([
  [
    'a read of input data',
    (x: tf.Tensor) => (x.sum().dataSync()[0]! > 0 ? x : x.neg()),
    /reads back the result of Sum.*compile-to-graph\.test\.ts:\d+/,
  ],
  ['an asynchronous function', async (x: tf.Tensor) => Promise.resolve(x), /asynchronous/],
  ['no tensor returned', () => 3, /must return/],
  ['random numbers of JavaScript', (x: tf.Tensor) => x.add(tf.randomNormal(x.shape)), /random numbers drawn in JavaScript/],
])('%s is refused', (_, call, message) => {
  const compiled = compile(call);
  expect(() => compiled.predict(tf.ones([4]))).toThrow(message);
  compiled.dispose();
});

test('values kept between calls in JavaScript are refused', () => {
  let calls = 0;
  const compiled = compile((x: tf.Tensor) => x.mul((calls += 1)));
  expect(() => compiled.predict(tf.ones([4]))).toThrow('values computed in JavaScript');
});

test('a stateful recurrent layer is refused: its state would be frozen', () => {
  const model = tf.sequential({ layers: [tf.layers.lstm({ units: 2, stateful: true, batchInputShape: [1, 3, 2] })] });
  expect(() => compile(model).predict(tf.ones([1, 3, 2]))).toThrow(
    // The place is the innermost line that is neither a package's nor ours.
    /layer lstm_\w+ uses a tensor that was made before the call, such as the state of a stateful layer \([^()]*compile-to-graph\.test\.ts:\d+/,
  );
});

test('a random operation stays random in the graph', () => {
  const compiled = compile((x: tf.Tensor2D) => tf.multinomial(x, 64));
  const x = tf.zeros([1, 1000]);
  const draw = (): string => Array.from((compiled.predict(x) as tf.Tensor).dataSync()).join();
  expect(new Set([draw(), draw(), draw(), draw()]).size).toBeGreaterThan(2);
  compiled.dispose();
});

test('an open batch is one graph for every batch size', () => {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ filters: 3, kernelSize: 3, inputShape: [8, 8, 2] }),
      tf.layers.batchNormalization({}),
      tf.layers.flatten(),
      tf.layers.reshape({ targetShape: [6, 18] }),
      tf.layers.lstm({ units: 5, returnSequences: true }),
      tf.layers.globalAveragePooling1d({}),
      tf.layers.dense({ units: 4, activation: 'softmax' }),
    ],
  });
  const causes: string[] = [];
  const compiled = compile(model, { dynamicBatch: true, onGraphBuilding: ({ cause, signature }) => causes.push(`${cause} ${signature}`) });
  for (const batch of [4, 1, 7, 32, 4]) {
    const x = tf.randomNormal([batch, 8, 8, 2]);
    expectSame(compiled.predict(x), model.predict(x));
  }
  expect(causes).toEqual(['first-trace float32[?,8,8,2]']);
  compiled.dispose();
});

test('a batch that JavaScript computes with in another way than linearly cannot stay open', () => {
  const compiled = compile((x: tf.Tensor) => x.mul(x.shape[0] ** 2), { dynamicBatch: true });
  expect(() => compiled.predict(tf.ones([3, 2]))).toThrow(/differs|other values|cannot stay open/);
  const unrolled = compile((x: tf.Tensor) => tf.addN(tf.unstack(x)), { dynamicBatch: true });
  expect(() => unrolled.predict(tf.ones([3, 2]))).toThrow('cannot stay open');
});

test('XLA compiles the graph through an attribute of its function', () => {
  const model = tiny();
  const compiled = compile(model, { xla: true });
  for (const batch of [2, 5]) {
    const x = tf.randomNormal([batch, 4]);
    expectSame(compiled.predict(x), model.predict(x));
    expectSame(compiled.predict(x), model.predict(x));
  }
  compiled.dispose();
});

test('a short run stays on the calling thread, a pool can be asked for, and later graphs keep the choice', () => {
  const chosen = (options: CompileOptions): string[] => {
    const threads: string[] = [];
    const compiled = compile(tiny(), { ...options, onGraphBuilding: (event) => threads.push(event.threads) });
    for (const batch of [2, 3]) tf.dispose(compiled.predict(tf.ones([batch, 4])) as tf.Tensor);
    compiled.dispose();
    return threads;
  };
  expect(chosen({})).toEqual(['caller', 'caller']);
  expect(chosen({ threads: 'pool' })).toEqual(['pool', 'pool']);
  expect(chosen({ sessionLoader: (_, load) => load(), threads: 'caller' })).toEqual(['caller', 'caller']);
});

test('a long run is timed on both executors, and the session that loses is closed', () => {
  const sessions = binding().getNumOfSavedModels();
  const loaded: string[] = [];
  const compiled = compile((x: tf.Tensor) => tf.matMul(x, x), { sessionLoader: (threads, load) => (loaded.push(threads), load()) });
  tf.dispose(compiled.predict(tf.ones([1500, 1500])) as tf.Tensor);
  tf.dispose(compiled.predict(tf.ones([1400, 1400])) as tf.Tensor);
  expect(loaded.slice(0, 2)).toEqual(['caller', 'pool']);
  expect(loaded).toHaveLength(3);
  expect(binding().getNumOfSavedModels()).toBe(sessions + 2);
  compiled.dispose();
  expect(binding().getNumOfSavedModels()).toBe(sessions);
});

test('many batch sizes of one model: padding is worth it, and the plan names sizes that occurred', () => {
  const compiled = compile(tiny());
  // Enough calls that the median of the warm ones is far below what building took, whatever else the machine does.
  for (let call = 0; call < 60; call += 1) tf.dispose(compiled.predict(tf.ones([1 + (call % 4), 4])) as tf.Tensor);
  const [plan] = compiled.padding();
  expect(plan).toMatchObject({
    variant: 'graph/predict',
    pattern: 'float32[?,4]',
    sizes: [1, 2, 3, 4].map((batch) => ({ batch, calls: 15 })),
  });
  expect(plan!.buckets.at(-1)).toBe(4);
  expect(plan!.paddedNanos).toBeLessThan(plan!.nowNanos);
  compiled.dispose();
});

test('1,000 calls and 100 signatures leave no tensor, session or folder behind', () => {
  const model = tiny();
  const x = tf.randomNormal([2, 4]);
  const folders = (): number => readdirSync(tmpdir()).filter((name) => name.startsWith(`inferscope-graph-${process.pid}-`)).length;
  tf.dispose(model.predict(x));
  const before = { tensors: tf.memory().numTensors, native: binding().getNumOfTensors(), sessions: binding().getNumOfSavedModels() };
  const compiled = compile(model, { maxSignatures: 8 });
  for (let call = 0; call < 1000; call += 1) tf.dispose(compiled.predict(x) as tf.Tensor);
  for (let batch = 1; batch <= 100; batch += 1) tf.tidy(() => void compiled.predict(tf.zeros([batch, 4])));
  expect(binding().getNumOfSavedModels()).toBe(before.sessions + 8);
  compiled.dispose();
  expect({ tensors: tf.memory().numTensors, native: binding().getNumOfTensors(), sessions: binding().getNumOfSavedModels() }).toEqual(
    before,
  );
  expect(folders()).toBe(0);
});

test('a refused trace leaves nothing behind either', () => {
  const x = tf.ones([3]);
  x.sum().dispose();
  const before = [tf.memory().numTensors, binding().getNumOfTensors(), binding().getNumOfSavedModels()];
  expect(() => compile((value: tf.Tensor) => value.sum().mul(value.dataSync()[0]!)).predict(x)).toThrow('reads back');
  expect(() => compile((value: tf.Tensor) => value.add(Math.random())).predict(x)).toThrow('random');
  expect([tf.memory().numTensors, binding().getNumOfTensors(), binding().getNumOfSavedModels()]).toEqual(before);
});
