import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { SeenPasses } from '../engine.js';
import type { LoadedModel } from '../../model/runnable.js';
import { RESTORE_SOURCE } from './load/node-compat.js';
import { nativeTensorFlow } from './load/tensorflow.js';
import { readPasses } from './session/passes.js';

const TIMEOUT_MILLIS = 120_000;
const MAX_LOG_BYTES = 2 ** 28;
const MARK = 'inferscope: the first call';

/** Loads the model and calls it once with zeros of the shapes that were fed: the optimiser looks at no value of an input. */
const CHILD = `${RESTORE_SOURCE}
const [entry, given] = process.argv.slice(1);
const tf = require(entry);
const { path, tags, signature, inputs } = JSON.parse(given);
tf.node.loadSavedModel(path, tags, signature).then((model) => {
  const zeros = inputs.map(({ dtype, shape }) => (dtype === 'string' ? tf.fill(shape, '', 'string') : tf.zeros(shape, dtype)));
  require('node:fs').writeSync(2, ${JSON.stringify(`${MARK}\n`)});
  model.predict(zeros.length === 1 ? zeros[0] : Object.fromEntries(inputs.map(({ name }, index) => [name, zeros[index]])));
  process.exit(0);
}, (error) => { console.error(error); process.exit(1); });
`;

/**
 * What TensorFlow's graph optimiser does to a SavedModel before its first run. TensorFlow tells only its log of that, so
 * this is seen in a process of its own, which loads the model again and calls it once. Never throws.
 */
export async function seeOptimiserPasses({ info, inputSignature }: LoadedModel): Promise<SeenPasses> {
  if (info.runtime !== 'saved-model' || info.path === null)
    return { reason: 'only a SavedModel on disk can be looked at; `inferscope compile` writes one' };
  const entry = nativeTensorFlow(process.cwd())?.file;
  if (entry === undefined) return { reason: '@tensorflow/tfjs-node was not found' };
  const shapes = fedShapes(inputSignature);
  const inputs = info.inputs.map(({ name, dtype }, index) => ({ name, dtype, shape: shapes[index] ?? [] }));
  const given = JSON.stringify({ path: info.path, tags: info.tags ?? ['serve'], signature: info.signature ?? 'serving_default', inputs });
  try {
    const { stderr } = await promisify(execFile)(process.execPath, ['-e', CHILD, entry, given], {
      env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '0', TF_CPP_VMODULE: 'meta_optimizer=1' },
      timeout: TIMEOUT_MILLIS,
      maxBuffer: MAX_LOG_BYTES,
    });
    const passes = readPasses(stderr.slice(Math.max(0, stderr.indexOf(MARK))));
    return passes.length === 0
      ? { reason: 'TensorFlow logged none (it may optimise nothing here, or this build logs otherwise)' }
      : { passes };
  } catch (error) {
    return {
      reason: `the process that looked at them failed (${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)})`,
    };
  }
}

/** `float32[32,4], int32[2]` → 32, 4 and 2. */
const fedShapes = (signature: string): readonly (readonly number[])[] =>
  [...signature.matchAll(/\[([\d,]*)\]/g)].map(([, inner = '']) => (inner === '' ? [] : inner.split(',').map(Number)));
