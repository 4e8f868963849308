/** What `inferscope compile` writes, loaded by Python TensorFlow: the oldest and the newest of the cached environments. */
import * as tf from '@tensorflow/tfjs-node';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { compileModel } from '../../../src/engines/tensorflow/compile-model.js';
import { expectSame } from '../../engines/tensorflow/graph/helpers.js';
import { runInPython, type PythonCall } from '../../engines/tensorflow/graph/python.js';
import { needed } from '../keras/environments.js';

const fixture = (name: string): string => path.resolve('test/fixtures', name);
const folder = (): string => path.join(mkdtempSync(path.join(tmpdir(), 'compile-python-')), 'model');

test.for(['tf-2.15.1', 'keras-3'])('layers and graph models, written and loaded in %s', { timeout: 600_000 }, async (name, { skip }) => {
  const python = process.env['INFERSCOPE_PYTHON'] ?? (await needed(name, skip));
  const calls: PythonCall[] = [];
  const expected: tf.Tensor[] = [];
  for (const model of ['layers-tiny', 'graph-model-tiny']) {
    const out = folder();
    await compileModel(fixture(model), out);
    const loaded = await tf.node.loadSavedModel(out);
    const [input] = loaded.inputs;
    const key = Object.keys((await tf.node.getMetaGraphsFromSavedModel(out))[0]!.signatureDefs['serving_default']!.inputs)[0]!;
    const x = tf.randomNormal([5, 4], 0, 1, input!.dtype as 'float32');
    expected.push(loaded.predict(x) as tf.Tensor);
    calls.push({ directory: out, inputs: { [key]: x } });
    loaded.dispose();
  }
  const results = runInPython(python, calls);
  expect(results).toHaveLength(2);
  for (const [index, result] of results.entries()) {
    expect(Object.values(result)).toHaveLength(1);
    expectSame(Object.values(result)[0]!, expected[index]!);
  }
});
