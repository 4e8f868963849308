import { existsSync, readdirSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import type { LoadedModel } from '../../../../src/model/runnable.js';
import { loadModel } from '../../../../src/engines/tensorflow/load/load.js';
import type { LoadOptions } from '../../../../src/engines/tensorflow/load/options.js';
import { about, basicPitch, fixture, keysOf, outputsOf, tf } from './helpers.js';

let open: LoadedModel[] = [];
afterEach(() => {
  for (const loaded of open) loaded.dispose();
  open = [];
});

const load = async (name: string, options: Partial<LoadOptions> = {}): Promise<LoadedModel> => {
  const loaded = await loadModel(fixture(name), { tf, ...options });
  open.push(loaded);
  return loaded;
};

const LAYERS_KEYS = ['uncompiled', 'compiled', 'compiled-train'].flatMap((state) =>
  ['predict', 'predictOnBatch', 'apply'].map((call) => `${state}/${call}`),
);

test('a layers model: what it is, and nine variants that compute the same', async () => {
  const loaded = await load('layers-tiny', { batch: 3 });
  expect(loaded.info).toMatchObject({
    name: 'layers-tiny',
    runtime: 'layers-model',
    parameters: 13,
    nodes: 3,
    inputs: [{ name: 'x', dtype: 'float32', shape: [-1, 4] }],
    outputs: [{ name: 'answer', dtype: 'float32', shape: [-1, 1] }],
  });
  expect(loaded.info.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect([loaded.inputSignature, loaded.batch]).toEqual(['float32[3,4]', 3]);
  expect(keysOf(loaded)).toEqual(LAYERS_KEYS);
  const outputs: unknown[] = [];
  for (const variant of loaded.variants) outputs.push(await outputsOf(variant));
  for (const output of outputs) expect(output).toEqual(outputs[0]);
});

test('the states of a layers model are what they say', async () => {
  const loaded = await load('layers-tiny');
  type Inside = { optimizer?: { iterations: number; accumulatedFirstMoment: unknown[] } };
  const inside = async (key: string): Promise<Inside> => {
    const variant = loaded.variants[keysOf(loaded).indexOf(`${key}/predict`)]!;
    await variant.prepare();
    return variant.model!() as Inside;
  };
  expect((await inside('uncompiled')).optimizer).toBeUndefined();
  expect((await inside('compiled')).optimizer!.accumulatedFirstMoment).toHaveLength(0);
  expect((await inside('compiled-train')).optimizer!.accumulatedFirstMoment).toHaveLength(4);
});

test('a layers model with two inputs and outputs keeps its indices inside the embedding', async () => {
  const loaded = await load('layers-mixed', { batch: 50 });
  expect(loaded.inputSignature).toBe('int32[50,5], float32[50,3]');
  expect(loaded.info).toMatchObject({ parameters: 68, outputs: [{ shape: [-1, 3] }, { shape: [-1, 1] }] });
  const outputs = await Promise.all(loaded.variants.map(outputsOf));
  // Kernels round differently at the edge of a slice.
  for (const output of outputs) expect(output).toEqual(about(outputs[0]));
  expect(loaded.notes).toEqual([
    'Made-up inputs: words (ids below 6), numbers (normal random numbers). Give your own with --input, other sizes with --shape.',
    'predict runs a batch of 50 as 2 slices of 32 (its default); predictOnBatch and apply run it whole.',
  ]);
});

test('a graph model: execute and predict, equal to the layers model with the same weights', async () => {
  const loaded = await load('graph-model-tiny', { batch: 3 });
  expect(loaded.info).toMatchObject({
    name: 'graph-model-tiny',
    runtime: 'graph-model',
    parameters: 13,
    nodes: 9,
    inputs: [{ name: 'x', dtype: 'float32', shape: [-1, 4] }],
    outputs: [{ name: 'answer', dtype: 'float32', shape: [-1, 1] }],
  });
  expect(keysOf(loaded)).toEqual(['uncompiled/execute', 'uncompiled/predict']);
  const layers = await load('layers-tiny', { batch: 3 });
  const expected = about(await outputsOf(layers.variants[0]!));
  for (const variant of loaded.variants) expect(await outputsOf(variant)).toEqual(expected);
});

test.each([
  ['graph-model-loop', 'StatelessWhile'],
  ['graph-model-where', 'Where'],
])('%s runs asynchronously only, and says why', async (name, op) => {
  const loaded = await load(name, { batch: 2 });
  expect(keysOf(loaded)).toEqual(['uncompiled/executeAsync', 'uncompiled/predictAsync']);
  expect(loaded.variants.every((variant) => variant.async)).toBe(true);
  expect(loaded.notes).toEqual([
    expect.stringMatching(/^Made-up inputs: /),
    `execute and predict are left out: the graph has operations that only run asynchronously (${op}).`,
  ]);
  const [first, second] = await Promise.all(loaded.variants.map(outputsOf));
  expect(first).toEqual(second);
});

test('a real converted model', async () => {
  const loaded = await loadModel(basicPitch(), { tf });
  open.push(loaded);
  expect(loaded.info).toMatchObject({ runtime: 'graph-model', inputs: [{ name: 'input_2', shape: [-1, 43844, 1] }] });
  expect(loaded.info.parameters).toBeGreaterThan(10_000);
  expect(loaded.info.nodes).toBeGreaterThan(400);
  expect(await outputsOf(loaded.variants[0]!)).toHaveLength(3);
});

test('a SavedModel: one variant, run by a session', async () => {
  const loaded = await load('saved-model-tiny', { batch: 3 });
  expect(loaded.info).toMatchObject({
    name: 'saved-model-tiny',
    runtime: 'saved-model',
    parameters: 13,
    tags: ['serve'],
    signature: 'serving_default',
    inputs: [{ name: 'x', dtype: 'float32', shape: [-1, 4] }],
    outputs: [{ name: 'output_0', dtype: 'float32', shape: [-1, 1] }],
  });
  expect(keysOf(loaded)).toEqual(['graph/predict']);
  const before = tf.node.getNumOfSavedModels();
  expect(await outputsOf(loaded.variants[0]!)).toEqual([[[expect.any(Number)], [expect.any(Number)], [expect.any(Number)]]]);
  expect(tf.node.getNumOfSavedModels()).toBe(before + 1);
  loaded.dispose();
  expect(tf.node.getNumOfSavedModels()).toBe(before);
});

test('a SavedModel with int64 and string inputs and two outputs', async () => {
  const loaded = await load('saved-model-mixed', { batch: 2 });
  expect(loaded.inputSignature).toBe('int64[2,2], string[2]');
  expect(loaded.info.inputs).toEqual([
    { name: 'ids', dtype: 'int64', shape: [-1, 2] },
    { name: 'words', dtype: 'string', shape: [-1] },
  ]);
  const [scores, upper] = await outputsOf(loaded.variants[0]!);
  expect(scores).toHaveLength(2);
  expect(upper).toEqual([expect.stringMatching(/^TEXT \d+$/), expect.stringMatching(/^TEXT \d+$/)]);
});

test('another signature, other tags, and control flow in a SavedModel', async () => {
  const total = await load('saved-model-mixed', { signature: 'total', shapes: ['2,5'] });
  expect(total.inputSignature).toBe('float32[2,5]');
  expect(await outputsOf(total.variants[0]!)).toHaveLength(2);

  const [plain] = (await outputsOf((await load('saved-model-tags')).variants[0]!)) as number[][][];
  const [fast] = (await outputsOf((await load('saved-model-tags', { tags: ['fast', 'serve'] })).variants[0]!)) as number[][][];
  expect(fast![0]![0]! - plain![0]![0]!).toBeCloseTo(1, 5);

  const [steps] = await outputsOf((await load('saved-model-loop', { batch: 8 })).variants[0]!);
  expect(steps).toBeGreaterThan(0);
});

test('the hash is of topology and weights, not of the place', async () => {
  const first = await load('layers-tiny');
  const second = await load('layers-tiny/model.json', { batch: 7, name: 'other' });
  expect(second.info.name).toBe('other');
  expect(second.info.sha256).toBe(first.info.sha256);
  expect((await load('layers-mixed')).info.sha256).not.toBe(first.info.sha256);
});

// A law for every fixture: whatever a variant does, no tensor stays.
// The calls of one are refused by TensorFlow.js itself (tables.test.ts), those of another want pictures as bytes (bytes.test.ts).
const models = readdirSync(fixture('')).filter(
  (name) =>
    !['graph-model-table-rows', 'saved-model-bytes'].includes(name) &&
    (existsSync(fixture(`${name}/model.json`)) || existsSync(fixture(`${name}/saved_model.pb`))),
);

test.each(models)('%s: prepare, calls and dispose leave no tensor', async (name) => {
  for (const feed of ['fresh', 'reused'] as const) {
    const before = tf.memory().numTensors;
    const shapes = name === 'saved-model-mixed' ? { batch: 2 } : {};
    const loaded = await loadModel(fixture(name), { tf, feed, ...shapes });
    expect(tf.memory().numTensors).toBe(before);
    for (const variant of loaded.variants) {
      await variant.prepare();
      await variant.prepare();
      let warm = -1;
      for (let i = 0; i < 3; i++) {
        const result = await variant.call();
        variant.fetch(result);
        variant.release(result);
        // The first call may upload what is kept (reused inputs); later ones change nothing.
        if (i > 0) expect(tf.memory().numTensors).toBe(warm);
        warm = tf.memory().numTensors;
      }
    }
    loaded.dispose();
    loaded.dispose();
    expect(tf.memory().numTensors).toBe(before);
  }
});
