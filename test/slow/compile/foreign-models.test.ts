/** Models of an npm package, each of which once showed a fault of its own kind, compiled with no options. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { compileModel } from '../../../src/api/compile-model.js';
import { userError } from '../../runtime/helpers.js';

interface ForeignModels {
  ensureForeignModels(): Promise<string>;
}

let folder: string | null = null;

beforeAll(async () => {
  const { ensureForeignModels } = (await import(pathToFileURL(path.resolve('scripts/foreign-models.mjs')).href)) as ForeignModels;
  try {
    folder = await ensureForeignModels();
  } catch (error) {
    // Without a registry there is nothing to try.
    console.warn(`Models of other people are not tried: ${String(error)}`);
  }
}, 600_000);

const out = (): string => path.join(mkdtempSync(path.join(tmpdir(), 'foreign-')), 'out');

test.each([
  ['blazeface', 'a first dimension fixed to 1'],
  ['centernet', 'sizes that its calls cannot be traced with'],
  ['movenet-lightning', 'whole numbers as input'],
])('%s: %s', async (name) => {
  if (folder === null) return;
  const { nodes, checks, notes } = await compileModel(path.join(folder, `${name}.json`), out(), { checks: 1 });
  expect(nodes).toBeGreaterThan(50);
  expect(checks).toBe(1);
  expect(notes.some((note) => note.startsWith('Made-up inputs: '))).toBe(true);
});

test('rvm: inputs of any number of dimensions, refused in a sentence whose remedy works', async () => {
  if (folder === null) return;
  const model = path.join(folder, 'rvm.json');
  const { sentence } = await userError(() => compileModel(model, out(), { checks: 1 }));
  expect(sentence).toContain('does not tell how many dimensions its inputs');
  expect(sentence).toMatch(/--shape r\di=1,1,1,1\.$/);
  const shapes = ['src=1,144,256,3', ...[1, 2, 3, 4].map((at) => `r${at}i=1,1,1,1`)];
  const { notes } = await compileModel(model, out(), { checks: 1, shapes });
  expect(notes.join()).toContain('downsample_ratio (0.5, one value chosen for float32 of any shape)');
});
