import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, it } from 'vitest';
import { readRun } from '../../../src/runs/run-folder.js';

// Inside the repository, so that the program finds TensorFlow and its runner as a user's would.
mkdirSync('node_modules/.cache', { recursive: true });
const folder = mkdtempSync(path.resolve('node_modules/.cache/runners-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const PROGRAM = `
import * as tf from '@tensorflow/tfjs-node';
import { expect, it } from 'vitest';
it('predicts', () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4] })] });
  for (let made = 0; made < 7; made++) expect(model.predict(tf.ones([2, 4])).shape).toEqual([2, 3]);
});`;

it("calls of a program's tests under vitest are recorded, as many as it makes", async () => {
  writeFileSync(path.join(folder, 'model.test.mjs'), PROGRAM);
  writeFileSync(
    path.join(folder, 'vitest.config.mjs'),
    "export default { test: { include: ['*.test.mjs'], exclude: [], pool: 'forks' } };\n",
  );
  const out = path.join(folder, 'run');
  const vitest = path.resolve('node_modules/vitest/vitest.mjs');
  const { stdout } = await execa(
    process.execPath,
    [path.resolve('dist/cli/main.js'), 'run', '--out', out, '--', process.execPath, vitest, 'run', '--root', folder],
    { cwd: folder, env: { NO_COLOR: '1', FORCE_COLOR: '' } },
  );
  expect(stdout).toMatch(/Tests\s+1 passed/);
  expect(readRun(out).reduce((sum, { calls }) => sum + calls.length, 0)).toBe(7);
});
