/** Planted leaks under `inferscope run`, one for each owner that JavaScript can hold: who, and how much, by the program's own count. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, it } from 'vitest';
import type { MemoryFigure } from '../../../src/model/memory.js';

const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-leaks-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What grows, in bytes per call; and what the program counted itself. */
async function growing(name: string, kept: readonly number[], flags: readonly string[] = []) {
  const out = path.join(folder, name);
  const program = ['test/slow/programs/leaks/tensorflow.cjs', '120', ...kept.map(String)];
  const { stdout } = await execa(process.execPath, ['dist/cli/main.js', 'run', '--out', out, '--', process.execPath, ...flags, ...program]);
  const { memory } = JSON.parse(readFileSync(path.join(out, 'report.json'), 'utf8')) as { readonly memory: MemoryFigure };
  const [counted = ''] = stdout.split('\n');
  return {
    memory,
    found: memory.owners.flatMap(({ owner, growth }) => (growth.kind === 'grows' ? [{ owner, bytes: growth.bytesPerCall }] : [])),
    counted: JSON.parse(counted) as Readonly<Record<string, number>>,
  };
}

it('tells who keeps memory, and how much per call', async () => {
  const { found, counted } = await growing('kept', [4096, 4096, 32_768]);
  expect(found.map(({ owner }) => owner)).toEqual(['tensors', 'v8-heap', 'array-buffers']);
  for (const { owner, bytes } of found) expect(Math.abs(bytes / counted[owner]! - 1), owner).toBeLessThan(0.2);
});

it('tells the same of a program that never collects, under --expose-gc', async () => {
  const { found, counted } = await growing('exposed', [0, 4096, 32_768], ['--expose-gc']);
  expect(found.map(({ owner }) => owner)).toEqual(['v8-heap', 'array-buffers']);
  for (const { owner, bytes } of found) expect(Math.abs(bytes / counted[owner]! - 1), owner).toBeLessThan(0.2);
});

it('tells of no growth where nothing is kept', async () => {
  const { found, memory } = await growing('nothing', [0, 0, 0]);
  expect(found).toEqual([]);
  expect(memory.owners.filter(({ growth }) => growth.kind === 'none').map(({ owner }) => owner)).toContain('v8-heap');
});
