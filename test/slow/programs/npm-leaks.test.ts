/** Programs with TensorFlow's own npm packages of models under `inferscope run`: what they keep, by `tf.memory()`. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, it } from 'vitest';
import type { Leak } from '../../../src/model/held-tensors.js';
import { npmProject } from '../../helpers/onnx-models.js';

// Inside the repository, so that the packages find TensorFlow.
mkdirSync('node_modules/.cache', { recursive: true });
const folder = mkdtempSync(path.resolve('node_modules/.cache/npm-leaks-'));
afterAll(() => rmSync(folder, { recursive: true }));

const STEPS = 30;

it.for([
  ['body-pix', 8],
  ['coco-ssd', 0],
  ['knn-classifier', 1],
  ['toxicity', 3],
  ['universal-sentence-encoder', 1],
] as const)('%s: %i tensors stay with each call', async ([name, expected], context) => {
  const packages = path.join(await npmProject('tfjs-models', context), 'node_modules');
  cpSync(packages, path.join(folder, 'node_modules'), { recursive: true });
  cpSync('test/slow/programs/leaks/npm-models.cjs', path.join(folder, 'app.cjs'));
  const out = path.join(folder, `run-${name}`);
  const args = ['dist/cli/main.js', 'run', '--out', out, '--', process.execPath, path.join(folder, 'app.cjs'), name, String(STEPS)];
  const { stdout } = await execa(process.execPath, args);
  const { perStep } = JSON.parse(stdout.split('\n').find((line) => line.startsWith('{"perStep"'))!) as { readonly perStep: number };
  expect(perStep).toBe(expected);
  const { leaks } = JSON.parse(readFileSync(path.join(out, 'report.json'), 'utf8')) as { readonly leaks: readonly Leak[] };
  const kept = leaks.map(({ tensors, perOccasion }) => [tensors, perOccasion]);
  expect(kept).toEqual(expected === 0 ? [] : [[expected * STEPS, expected]]);
});
