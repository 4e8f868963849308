import { mkdtempSync, readFileSync } from 'node:fs';
import os, { tmpdir } from 'node:os';
import path from 'node:path';
import { Ajv } from 'ajv';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { toldAnalysis as analyse } from '../../src/runs/told.js';
import { readRun } from '../../src/runs/run-folder.js';

const TINY = 'test/fixtures/layers-tiny';
const validate = new Ajv({ allErrors: true }).compile(JSON.parse(readFileSync('docs/report.schema.json', 'utf8')) as object);

/**
 * TensorFlow's own number of threads, chosen: with that and 32 rows in a call less is tried for advice, which is not what is tested
 * here.
 */
const env = { TF_NUM_INTRAOP_THREADS: String(os.availableParallelism()) };

async function profile(...args: string[]) {
  const out = mkdtempSync(path.join(tmpdir(), 'inferscope-trust-'));
  const { stdout, stderr, exitCode } = await execa(
    'node',
    [
      'dist/cli/main.js',
      'profile',
      TINY,
      '--variants',
      'uncompiled/predict,compiled/predict',
      '--batch',
      '32',
      '--json',
      '--out',
      out,
      ...args,
    ],
    { reject: false, env },
  );
  expect(exitCode, stderr).toBe(0);
  const report = JSON.parse(stdout);
  expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
  return {
    out,
    report,
    html: readFileSync(path.join(out, 'report.html'), 'utf8'),
    markdown: readFileSync(path.join(out, 'report.md'), 'utf8'),
  };
}

it('certifies a run: A/A control, overhead, clock and machine, in every format and again from the recording', async () => {
  const { out, report, html, markdown } = await profile('--calls', '200');
  const { trust } = report;
  expect(report.variants.map(({ key }: { key: string }) => key)).toEqual(['uncompiled/predict', 'compiled/predict']);
  expect(['passed', 'failed']).toContain(trust.grade);
  expect(trust.again.ratio).toBeGreaterThan(0);
  expect(trust.overhead.ratio).toBeGreaterThan(0);
  expect(trust.falseAlarms.trials).toBeGreaterThan(0);
  expect(trust.conditions.memory.lowestAvailableBytes).toBeGreaterThan(0);
  expect(trust.conditions.probeNanos.median).toBeGreaterThan(0);
  expect(trust.skipped).toEqual([]);
  for (const text of [html, markdown])
    for (const part of ['from a second copy of the model', 'A/A comparisons', 'a recorded call of uncompiled/predict', 'a fixed loop took'])
      expect(text).toContain(part);
  expect(analyse(readRun(out)).trust).toEqual(trust);
});

it('says with --quick what was skipped', async () => {
  const { out, report, html, markdown } = await profile('--quick', '--calls', '40');
  expect(report.trust).toMatchObject({
    grade: 'not-run',
    again: null,
    overhead: null,
    skipped: ["The A/A control and Inferscope's own overhead: --quick leaves them out."],
  });
  for (const text of [html, markdown]) expect(text).toContain('--quick leaves them out');
  expect(analyse(readRun(out)).trust?.skipped).toEqual(report.trust.skipped);
});
