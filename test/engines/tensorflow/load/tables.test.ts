/** Converted models with a hash table: it is filled by the model's own initialiser and is no input. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { compileModel } from '../../../../src/engines/tensorflow/compile-model.js';
import { profileModel } from '../../../../src/measure/profile.js';
import { loadModel } from '../../../../src/engines/tensorflow/load/load.js';
import { fixture, keysOf, outputsOf, tf, userError } from './helpers.js';

const scratch = (): string => mkdtempSync(path.join(tmpdir(), 'tables-'));
const TABLE = fixture('graph-model-table');
const ROWS = fixture('graph-model-table-rows');

/** Sums of the rows of the only matrix among the weights, read from the file. */
function rowSums(folder: string): number[] {
  const { weightsManifest } = JSON.parse(readFileSync(path.join(folder, 'model.json'), 'utf8')) as {
    weightsManifest: { paths: string[]; weights: { shape: number[]; dtype: string }[] }[];
  };
  const [{ paths, weights }] = weightsManifest as [{ paths: string[]; weights: { shape: number[]; dtype: string }[] }];
  const at = weights.findIndex(({ shape }) => shape.join() === '4,8');
  expect(weights.slice(0, at).every(({ dtype }) => dtype !== 'string')).toBe(true);
  const offset = weights.slice(0, at).reduce((sum, { shape }) => sum + 4 * shape.reduce((size, length) => size * length, 1), 0);
  const bytes = readFileSync(path.join(folder, paths[0] ?? ''));
  return Array.from({ length: 4 }, (_, row) =>
    Array.from({ length: 8 }, (_, column) => bytes.readFloatLE(offset + 4 * (8 * row + column))).reduce((sum, value) => sum + value, 0),
  );
}

test('the table is no input, its words are looked up, and unknown ones get the default', async () => {
  const words = path.join(scratch(), 'grade.json');
  writeFileSync(words, JSON.stringify(['high', 'low', 'nonsense', 'middle']));
  const loaded = await loadModel(TABLE, { tf, inputs: [words] });
  expect(loaded.info.inputs).toEqual([{ name: 'grade', dtype: 'string', shape: [-1] }]);
  expect(loaded.info.outputs.map(({ name }) => name)).toEqual(['score']);
  expect(keysOf(loaded)).toEqual(['uncompiled/executeAsync', 'uncompiled/predictAsync']);
  const [unknown, low, middle, high] = rowSums(TABLE) as [number, number, number, number];
  for (const variant of loaded.variants) {
    const [scores] = (await outputsOf(variant)) as [number[]];
    [high, low, unknown, middle].forEach((want, at) => expect(scores[at]).toBeCloseTo(want, 5));
  }
  loaded.dispose();
});

test('it is profiled, and the report says why there is no graph', async () => {
  const { analysis, failures } = await profileModel(TABLE, { calls: 4, warmup: 1, controls: 'none', out: scratch() });
  expect(failures).toEqual([]);
  expect(analysis.notes).toContain('graph is left out: the model has a table, which is kept outside of its graph.');
});

test('compile refuses it in one sentence and writes nothing', async () => {
  const out = path.join(scratch(), 'out');
  expect((await userError(() => compileModel(TABLE, out))).sentence).toBe(
    'The operation LookupTableFindV2 of the model keeps state outside of the graph (a table, a variable), so the model cannot be compiled; run it uncompiled.',
  );
  expect(existsSync(out)).toBe(false);
});

test('keys of two dimensions, which tfjs looks up as a list: told, with what runs it', async () => {
  expect((await userError(() => profileModel(ROWS, { calls: 2, warmup: 1, controls: 'none', out: scratch() }))).sentence).toBe(
    'No variant of the model runs: TensorFlow refuses the call: an operation gets a list where it wants more dimensions, as the lookups of TensorFlow.js give for keys of any shape; profile the SavedModel that the model was converted from.',
  );
  expect((await userError(() => compileModel(ROWS, path.join(scratch(), 'out')))).sentence).toContain(
    'keeps state outside of the graph (a table, a variable)',
  );
});
