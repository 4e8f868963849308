import { mkdtempSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { againstTfjs } from '../../../src/measure/keras/keras-against-tfjs.js';
import { profileKeras } from '../../../src/measure/keras/profile-keras.js';
import { environmentPython } from '../../../src/engines/keras/known-environments.js';
import { environment, needed, root } from './environments.js';

const tiny = `${path.join(root, 'src/engines/keras/seed_models.py')}:tiny`;
const HOW = 'node scripts/keras-envs.mjs tfjs-converter';

async function compared(name: string, env: NodeJS.ProcessEnv = process.env) {
  const keras = {
    python: (await environment(name))!,
    batch: 32,
    rounds: 2,
    callsPerRound: 3,
    warmup: 1,
    variants: ['uncompiled/predict'],
    env,
    out: path.join(mkdtempSync(path.join(os.tmpdir(), 'inferscope-against-')), 'run'),
  };
  const result = await profileKeras(tiny, keras);
  return { result, against: await againstTfjs(tiny, result, { keras, calls: 8, warmup: 1 }) };
}

test.for([
  ['tf-2.0.0', 'layers'],
  ['keras-3', 'graph'],
] as const)('the same weights of %s run in tfjs-node as a %s model, with equal outputs', async ([name, form], { skip }) => {
  await needed(name, skip);
  if (environmentPython('tfjs-converter') === null) return skip(`the official converter is not here; \`${HOW}\` makes it (heavy)`);
  const { result, against } = await compared(name);
  if (against?.kind !== 'compared') throw new Error(against?.reason);
  expect(against.form).toBe(form);
  expect(against.largestRelativeDifference!).toBeLessThan(1e-4);
  expect(new Set(against.rows.map(({ runtime }) => runtime))).toEqual(new Set(['keras', 'tfjs-node']));
  expect(against.rows[0]).toMatchObject({ runtime: 'keras', variant: 'uncompiled/predict', ratio: 1 });
  expect(readFileSync(path.join(result.folder, 'against-tfjs.md'), 'utf8')).toContain('| tfjs-node |');
});

test('without the converter the comparison is skipped and says what to type', async ({ skip }) => {
  await needed('tf-2.0.0', skip);
  const { against } = await compared('tf-2.0.0', { ...process.env, INFERSCOPE_CACHE: '/nowhere' });
  expect(against).toMatchObject({ kind: 'skipped' });
  expect(against?.kind === 'skipped' && against.reason).toContain('-m pip install tensorflowjs');
});
