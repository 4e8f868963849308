import * as tf from '@tensorflow/tfjs-node';
import { spawnSync } from 'node:child_process';
import { environments } from '../helpers/keras-envs.js';

const quiet = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', CUDA_VISIBLE_DEVICES: '' };

/** A Python that has TensorFlow: named by INFERSCOPE_PYTHON, one that the slow Keras tests have made, or the first on the path. */
export function pythonWithTensorFlow(): string | null {
  const named = [process.env['INFERSCOPE_PYTHON'], environments.readyPython('tf-2.15.1'), environments.readyPython('keras-3'), 'python3'];
  return named.filter((name) => name !== undefined && name !== null).find((name) => spawnSync(name, ['-c', 'import tensorflow'], { env: quiet }).status === 0) ?? null;
}

const SCRIPT = `
import json, sys, tensorflow as tf
call = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
inputs = {name: tf.constant(value["values"], dtype=value["dtype"], shape=value["shape"]) for name, value in json.loads(sys.argv[2]).items()}
results = {name: {"values": value.numpy().ravel().tolist(), "shape": value.shape.as_list(), "dtype": value.dtype.name} for name, value in call(**inputs).items()}
print(json.dumps({"tensorflow": tf.__version__, "results": results}))
`;

interface Printed {
  readonly tensorflow: string;
  readonly results: Record<string, { readonly values: number[]; readonly shape: number[]; readonly dtype: tf.DataType }>;
}

/** Loads a SavedModel in Python TensorFlow and calls its `serving_default`. @throws Error with what Python printed when it fails */
export function runInPython(python: string, directory: string, inputs: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor> {
  const given = Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, { dtype: tensor.dtype, shape: tensor.shape, values: Array.from(tensor.dataSync()) }]));
  const run = spawnSync(python, ['-c', SCRIPT, directory, JSON.stringify(given)], { encoding: 'utf8', env: quiet });
  if (run.status !== 0) throw new Error(`${python}: ${run.stderr.slice(-2000)}`);
  const { results } = JSON.parse(run.stdout) as Printed;
  return Object.fromEntries(Object.entries(results).map(([name, { values, shape, dtype }]) => [name, tf.tensor(values, shape, dtype)]));
}
