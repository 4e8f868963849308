import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { scratchFolder } from '../../src/engines/scratch-folder.js';

const DAY_SECONDS = 86_400;

test('a folder that a killed process left is removed by a later one after a day, and nothing else is', () => {
  const parent = mkdtempSync(path.join(tmpdir(), 'inferscope-tests-'));
  const { pid: dead } = spawnSync(process.execPath, ['--version']);
  const hours = (name: string, count: number): string => {
    mkdirSync(path.join(parent, name));
    writeFileSync(path.join(parent, name, 'content'), '');
    const then = Date.now() / 1000 - (count * DAY_SECONDS) / 24;
    utimesSync(path.join(parent, name), then, then);
    return name;
  };
  hours(`inferscope-gate-${dead}-AbCdEf`, 25);
  hours(`inferscope-onnx-${dead}-0-AbCdEf`, 25);
  const kept = [
    hours(`inferscope-gate-${dead}-ABCDEF`, 23),
    hours(`inferscope-gate-${process.pid}-AbCdEf`, 25),
    hours(`inferscope-mine-${dead}`, 25),
    hours(`somebody-gate-${dead}-AbCdEf`, 25),
    hours('inferscope-tests-AbCdEf', 25),
  ];
  const folder = scratchFolder('gate', parent);
  expect(readdirSync(parent).sort()).toEqual([...kept, path.basename(folder.path)].sort());
  folder.remove();
  expect(readdirSync(parent).sort()).toEqual(kept.sort());
});

test('however many folders there are, one listener waits for the end of the process', () => {
  const before = process.listenerCount('exit');
  const folders = Array.from({ length: 12 }, () => scratchFolder('many'));
  expect(process.listenerCount('exit')).toBeLessThanOrEqual(before + 1);
  for (const folder of folders) folder.remove();
});
