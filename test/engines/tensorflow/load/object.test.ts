import { afterEach, expect, test } from 'vitest';
import type { LoadedModel } from '../../../../src/model/runnable.js';
import { loadModel, modelFromObject } from '../../../../src/engines/tensorflow/load/load.js';
import { selectVariants } from '../../../../src/measure/select-variants.js';
import { fixture, keysOf, outputsOf, tf, userError } from './helpers.js';

let open: LoadedModel[] = [];
afterEach(() => {
  for (const loaded of open) loaded.dispose();
  open = [];
});

test('a layers model passed as an object is copied, and left as it was', async () => {
  const before = tf.memory().numTensors;
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [2], activation: 'softmax' })] });
  const weights = model.getWeights().map((weight) => weight.arraySync());
  const loaded = await modelFromObject(model, { tf, name: 'mine', batch: 4 });
  expect(loaded.info).toMatchObject({ name: 'mine', path: null, runtime: 'layers-model', parameters: 9, inputs: [{ shape: [-1, 2] }] });
  expect(loaded.info.sha256).toMatch(/^[0-9a-f]{64}$/);
  const outputs: unknown[] = [];
  for (const variant of loaded.variants) outputs.push(await outputsOf(variant));
  for (const output of outputs) expect(output).toEqual(outputs[0]);
  loaded.dispose();
  expect(model.optimizer).toBeUndefined();
  expect(model.getWeights().map((weight) => weight.arraySync())).toEqual(weights);
  model.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('a compiled layers model: uncompiled is uncompiled all the same', async () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const loaded = await modelFromObject(model, { tf });
  open.push(loaded);
  const [uncompiled] = selectVariants(loaded, ['uncompiled/predict']);
  await uncompiled!.prepare();
  expect((uncompiled!.model!() as { optimizer?: unknown }).optimizer).toBeUndefined();
  model.dispose();
});

test('a model that cannot be trained stays compiled, with a note', async () => {
  const x = tf.input({ shape: [4], dtype: 'int32' });
  const model = tf.model({ inputs: x, outputs: tf.layers.reshape({ targetShape: [2, 2] }).apply(x) as ReturnType<typeof tf.input> });
  const loaded = await modelFromObject(model, { tf });
  open.push(loaded);
  expect(await outputsOf(selectVariants(loaded, ['compiled-train/predict'])[0]!)).toHaveLength(1);
  expect(loaded.notes).toEqual([
    expect.stringMatching(/^Made-up inputs: /),
    expect.stringMatching(/^compiled-train is only compiled: a training step fails \(.+\)\.$/),
  ]);
  model.dispose();
});

test('a graph model and a SavedModel passed as objects', async () => {
  const graph = await tf.loadGraphModel(tf.io.fileSystem(fixture('graph-model-tiny/model.json')));
  const fromGraph = await modelFromObject(graph, { tf, batch: 2 });
  open.push(fromGraph);
  const fromFile = await loadModel(fixture('graph-model-tiny'), { tf, batch: 2 });
  open.push(fromFile);
  expect(fromGraph.info.sha256).toBe(fromFile.info.sha256);
  expect(await outputsOf(fromGraph.variants[0]!)).toEqual(await outputsOf(fromFile.variants[0]!));
  graph.dispose();

  const saved = await tf.node.loadSavedModel(fixture('saved-model-mixed'));
  const fromSaved = await modelFromObject(saved, { tf, batch: 2 });
  expect(fromSaved.info).toMatchObject({
    runtime: 'saved-model',
    sha256: null,
    inputs: [
      { name: 'ids', dtype: 'int64', shape: [-1, 2] },
      { name: 'words', dtype: 'string', shape: [-1] },
    ],
  });
  expect(await outputsOf(fromSaved.variants[0]!)).toHaveLength(2);
  fromSaved.dispose();
  // It belongs to the caller: still open.
  expect(tf.node.getNumOfSavedModels()).toBe(1);
  saved.dispose();
});

test('what is not a model of this tf is refused', async () => {
  for (const value of [null, 'model', {}, { predict: () => 1 }]) {
    expect((await userError(() => modelFromObject(value, { tf }))).sentence).toMatch(
      /^This is not a LayersModel, GraphModel or TFSavedModel of the tf that was passed/,
    );
  }
});

test('variants are picked by state, call or both, in the order asked for', async () => {
  const loaded = await loadModel(fixture('layers-tiny'), { tf });
  open.push(loaded);
  const pick = (...names: string[]): string[] => keysOf({ ...loaded, variants: selectVariants(loaded, names) });
  expect(pick()).toHaveLength(9);
  expect(pick('compiled')).toEqual(['compiled/predict', 'compiled/predictOnBatch', 'compiled/apply']);
  expect(pick('apply')).toEqual(['uncompiled/apply', 'compiled/apply', 'compiled-train/apply']);
  expect(pick('compiled/predict', 'uncompiled/predict', 'compiled/predict')).toEqual(['compiled/predict', 'uncompiled/predict']);
  expect(await userError(() => pick('compild'))).toEqual({
    sentence: expect.stringMatching(/^A layers-model has no variant compild; it has: uncompiled\/predict, .*\. Did you mean compiled\?$/),
    exitCode: 64,
  });
  expect((await userError(() => pick('something'))).sentence).not.toContain('Did you mean');
});
