/** Models of an npm package, each of which once showed a fault of its own kind, compiled with no options. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, expect, test, type TestContext } from 'vitest';
// @ts-expect-error a plain script without types
import { ensureForeignModels, NotFetched } from '../../../scripts/foreign-models.mjs';
import { compileModel } from '../../../src/engines/tensorflow/compile-model.js';
import { userError } from '../../engines/tensorflow/load/helpers.js';

let folder = '';
let missing: string | undefined;

beforeAll(async () => {
  try {
    folder = await (ensureForeignModels as () => Promise<string>)();
  } catch (error) {
    // A wrong checksum is a failure; without a registry there is nothing to try.
    if (!(error instanceof (NotFetched as typeof Error))) throw error;
    missing = error.message;
  }
}, 600_000);

const out = (): string => path.join(mkdtempSync(path.join(tmpdir(), 'foreign-')), 'out');
const model = (name: string, { skip }: TestContext): string => (missing === undefined ? path.join(folder, `${name}.json`) : skip(missing));

test.for([
  ['blazeface', 'a first dimension fixed to 1'],
  ['centernet', 'sizes that its calls cannot be traced with'],
  ['movenet-lightning', 'whole numbers as input'],
] as const)('%s: %s', async ([name], context) => {
  const { nodes, checks, notes } = await compileModel(model(name, context), out(), { checks: 1 });
  expect(nodes).toBeGreaterThan(50);
  expect(checks).toBe(1);
  expect(notes.some((note) => note.startsWith('Made-up inputs: '))).toBe(true);
});

test('rvm: inputs of any number of dimensions, refused in a sentence whose remedy works', async (context) => {
  const rvm = model('rvm', context);
  const { sentence } = await userError(() => compileModel(rvm, out(), { checks: 1 }));
  expect(sentence).toContain('does not say how many dimensions its inputs');
  expect(sentence).toMatch(/--shape r\di=1,1,1,1\.$/);
  const shapes = ['src=1,144,256,3', ...[1, 2, 3, 4].map((at) => `r${at}i=1,1,1,1`)];
  const { notes } = await compileModel(rvm, out(), { checks: 1, shapes });
  expect(notes.join()).toContain('downsample_ratio (0.5, one value chosen for float32 of any shape)');
});
