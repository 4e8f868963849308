import * as tf from '@tensorflow/tfjs-node';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Compilable } from '../../src/compile/tfjs.js';
import { writeSavedModel } from '../../src/compile/write-saved-model.js';
import { expectSame } from './helpers.js';

const folder = (): string => path.join(mkdtempSync(path.join(tmpdir(), 'compile-test-')), 'model');

function twoInputs(): tf.LayersModel {
  const [a, b] = [tf.input({ shape: [3], name: 'a' }), tf.input({ shape: [3], name: 'b' })];
  const sum = tf.layers.add().apply([a, b]) as tf.SymbolicTensor;
  const hidden = tf.layers.dense({ units: 4, activation: 'tanh', name: 'hidden' }).apply(sum) as tf.SymbolicTensor;
  return tf.model({ inputs: [a, b], outputs: [hidden, tf.layers.dense({ units: 2, name: 'last' }).apply(hidden) as tf.SymbolicTensor] });
}

const write = (model: tf.LayersModel, out: string): unknown => {
  const samples = [1, 2, 3].map((seed) => [tf.randomNormal([2, 3], 0, 1, 'float32', seed), tf.randomNormal([2, 3], 0, 1, 'float32', seed + 9)]);
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
    expectSame(model.outputNames.map((name) => result[name]), model.predict([inputs.a, inputs.b]));
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

/** A Python that has TensorFlow: named by INFERSCOPE_PYTHON, or the first on the path. */
function pythonWithTensorFlow(): string | null {
  const names = [process.env['INFERSCOPE_PYTHON'], 'python3'].filter((name) => name !== undefined);
  return names.find((name) => spawnSync(name, ['-c', 'import tensorflow'], { env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3' } }).status === 0) ?? null;
}

test('a written model loads in Python TensorFlow and gives the same', ({ skip }) => {
  const python = pythonWithTensorFlow();
  if (python === null) {
    console.warn('skipped: no Python with TensorFlow here; set INFERSCOPE_PYTHON to one that has it');
    return skip();
  }
  const [model, out] = [twoInputs(), folder()];
  write(model, out);
  const [a, b] = [tf.randomNormal([4, 3]), tf.randomNormal([4, 3])];
  const script = [
    'import json, sys, tensorflow as tf',
    'f = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]',
    'i = json.loads(sys.argv[2])',
    'print(json.dumps({k: v.numpy().tolist() for k, v in f(a=tf.constant(i[0]), b=tf.constant(i[1])).items()}))',
  ].join('\n');
  const run = spawnSync(python, ['-c', script, out, JSON.stringify([a.arraySync(), b.arraySync()])], { encoding: 'utf8', env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3' } });
  const result = JSON.parse(run.stdout) as Record<string, number[][]>;
  expectSame(model.outputNames.map((name) => tf.tensor2d(result[name]!)), model.predict([a, b]));
});
