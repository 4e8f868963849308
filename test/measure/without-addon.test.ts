import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { profileModel } from '../../src/measure/profile.js';
import { loadAddon } from '../../src/engines/tensorflow/session/addon.js';

// As on a machine where it could not be compiled; the reason is the real function's for a folder without a binary.
vi.mock('../../src/engines/tensorflow/session/addon.js', async (original) => {
  const actual = await original<typeof import('../../src/engines/tensorflow/session/addon.js')>();
  return { ...actual, loadAddon: (directory?: string) => actual.loadAddon(directory ?? '/nonexistent') };
});

const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-without-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const platform = process.platform;
afterEach(() => {
  Object.defineProperty(process, 'platform', { value: platform });
});

describe('where the add-on cannot work', () => {
  it.each([
    ['saved-model', path.resolve('test/fixtures/session/dense'), 'graph'],
    ['layers-model', path.resolve('test/fixtures/layers-tiny'), 'uncompiled/predict'],
  ])('a %s is profiled all the same: stages as ever, the reason said once', async (_, model, variant) => {
    const { analysis, failures } = await profileModel(model, {
      batch: 8,
      calls: 10,
      variants: [variant],
      out: path.join(folder, variant.replace('/', '-')),
      quick: true,
    });
    expect(failures).toEqual([]);
    const [measured] = analysis.variants;
    expect(measured!.calls).toBe(10);
    expect(measured!.stages['kernel-execution'].nanosPerCall).toBeGreaterThan(0);
    expect(measured!.sampling).toBeNull();
    for (const { nativeNanosPerCall } of measured!.kernels) expect(nativeNanosPerCall).toBeNull();
    const said = analysis.notes.filter((note) => note.includes('Kernels inside session runs are not shown'));
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/the session add-on is not built for linux-x64: run `npx inferscope setup` .*\(needs a C compiler\)/);
  });

  it('says so of a system that is not Linux', () => {
    Object.defineProperty(process, 'platform', { value: 'darwin' });
    expect(loadAddon()).toEqual({
      status: 'unavailable',
      reason: 'operations inside a session run are only seen on Linux, this is darwin',
    });
  });
});
