import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { EXIT } from '../../../../src/model/errors.js';
import { explainCallError } from '../../../../src/engines/tensorflow/load/explain-error.js';
import { loadModel } from '../../../../src/engines/tensorflow/load/load.js';
import type { LoadOptions } from '../../../../src/engines/tensorflow/load/options.js';
import { recogniseModel } from '../../../../src/engines/tensorflow/load/recognise.js';
import { fixture, tf, userError } from './helpers.js';

const scratch = (): string => mkdtempSync(path.join(tmpdir(), 'runtime-'));

/** A copy of a fixture with some files changed. */
function changed(name: string, change: (folder: string) => void): string {
  const folder = path.join(scratch(), name);
  cpSync(fixture(name), folder, { recursive: true });
  change(folder);
  return folder;
}

const replaceIn =
  (file: string, from: string, to: string) =>
  (folder: string): void => {
    const bytes = readFileSync(path.join(folder, file)).toString('latin1');
    expect(bytes).toContain(from);
    writeFileSync(path.join(folder, file), Buffer.from(bytes.replaceAll(from, to), 'latin1'));
  };

const load = (modelPath: string, options: Partial<LoadOptions> = {}): Promise<unknown> => loadModel(modelPath, { tf, ...options });

/** Loads, prepares and calls the first variant, which must fail; no tensor may stay. */
async function failingCall(modelPath: string): Promise<{ sentence: string; exitCode: number }> {
  const before = tf.memory().numTensors;
  const loaded = await loadModel(modelPath, { tf });
  const variant = loaded.variants[0]!;
  const failure = await userError(async () => {
    await variant.prepare();
    await variant.call();
  });
  loaded.dispose();
  expect(tf.memory().numTensors).toBe(before);
  return failure;
}

test('no such path', async () => {
  expect(await userError(() => load('/nowhere/model'))).toEqual({
    sentence: 'There is no model at /nowhere/model: check the path.',
    exitCode: EXIT.notFound,
  });
});

test.each<[string, (folder: string) => string, RegExp]>([
  ['an empty folder', (folder) => folder, / is not a model: it has neither model\.json nor saved_model\.pb\.$/],
  [
    'not JSON',
    (folder) => write(folder, 'model.json', '{'),
    /model\.json is not a model, because it is not JSON: give a model\.json, its folder, a SavedModel folder, or an \.onnx file \(profiles and traces open with `inferscope view`\)\.$/,
  ],
  ['a JSON list', (folder) => write(folder, 'model.json', '[]'), /model\.json is not a model: it is not a JSON object\.$/],
  [
    'any JSON',
    (folder) => write(folder, 'package.json', '{"name":"x"}'),
    /package\.json is not a TensorFlow\.js model, because it has no modelTopology: give the model\.json that/,
  ],
  [
    'an unknown topology',
    (folder) => write(folder, 'model.json', '{"modelTopology":{}}'),
    /is not a layers or graph model: convert it again with tensorflowjs_converter\.$/,
  ],
  [
    'a model of another runtime',
    (folder) => write(folder, 'model.tflite', 'TFL3'),
    /model\.tflite is a file of TensorFlow Lite, which Inferscope does not run: give the model as model\.json, SavedModel, \.keras or \.onnx/,
  ],
  [
    'a Keras file',
    (folder) => write(folder, 'model.h5', ''),
    /model\.h5 is a Keras file that TensorFlow\.js cannot read: `inferscope profile .*model\.h5` runs it in Python, and tensorflowjs_converter converts it\.$/,
  ],
  [
    'a folder with a Keras file',
    (folder) => path.dirname(write(folder, 'my.keras', '')),
    /my\.keras is a Keras file that TensorFlow\.js cannot read: `inferscope profile .*my\.keras` runs it in Python/,
  ],
  [
    'two models',
    (folder) => {
      write(folder, 'saved_model.pb', '');
      return path.dirname(write(folder, 'model.json', '{}'));
    },
    / holds both model\.json and saved_model\.pb: give the path of the one you mean\.$/,
  ],
  [
    'an empty saved_model.pb',
    (folder) => write(folder, 'saved_model.pb', ''),
    /saved_model\.pb holds no graph: export or copy the model again\.$/,
  ],
  [
    'a damaged saved_model.pb',
    (folder) => write(folder, 'saved_model.pb', '\x12\x7f????'),
    /saved_model\.pb is damaged: export or copy the model again\.$/,
  ],
])('%s is not a model', async (_, make, sentence) => {
  const failure = await userError(() => load(make(scratch())));
  expect(failure.sentence).toMatch(sentence);
  expect(failure.exitCode).toBe(EXIT.badInput);
});

function write(folder: string, name: string, text: string): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, name), text, 'latin1');
  return path.join(folder, name);
}

test('a model that Keras 3 wrote is told as that, with what to do', async () => {
  const layers = [{ class_name: 'InputLayer', config: { batch_shape: [null, 4], dtype: 'float32', name: 'input_layer' } }];
  const modelTopology = { model_config: { class_name: 'Sequential', config: { name: 's', layers } } };
  const json = { format: 'layers-model', modelTopology, weightsManifest: [{ paths: [], weights: [] }] };
  const { sentence } = await userError(() => load(write(scratch(), 'model.json', JSON.stringify(json))));
  expect(sentence).toMatch(/^The model was written by Keras 3, whose layers TensorFlow\.js does not read: save it with Keras 2 /);
});

test('a runtime that the files are not for', async () => {
  const { sentence } = await userError(() => load(fixture('layers-tiny'), { runtime: 'graph-model' }));
  expect(sentence).toMatch(
    /model\.json is a layers-model, not a graph-model: leave --runtime out\.$|layers-tiny is a layers-model, not a graph-model: leave --runtime out\.$/,
  );
});

test('models are recognised by directory, file and old formats', () => {
  const runtimeOf = (modelPath: string): string => recogniseModel(modelPath).runtime;
  expect(runtimeOf(fixture('layers-tiny'))).toBe('layers-model');
  expect(runtimeOf(fixture('graph-model-tiny/model.json'))).toBe('graph-model');
  expect(runtimeOf(fixture('saved-model-tiny/saved_model.pb'))).toBe('saved-model');
  const old = (topology: object): string => write(scratch(), 'model.json', JSON.stringify({ modelTopology: topology }));
  expect(runtimeOf(old({ node: [] }))).toBe('graph-model');
  expect(runtimeOf(old({ model_config: {} }))).toBe('layers-model');
  expect(recogniseModel(write(scratch(), 'm.h5', ''), 'keras').runtime).toBe('keras');
});

test('weights that are cut off, too long or missing are named with both sizes', async () => {
  const cut = changed('layers-tiny', (folder) => truncateSync(path.join(folder, 'weights.bin'), 40));
  expect((await userError(() => load(cut))).sentence).toBe(
    `The weight file ${path.join(cut, 'weights.bin')} has 40 bytes and should have 52: it was cut off, copy or download it again.`,
  );
  const long = changed('graph-model-tiny', (folder) => writeFileSync(path.join(folder, 'group1-shard1of1.bin'), Buffer.alloc(60)));
  expect((await userError(() => load(long))).sentence).toMatch(
    /group1-shard1of1\.bin has 60 bytes and should have 52: it was changed, copy or download it again\.$/,
  );
  const missing = changed('layers-tiny', (folder) => rmSync(path.join(folder, 'weights.bin')));
  expect(await userError(() => load(missing))).toEqual({
    sentence: `The weight file ${path.join(missing, 'weights.bin')} is missing: copy it beside model.json.`,
    exitCode: EXIT.notFound,
  });
});

test.each([
  ['the first', [10, 20, 12], /a\.bin has 10 bytes and should have 20/],
  ['the last', [20, 20, 2], /c\.bin has 2 bytes and should have 12/],
])('of several weight files, %s is the one that is cut off', async (_, sizes, sentence) => {
  const folder = changed('layers-tiny', (copy) => {
    const json = JSON.parse(readFileSync(path.join(copy, 'model.json'), 'utf8')) as { weightsManifest: { paths: string[] }[] };
    json.weightsManifest[0]!.paths = ['a.bin', 'b.bin', 'c.bin'];
    writeFileSync(path.join(copy, 'model.json'), JSON.stringify(json));
    json.weightsManifest[0]!.paths.forEach((name, i) => writeFileSync(path.join(copy, name), Buffer.alloc(sizes[i]!)));
  });
  expect((await userError(() => load(folder))).sentence).toMatch(sentence);
});

test('unknown signature and tags list the known ones', async () => {
  expect(await userError(() => load(fixture('saved-model-mixed'), { signature: 'totl' }))).toEqual({
    sentence: `The SavedModel ${fixture('saved-model-mixed')} has no signature totl; it has: serving_default, total. Did you mean total?`,
    exitCode: EXIT.usage,
  });
  expect((await userError(() => load(fixture('saved-model-tags'), { tags: ['train'] }))).sentence).toBe(
    `The SavedModel ${fixture('saved-model-tags')} has no graph with the tags train: use --tags serve or serve,fast.`,
  );
});

test('a SavedModel without its variables cannot be loaded', async () => {
  const without = changed('saved-model-tiny', (copy) => rmSync(path.join(copy, 'variables'), { recursive: true }));
  expect((await userError(() => load(without))).sentence).toBe(
    `The file ${path.join(without, 'variables/variables.index')} is missing: copy the whole SavedModel directory.`,
  );
  const half = changed('saved-model-tiny', (copy) => rmSync(path.join(copy, 'variables/variables.data-00000-of-00001')));
  expect((await userError(() => load(half))).sentence).toMatch(/data-00000-of-00001 is missing: copy the whole SavedModel directory\.$/);
  const cut = changed('saved-model-tiny', (copy) => truncateSync(path.join(copy, 'variables/variables.data-00000-of-00001'), 20));
  expect((await failingCall(cut)).sentence).toMatch(/^The model .*saved-model-tiny cannot be loaded: /);
});

test('an operation that the native library lacks is named', async () => {
  const folder = changed('saved-model-tiny', replaceIn('saved_model.pb', 'Sigmoid', 'Sigmoyd'));
  expect(await failingCall(folder)).toEqual({
    sentence:
      'The native TensorFlow library does not have the operation Sigmoyd: use a newer library (`npx inferscope setup --tensorflow VERSION`), or a build with that operation.',
    exitCode: EXIT.unavailable,
  });
});

test('an operation that tfjs does not know, and one without a kernel, are named', async () => {
  const folder = changed('graph-model-tiny', replaceIn('model.json', '"Sigmoid"', '"Sigmoyd"'));
  expect((await failingCall(folder)).sentence).toBe(
    'TensorFlow.js does not know the operation Sigmoyd: run the model as a SavedModel, or register it with tf.registerOp.',
  );
  const kernel = tf.getKernel('Sigmoid', 'tensorflow');
  tf.unregisterKernel('Sigmoid', 'tensorflow');
  try {
    expect((await failingCall(fixture('layers-tiny'))).sentence).toBe(
      'The backend tensorflow of TensorFlow.js has no kernel for the operation Sigmoid: run the model as a SavedModel, or replace the operation.',
    );
  } finally {
    tf.registerKernel(kernel);
  }
});

test('a layer class that is not registered is named', async () => {
  const folder = changed('layers-tiny', replaceIn('model.json', '"class_name":"Dense"', '"class_name":"Dance"'));
  expect(await userError(() => load(folder))).toEqual({
    sentence:
      "The model uses the class Dance, which is not registered: pass the model as an object to Inferscope's library after tf.serialization.registerClass(Dance).",
    exitCode: EXIT.unavailable,
  });
});

test('an export of a newer TensorFlow has its own remedy; what is not understood stays as it is', () => {
  const native = new Error(
    "Op type not registered 'DisableCopyOnRead' in binary running on host. Make sure the Op and Kernel are registered",
  );
  expect(explainCallError(native)).toMatchObject({
    message: expect.stringMatching(/^The model was exported by a newer TensorFlow: .*DisableCopyOnRead.* --tensorflow 2\.15\.1/),
    exitCode: EXIT.unavailable,
    cause: native,
  });
  const other = new TypeError('something else');
  expect(explainCallError(other)).toBe(other);
});

test('a call that fails with shapes that were chosen for inputs of any number of dimensions says so', () => {
  const cause = new Error('Incompatible shapes: [2] vs. [1,16]');
  expect(explainCallError(cause, { arrays: [], guessed: ['r1i', 'r2i'] })).toMatchObject({
    message:
      'The model does not say how many dimensions its inputs r1i, r2i have, and fails with the shapes that were chosen: give them, for example with --shape r1i=1,1,1,1.',
    exitCode: EXIT.badInput,
    cause,
  });
  expect(explainCallError(cause, { arrays: [], guessed: ['r1i'] })).toMatchObject({
    message:
      'The model does not say how many dimensions its input r1i has, and fails with the shape that was chosen: give it, for example with --shape r1i=1,1,1,1.',
  });
  expect(explainCallError(cause, { arrays: [], guessed: [] })).toBe(cause);
});

test.each([
  'StringToNumberOp could not correctly convert string: text 699',
  "Could not parse example input, value: 'text 646'",
  'Unknown image file format. One of JPEG, PNG, GIF, BMP required.',
])('texts that a model cannot read: %s', (reason) => {
  const text = { name: 'x', dtype: 'string', shape: [1], data: ['text 1'] };
  const cause = new Error(`Session fail to run with error: ${reason}\n\t [[node]]`);
  expect(explainCallError(cause, { arrays: [text], guessed: [] })).toMatchObject({
    message: `The model cannot read the texts in its input x (${reason.replace(/\.$/, '')}): give the real input with --input x=FILE: an image or record file, or a .json with texts or {"b64": "…"}.`,
    exitCode: EXIT.badInput,
    cause,
  });
  expect(explainCallError(cause, { arrays: [{ ...text, dtype: 'float32', data: new Float32Array(1) }], guessed: [] })).toBe(cause);
});

test('texts that a vocabulary without a row for others lacks are told as such, with a file that can hold texts', () => {
  const cause = new Error('indices[0] = -1 is not in [0, 3)');
  const arrays = [{ name: 'colour', dtype: 'string' as const, shape: [1], data: ['text 7'] }];
  expect(explainCallError(cause, { arrays, guessed: [] })).toMatchObject({
    message:
      'The model does not know the texts in its input colour (its lookup gives -1 for them, which is not from 0 to 2): give some that it knows with --input colour=FILE.json.',
  });
});

test('parts of a sparse tensor that do not fit each other are told, with every input to give', () => {
  const cause = new Error('Obtained a write index of 5 which is outside of bounds of [0, 0).');
  const arrays = ['x', 'x_1', 'x_2'].map((name) => ({ name, dtype: 'int64' as const, shape: [1], data: BigInt64Array.of(5n) }));
  expect(explainCallError(cause, { arrays, guessed: [] })).toMatchObject({
    message: expect.stringContaining('give them all with --input x=FILE.npy --input x_1=FILE.npy --input x_2=FILE.npy.') as string,
  });
  expect(explainCallError(cause, { arrays: arrays.slice(0, 2), guessed: [] })).toBe(cause);
});
