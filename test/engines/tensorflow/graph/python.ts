import * as tf from '@tensorflow/tfjs-node';
import { spawnSync } from 'node:child_process';
import { environments } from '../../../helpers/keras-envs.js';

const quiet = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', CUDA_VISIBLE_DEVICES: '' };

/** A Python that has TensorFlow: named by INFERSCOPE_PYTHON, one that the slow Keras tests have made, or the first on the path. */
export function pythonWithTensorFlow(): string | null {
  const named = [process.env['INFERSCOPE_PYTHON'], environments.readyPython('tf-2.15.1'), environments.readyPython('keras-3'), 'python3'];
  return (
    named.filter((name) => name !== undefined && name !== null).find((name) => spawnSync(name, ['-c', HAS_TENSORFLOW]).status === 0) ?? null
  );
}

/** Without importing it, which takes seconds: the test that runs it will. */
const HAS_TENSORFLOW = 'import importlib.util, sys; sys.exit(importlib.util.find_spec("tensorflow") is None)';

const SCRIPT = `
import json, sys, tensorflow as tf
for model in json.loads(sys.argv[1]):
    call = tf.saved_model.load(model["directory"]).signatures["serving_default"]
    inputs = {name: tf.constant(value["values"], dtype=value["dtype"], shape=value["shape"]) for name, value in model["inputs"].items()}
    print(json.dumps({name: {"values": value.numpy().ravel().tolist(), "shape": value.shape.as_list(), "dtype": value.dtype.name} for name, value in call(**inputs).items()}))
`;

/** What one call gives, by output name. */
type Printed = Record<string, { readonly values: number[]; readonly shape: number[]; readonly dtype: tf.DataType }>;

/** A SavedModel and what its `serving_default` is called with. */
export interface PythonCall {
  readonly directory: string;
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
}

/**
 * Loads SavedModels in one Python with TensorFlow and calls each; the outputs in the same order. @throws Error with what Python
 * printed when it fails
 */
export function runInPython(python: string, models: readonly PythonCall[]): Record<string, tf.Tensor>[] {
  const sent = models.map(({ directory, inputs }) => ({
    directory,
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([name, tensor]) => [
        name,
        { dtype: tensor.dtype, shape: tensor.shape, values: Array.from(tensor.dataSync()) },
      ]),
    ),
  }));
  const run = spawnSync(python, ['-c', SCRIPT, JSON.stringify(sent)], { encoding: 'utf8', env: quiet });
  if (run.status !== 0) throw new Error(`${python}: ${run.stderr.slice(-2000)}`);
  return run.stdout
    .trim()
    .split('\n')
    .map((line) => {
      const results = JSON.parse(line) as Printed;
      return Object.fromEntries(Object.entries(results).map(([name, { values, shape, dtype }]) => [name, tf.tensor(values, shape, dtype)]));
    });
}
