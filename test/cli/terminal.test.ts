import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import fc from 'fast-check';
import { claimReportFolder } from '../../src/runs/own-folder.js';
import { printable } from '../../src/cli/terminal.js';

const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-terminal-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('what a terminal would obey is shown instead', () => {
  expect(printable('a\u001b[2J\u0007\r\u009b31m\u202eb\n\tc')).toBe('a\\u001b[2J\\u0007\\u000d\\u009b31m\\u202eb\n\tc');
  expect(printable('größer 模型 ▓ 😀 – “x”')).toBe('größer 模型 ▓ 😀 – “x”');
});

test('nothing but lines and tabs is left of the control characters of any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(printable(text).replaceAll(/[\n\t]/g, '')).not.toMatch(/\p{Cc}/u);
    }),
  );
});

test("a comparison of two runs never writes over a run's own report", () => {
  const run = path.join(folder, 'run');
  mkdirSync(path.join(run, 'recordings'), { recursive: true });
  writeFileSync(path.join(run, 'report.html'), 'its own');
  for (const existing of ['refuse', 'overwrite'] as const)
    expect(() => claimReportFolder(run, existing)).toThrow(/holds a run.*choose another folder with --out/);
  expect(readFileSync(path.join(run, 'report.html'), 'utf8')).toBe('its own');
});

test('an earlier comparison is replaced where that is asked for, foreign files never', () => {
  const earlier = path.join(folder, 'earlier');
  mkdirSync(earlier);
  claimReportFolder(earlier, 'refuse');
  writeFileSync(path.join(earlier, 'report.md'), '');
  expect(() => claimReportFolder(earlier, 'refuse')).toThrow(/--overwrite/);
  claimReportFolder(earlier, 'overwrite');
  writeFileSync(path.join(earlier, 'thesis.tex'), '');
  expect(() => claimReportFolder(earlier, 'overwrite')).toThrow(/thesis\.tex/);
});
