import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readWeightFiles } from '../../../../src/engines/tensorflow/load/artifacts/weight-files.js';
import { loadModel } from '../../../../src/engines/tensorflow/load/load.js';
import { tf, userError } from './helpers.js';

interface Weight {
  readonly name: string;
  readonly shape: readonly unknown[];
  readonly dtype: string;
  readonly quantization?: { readonly dtype: string };
}

/** A model's folder beside a file that is not the model's. */
function folder(): string {
  const above = mkdtempSync(path.join(tmpdir(), 'weights-'));
  writeFileSync(path.join(above, 'other.bin'), Buffer.alloc(8));
  mkdirSync(path.join(above, 'model'));
  return path.join(above, 'model');
}

const manifest = (paths: readonly unknown[], weights: readonly Weight[]): unknown => [{ paths, weights }];
const two: Weight = { name: 'w', shape: [2], dtype: 'float32' };

describe('where weight files lie', () => {
  test.each([
    ['above', (): string => '../other.bin'],
    ['absolute', (at: string): string => path.join(path.dirname(at), 'other.bin')],
    ['behind a link', (at: string): string => (symlinkSync('../other.bin', path.join(at, 'w.bin')), 'w.bin')],
    ['behind a linked folder', (at: string): string => (symlinkSync('..', path.join(at, 'up')), 'up/other.bin')],
  ])('%s: refused, and read where that was allowed', async (_, make) => {
    const at = folder();
    const name = make(at);
    expect((await userError(() => readWeightFiles(manifest([name], [two]), at))).sentence).toBe(
      `The weight file ${name} of ${path.join(at, 'model.json')} lies outside of the model's folder: copy it there, or add --weights-outside if you trust the model.`,
    );
    expect(readWeightFiles(manifest([name], [two]), at, 'allow').data.byteLength).toBe(8);
  });

  test('a name with dots, a folder within and a linked model folder are inside', () => {
    const at = folder();
    mkdirSync(path.join(at, 'parts'));
    for (const name of ['..w.bin', 'parts/w.bin']) writeFileSync(path.join(at, name), Buffer.alloc(8));
    const linked = `${at}-linked`;
    symlinkSync(at, linked);
    for (const name of ['..w.bin', 'parts/../parts/w.bin'])
      expect(readWeightFiles(manifest([name], [two]), linked).data.byteLength).toBe(8);
  });

  test('what is not a file is not opened', async () => {
    const at = folder();
    expect(spawnSync('mkfifo', [path.join(at, 'w.bin')]).status).toBe(0);
    expect((await userError(() => readWeightFiles(manifest(['w.bin'], [two]), at))).sentence).toContain('is not a file');
    expect((await userError(() => readWeightFiles(manifest(['/dev/zero'], [two]), at, 'allow'))).sentence).toContain('is not a file');
    expect((await userError(() => readWeightFiles(manifest(['.'], [two]), at))).sentence).toContain('is not a file');
  });
});

describe('a SavedModel', () => {
  const copied = (): string => {
    const at = path.join(folder(), 'model');
    cpSync('test/fixtures/saved-model-tiny', at, { recursive: true });
    return at;
  };

  test.each(['saved_model.pb', 'variables/variables.index', 'variables/variables.data-00000-of-00001'])(
    'whose %s is a pipe or a device is refused before it is opened',
    async (name) => {
      const [pipe, device] = [copied(), copied()];
      for (const at of [pipe, device]) rmSync(path.join(at, name));
      expect(spawnSync('mkfifo', [path.join(pipe, name)]).status).toBe(0);
      symlinkSync('/dev/zero', path.join(device, name));
      for (const at of [pipe, device])
        expect((await userError(() => loadModel(at, { tf }))).sentence).toBe(
          `${path.join(at, name)} is not a file: copy the whole SavedModel directory.`,
        );
    },
  );
});

describe('what a manifest says', () => {
  test.each<[string, Weight, number, string]>([
    ['quantised to a byte', { ...two, quantization: { dtype: 'uint8' } }, 8, 'has 8 bytes and should have 2'],
    ['float16', { ...two, quantization: { dtype: 'float16' } }, 3, 'has 3 bytes and should have 4'],
    ['complex', { ...two, dtype: 'complex64' }, 8, 'has 8 bytes and should have 16'],
    ['truth values', { ...two, dtype: 'bool' }, 1, 'has 1 bytes and should have 2'],
    ['texts, too few bytes for their lengths', { ...two, dtype: 'string' }, 7, 'has 7 bytes and should have at least 8'],
    ['texts that end elsewhere', { ...two, dtype: 'string' }, 9, 'its texts do not end there'],
    ['a shape of 4e18 values', { ...two, shape: [2e9, 2e9] }, 8, 'has no shape that can be'],
    ['a million million values', { ...two, shape: [1e12] }, 8, 'has 8 bytes and should have 4000000000000'],
    ['as many texts', { ...two, shape: [1e12], dtype: 'string' }, 8, 'should have at least 4000000000000'],
    ['a negative length', { ...two, shape: [-2] }, 8, 'has no shape that can be'],
    ['a fraction', { ...two, shape: [1.5] }, 8, 'has no shape that can be'],
    ['a length that is text', { ...two, shape: ['2'] }, 8, 'has no shape that can be'],
    ['an unknown type', { ...two, dtype: 'float64' }, 8, 'is of the type float64, which TensorFlow.js does not read'],
    ['a type that every object has', { ...two, dtype: 'constructor' }, 8, 'is of the type constructor'],
  ])('%s', async (_, weight, bytes, part) => {
    const at = folder();
    writeFileSync(path.join(at, 'w.bin'), Buffer.alloc(bytes));
    expect((await userError(() => readWeightFiles(manifest(['w.bin'], [weight]), at))).sentence).toContain(part);
  });

  test('texts that fill their file are read', () => {
    const at = folder();
    writeFileSync(path.join(at, 'w.bin'), Buffer.from([2, 0, 0, 0, 104, 105, 0, 0, 0, 0]));
    expect(readWeightFiles(manifest(['w.bin'], [{ ...two, dtype: 'string' }]), at).data.byteLength).toBe(10);
  });

  test.each([
    ['no list', {}],
    ['paths that are numbers', [{ paths: [1], weights: [] }]],
    ['weights that are null', [{ paths: [], weights: [null] }]],
  ])('%s', async (_, value) => {
    expect((await userError(() => readWeightFiles(value, folder()))).sentence).toContain('is damaged');
  });
});
