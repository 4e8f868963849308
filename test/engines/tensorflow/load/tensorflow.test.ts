import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { EXIT } from '../../../../src/model/errors.js';
import { describeEnvironment } from '../../../../src/engines/tensorflow/load/environment.js';
import { loadTensorFlow } from '../../../../src/engines/tensorflow/load/tensorflow.js';
import { tf, userError } from './helpers.js';

/** A folder with a package `name` whose main file is `source`. */
function installed(name: string, source: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'tensorflow-'));
  const home = path.join(folder, 'node_modules', name);
  mkdirSync(home, { recursive: true });
  writeFileSync(path.join(home, 'package.json'), JSON.stringify({ name, version: '4.0.0', main: 'index.js' }));
  writeFileSync(path.join(home, 'index.js'), source);
  return folder;
}

test("the user's own copy comes first, ours is the fallback", async () => {
  const theirs = installed('@tensorflow/tfjs-node', 'exports.ready = async () => {}; exports.mark = "theirs";');
  expect(await loadTensorFlow({ from: theirs })).toMatchObject({ mark: 'theirs' });
  expect(await loadTensorFlow({ from: mkdtempSync(path.join(tmpdir(), 'empty-')) })).toBe(tf);
});

test('not installed', async () => {
  expect(await userError(() => loadTensorFlow({ packageName: '@tensorflow/tfjs-nodule' }))).toEqual({
    sentence: '@tensorflow/tfjs-nodule is not installed here: run `npm install @tensorflow/tfjs-nodule` in this folder.',
    exitCode: EXIT.unavailable,
  });
});

test('a binding that does not load', async () => {
  const broken = installed(
    '@tensorflow/tfjs-node',
    'throw new Error("The Node.js native addon module (tfjs_binding.node) can not be found\\nmore");',
  );
  expect(await userError(() => loadTensorFlow({ from: broken }))).toEqual({
    sentence:
      'The native library of @tensorflow/tfjs-node does not load (The Node.js native addon module (tfjs_binding.node) can not be found): run `npx inferscope setup` (in a clone of Inferscope: `npm run setup`); `inferscope doctor` shows what is missing.',
    exitCode: EXIT.unavailable,
  });
});

test('the environment names what a run depends on', () => {
  const environment = describeEnvironment(tf, {
    TF_NUM_INTRAOP_THREADS: '3',
    TF_NUM_INTEROP_THREADS: '0',
    OMP_NUM_THREADS: '2',
    NODE_OPTIONS: '--expose-gc',
    HOME: '/root',
    SECRET_TF_KEY: 'x',
  });
  expect(environment).toMatchObject({
    node: process.versions.node,
    backend: 'tensorflow',
    threads: { intraOp: 3, interOp: null },
    tensorflow: expect.stringMatching(/^\d+\.\d+\.\d+/),
    inferscope: expect.stringMatching(/^\d+\.\d+\.\d+/),
    hostHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    packages: { 'tfjs-node': expect.stringMatching(/^4\./), 'tfjs-core': expect.any(String) },
  });
  expect(environment.flags).toEqual({
    NODE_OPTIONS: '--expose-gc',
    OMP_NUM_THREADS: '2',
    TF_NUM_INTRAOP_THREADS: '3',
    TF_NUM_INTEROP_THREADS: '0',
    'tfjs:DEBUG': 'false',
    'tfjs:PROD': 'false',
    'tfjs:KEEP_INTERMEDIATE_TENSORS': 'false',
    'tfjs:CHECK_COMPUTATION_FOR_ERRORS': expect.stringMatching(/^(true|false)$/),
  });
  expect(describeEnvironment(tf, {})).toEqual(describeEnvironment(tf, {}));
});
