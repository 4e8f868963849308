import * as tf from '@tensorflow/tfjs-node';
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Compilable } from '../../../../src/engines/tensorflow/graph/tfjs.js';
import { writeSavedModel } from '../../../../src/engines/tensorflow/graph/write-saved-model.js';
import { expectSame } from './helpers.js';
import { pythonWithTensorFlow, runInPython } from './python.js';

const folder = (): string => path.join(mkdtempSync(path.join(tmpdir(), 'compile-test-')), 'model');

function twoInputs(): tf.LayersModel {
  const [a, b] = [tf.input({ shape: [3], name: 'a' }), tf.input({ shape: [3], name: 'b' })];
  const sum = tf.layers.add().apply([a, b]) as tf.SymbolicTensor;
  const hidden = tf.layers.dense({ units: 4, activation: 'tanh', name: 'hidden' }).apply(sum) as tf.SymbolicTensor;
  return tf.model({ inputs: [a, b], outputs: [hidden, tf.layers.dense({ units: 2, name: 'last' }).apply(hidden) as tf.SymbolicTensor] });
}

const write = (model: tf.LayersModel, out: string): unknown => {
  const samples = [1, 2, 3].map((seed) => [
    tf.randomNormal([2, 3], 0, 1, 'float32', seed),
    tf.randomNormal([2, 3], 0, 1, 'float32', seed + 9),
  ]);
  return writeSavedModel(tf, model, out, samples);
};

test('a written model loads in tfjs-node and takes every batch', async () => {
  const [model, out] = [twoInputs(), folder()];
  write(model, out);
  expect(readdirSync(path.dirname(out))).toEqual(['model']);
  const loaded = await tf.node.loadSavedModel(out);
  for (const batch of [1, 5]) {
    const inputs = { a: tf.randomNormal([batch, 3]), b: tf.randomNormal([batch, 3]) };
    const result = loaded.predict(inputs) as tf.NamedTensorMap;
    expectSame(
      model.outputNames.map((name) => result[name]),
      model.predict([inputs.a, inputs.b]),
    );
  }
  loaded.dispose();
});

test('a folder that is not empty is refused and left as it is', () => {
  const out = path.dirname(folder());
  writeFileSync(path.join(out, 'mine.txt'), 'mine');
  expect(() => write(twoInputs(), out)).toThrow('exists and is not empty');
  expect(readdirSync(out)).toEqual(['mine.txt']);
});

test('a model that cannot be traced leaves no folder behind', () => {
  const out = folder();
  const call = (x: tf.Tensor): tf.Tensor => x.mul(x.dataSync()[0]!);
  expect(() => writeSavedModel(tf, call as unknown as Compilable, out, [[tf.ones([2])]])).toThrow('reads back');
  expect(existsSync(out)).toBe(false);
  expect(readdirSync(path.dirname(out))).toEqual([]);
});

test('a written model loads in Python TensorFlow and gives the same', ({ skip }) => {
  const python = pythonWithTensorFlow();
  if (python === null)
    return skip(
      'no Python with TensorFlow here: set INFERSCOPE_PYTHON to one that has it, or make one with `node scripts/keras-envs.mjs tf-2.15.1`',
    );
  const [model, out] = [twoInputs(), folder()];
  write(model, out);
  const [a, b] = [tf.randomNormal([4, 3]), tf.randomNormal([4, 3])];
  const [result] = runInPython(python, [{ directory: out, inputs: { a, b } }]);
  expectSame(
    model.outputNames.map((name) => result![name]!),
    model.predict([a, b]),
  );
});
