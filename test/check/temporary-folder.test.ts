import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';

test('tests and the programs they start have a temporary folder of this run, which is gone at its end', () => {
  const { stdout } = spawnSync(process.execPath, ['-p', "require('node:os').tmpdir()"], { encoding: 'utf8' });
  expect([path.basename(tmpdir()), stdout.trim()]).toEqual([expect.stringMatching(/^inferscope-tests-/), tmpdir()]);
});
