import { mkdtempSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { loadAddon } from '../../../../src/engines/tensorflow/session/addon.js';

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const model = script('../../../fixtures/session/dense');

function addonPath(): string {
  const status = loadAddon();
  if (status.status === 'unavailable') throw new Error(status.reason);
  return status.path;
}

async function child(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<unknown> {
  const { stdout } = await execa(process.execPath, [script(name), addonPath(), model, ...args], {
    env: { TF_CPP_MIN_LOG_LEVEL: '3', ...env },
  });
  return JSON.parse(stdout.split('\n').findLast((line) => line.startsWith('{')) ?? '{}');
}

describe('the add-on', () => {
  it.each([
    ['before tfjs-node', 'first', {}],
    ['before tfjs-node, bound at once', 'first', { LD_BIND_NOW: '1' }],
    ['after tfjs-node has run a model', 'late', {}],
    ['after tfjs-node has run a model, bound at once', 'late', { LD_BIND_NOW: '1' }],
  ])('loaded %s traces the next run', async (_, when, env) => {
    expect(await child('child.cjs', [when], env)).toMatchObject({
      same: true,
      bytes: expect.toSatisfy((bytes: number) => bytes > 500) as number,
      eager: 1,
    });
  });

  it('keeps the runs of threads apart, and outlives them', async () => {
    const each = { traced: 100, wrong: 0 };
    expect(await child('worker.cjs', [])).toEqual({ own: each, workers: Array(4).fill({ ...each, code: 0 }), after: each });
  });

  it('loaded twice shares one set of numbers', () => {
    const [first, second] = [loadAddon(), loadAddon()];
    if (first.status === 'unavailable' || second.status === 'unavailable') throw new Error('not built');
    first.addon.slots[0] = 1;
    expect(second.addon.slots[0]).toBe(1);
    first.addon.slots[0] = 0;
    expect(second.addon.now()).toBeGreaterThan(0);
  });
});

describe('loadAddon', () => {
  it('says how to build it where there is none', () => {
    const status = loadAddon(mkdtempSync(path.join(tmpdir(), 'no-addon-')));
    expect(status).toMatchObject({ status: 'unavailable' });
    expect(status.status === 'unavailable' && status.reason).toMatch(/not built .*npx inferscope setup/);
  });

  it('says so when the file is not a library', () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'bad-addon-'));
    mkdirSync(path.join(directory, 'build/Release'), { recursive: true });
    writeFileSync(path.join(directory, 'build/Release/inferscope_session.node'), 'not a library');
    const status = loadAddon(directory);
    expect(status.status === 'unavailable' && status.reason).toMatch(/could not be loaded .* remove that file and run/);
  });
});
