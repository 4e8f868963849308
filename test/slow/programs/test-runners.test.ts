import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { execa } from 'execa';
import { afterAll, expect, it, type TestContext } from 'vitest';
// @ts-expect-error a plain script without types
import { ensureNpmProject, NotInstalled } from '../../../scripts/npm-project.mjs';
import { readRun } from '../../../src/runs/run-folder.js';

const CLI = path.resolve('dist/cli/main.js');
// Inside the repository, so that the program finds TensorFlow and its runner as a user's would.
mkdirSync('node_modules/.cache', { recursive: true });
const folder = mkdtempSync(path.resolve('node_modules/.cache/runners-test-'));
const elsewhere = mkdtempSync(path.join(tmpdir(), 'inferscope-runners-'));
afterAll(() => {
  for (const made of [folder, elsewhere]) rmSync(made, { recursive: true });
});

/** Calls that were recorded, by all processes of the run, none of which may be told as cut off. */
function recorded(run: string): number {
  const recordings = readRun(run);
  expect(recordings.map(({ complete }) => complete)).not.toContain(false);
  return recordings.reduce((sum, { calls }) => sum + calls.length, 0);
}

async function project(name: 'jest' | 'wasm', { skip }: TestContext): Promise<string> {
  try {
    return await (ensureNpmProject as (name: string) => Promise<string>)(name);
  } catch (thrown) {
    if (!(thrown instanceof (NotInstalled as typeof Error))) throw thrown;
    return skip(thrown.message);
  }
}

const SEVEN_CALLS = `
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4] })] });
  for (let made = 0; made < 7; made++) expect(model.predict(tf.ones([2, 4])).shape).toEqual([2, 3]);`;

it("calls of a program's tests under vitest are recorded, as many as it makes", async () => {
  writeFileSync(
    path.join(folder, 'model.test.mjs'),
    `import * as tf from '@tensorflow/tfjs-node';\nimport { expect, it } from 'vitest';\nit('predicts', () => {${SEVEN_CALLS}\n});`,
  );
  writeFileSync(
    path.join(folder, 'vitest.config.mjs'),
    "export default { test: { include: ['*.test.mjs'], exclude: [], pool: 'forks' } };\n",
  );
  const out = path.join(folder, 'run');
  const vitest = path.resolve('node_modules/vitest/vitest.mjs');
  const { stdout } = await execa(process.execPath, [CLI, 'run', '--out', out, '--', process.execPath, vitest, 'run', '--root', folder], {
    cwd: folder,
    env: { NO_COLOR: '1', FORCE_COLOR: '' },
  });
  expect(stdout).toMatch(/Tests\s+1 passed/);
  expect(recorded(out)).toBe(7);
});

it.for(['in its own process', 'in workers of its own'])('calls under jest are recorded: tests %s', async (where, context) => {
  const made = path.join(elsewhere, where.replaceAll(' ', '-'));
  mkdirSync(made, { recursive: true });
  const jest = await project('jest', context);
  symlinkSync(path.resolve('node_modules'), path.join(made, 'node_modules'));
  // More than one file, without which jest makes no workers.
  for (const name of ['one', 'two'])
    writeFileSync(
      path.join(made, `${name}.test.js`),
      `const tf = require('@tensorflow/tfjs-node');\ntest('predicts', () => {${SEVEN_CALLS}\n});`,
    );
  writeFileSync(path.join(made, 'jest.config.json'), JSON.stringify({ testEnvironment: 'node', rootDir: made }));
  const out = path.join(made, 'run');
  const runner = path.join(jest, 'node_modules/jest/bin/jest.js');
  const workers = where === 'in its own process' ? ['--runInBand'] : ['--maxWorkers', '2'];
  const args = ['run', '--out', out, '--', process.execPath, runner, '--config', path.join(made, 'jest.config.json'), ...workers];
  const { stderr } = await execa(process.execPath, [CLI, ...args], { cwd: made, env: { NO_COLOR: '1', FORCE_COLOR: '' } });
  expect(stripVTControlCharacters(stderr)).toMatch(/Tests:\s+2 passed/);
  expect(recorded(out)).toBe(14);
});

const WASM_PROGRAM = `
const tf = require('@tensorflow/tfjs');
require('@tensorflow/tfjs-backend-wasm');
(async () => {
  await tf.setBackend('wasm');
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4] })] });
  for (let made = 0; made < 5; made++) tf.tidy(() => model.predict(tf.ones([2, 4])));
  console.log(tf.getBackend());
})();`;

it('the wasm backend: a program under run, and profile --backend wasm, without tfjs-node', async (context) => {
  const made = path.join(elsewhere, 'wasm');
  cpSync(await project('wasm', context), made, { recursive: true });
  writeFileSync(path.join(made, 'app.cjs'), WASM_PROGRAM);
  const options = { cwd: made, env: { NO_COLOR: '1', FORCE_COLOR: '' } };
  const ran = await execa(process.execPath, [CLI, 'run', '--out', 'run', '--', process.execPath, 'app.cjs'], options);
  expect(ran.stdout).toContain('wasm');
  const [recording] = readRun(path.join(made, 'run'));
  expect([recording?.calls.length, recording?.meta.environment.backend]).toEqual([5, 'wasm']);
  const args = [
    'profile',
    path.resolve('test/fixtures/layers-tiny'),
    '--backend',
    'wasm',
    '--calls',
    '5',
    '--warmup',
    '1',
    '--quick',
    '--json',
  ];
  const { stdout } = await execa(process.execPath, [CLI, ...args, '--out', 'profile'], options);
  const { environment, variants } = JSON.parse(stdout) as {
    environment: { backend: string };
    variants: { calls: number; kernels: { op: string }[] }[];
  };
  expect(environment.backend).toBe('wasm');
  expect(variants.length).toBeGreaterThan(0);
  for (const { calls, kernels } of variants) {
    expect(calls).toBeGreaterThanOrEqual(5);
    expect(kernels.map(({ op }) => op).join()).toMatch(/MatMul|Fused/);
  }
});
