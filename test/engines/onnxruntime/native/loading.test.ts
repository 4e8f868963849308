import { mkdtempSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { loadOnnxAddon } from '../../../../src/engines/onnxruntime/session/addon.js';

const LINUX = process.platform === 'linux';
const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const MODEL = file('../../../fixtures/onnx-tiny.onnx');
/** Runs, kernels of single runs, nanoseconds. */
const ALL = 7;
/** Of the model as it is: two products, two sums, two activations. */
const KERNELS = 6;

async function child(how: string, env: NodeJS.ProcessEnv = {}): Promise<unknown> {
  const status = loadOnnxAddon();
  if (status.status === 'unavailable') throw new Error(status.reason);
  const { stdout } = await execa(process.execPath, [file('child.cjs'), status.path, MODEL, how], {
    env: { TF_CPP_MIN_LOG_LEVEL: '3', ...env },
  });
  return JSON.parse(stdout.split('\n').findLast((line) => line.startsWith('{')) ?? '{}');
}

const half = (runs: number): object => ({ reach: ALL, traced: runs / 2, kernels: (runs / 2) * KERNELS, other: 0, plain: runs / 2 });

describe.skipIf(!LINUX)('the add-on for ONNX Runtime [needs Linux]', () => {
  it.each([
    ['before the binding', 'first', 0, {}],
    ['before the binding, bound at once', 'first', 0, { LD_BIND_NOW: '1' }],
    ['after the binding has run a model', 'late', ALL, {}],
    ['after the binding has run a model, bound at once', 'late', ALL, { LD_BIND_NOW: '1' }],
  ])('loaded %s traces armed runs and no others, and changes no bit of them', async (_, how, before, env) => {
    expect(await child(how, env)).toEqual({ before, ...half(10) });
  });

  it('keeps the runs of threads apart, and outlives them', async () => {
    const each = half(20);
    expect(await child('workers')).toEqual({ own: each, workers: Array(4).fill({ ...each, code: 0 }), after: each });
  });

  it('works beside TensorFlow in one process', async () => {
    expect(await child('beside')).toEqual({ ...half(10), sum: [2, 2, 2, 2] });
  });

  it('loaded twice shares one set of numbers', () => {
    const [first, second] = [loadOnnxAddon(), loadOnnxAddon()];
    if (first.status === 'unavailable' || second.status === 'unavailable') throw new Error('not built');
    first.addon.slots[0] = 1;
    expect(second.addon.slots[0]).toBe(1);
    first.addon.slots[0] = 0;
  });
});

describe('loadOnnxAddon', () => {
  it('says how to build it where there is none, and where the file is something else', () => {
    expect(loadOnnxAddon(mkdtempSync(path.join(tmpdir(), 'no-addon-')))).toEqual({
      status: 'unavailable',
      reason: expect.stringMatching(/not built for linux-.*npx inferscope setup/) as string,
    });
    const folder = mkdtempSync(path.join(tmpdir(), 'other-addon-'));
    mkdirSync(path.join(folder, 'build/Release'), { recursive: true });
    writeFileSync(path.join(folder, 'build/Release/inferscope_onnx.node'), 'no library');
    expect(loadOnnxAddon(folder)).toEqual({
      status: 'unavailable',
      reason: expect.stringMatching(/could not be loaded .* remove that file/) as string,
    });
  });
});
