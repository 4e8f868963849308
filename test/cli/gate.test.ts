import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { checkModel, measureSessions } from '../../src/api/sessions.js';
import { checkAgainst } from '../../src/analyse/gate.js';
import { shareOf } from '../../src/cli/commands/check.js';

const TINY = 'test/fixtures/layers-tiny';

it('measures sessions on real TensorFlow and compares them with themselves', async () => {
  const baseline = await measureSessions(TINY, { sessions: 3, calls: 20, batch: 4 });
  expect(baseline.variants.map(({ key }) => key)).toEqual(['uncompiled/predict']);
  expect(baseline.variants[0]!.sessionNanos).toHaveLength(3);
  expect(baseline.variants[0]!.sessionReferenceNanos.every((nanos) => nanos > 0)).toBe(true);
  expect(checkAgainst(baseline, baseline, { maxRegression: 1e6 })).toMatchObject({ outcome: 'pass', checks: [{ ratio: 1 }] });
});

it('measures more sessions only while it cannot tell, on real TensorFlow', async () => {
  const baseline = await measureSessions(TINY, { sessions: 3, calls: 10 });
  const options = { sessions: 3, maxSessions: 5, calls: 10, force: true } as const;
  expect(await checkModel(TINY, baseline, { ...options, maxRegression: 1e6 })).toMatchObject({ outcome: 'pass', sessions: [3, 3] });
  // Sessions that differ by orders of magnitude never tell.
  const wild = { ...baseline, variants: baseline.variants.map((variant) => ({ ...variant, sessionNanos: [1, 1e6, 1e12] })) };
  expect(await checkModel(TINY, wild, { ...options, maxRegression: 0.05 })).toMatchObject({ outcome: 'cannot-tell', sessions: [3, 5] });
});

it('exits with a sentence for a bad limit, a missing baseline and other conditions', async () => {
  expect([shareOf('5%'), shareOf('0.05'), shareOf(' 2.5 % ')]).toEqual([0.05, 0.05, 0.025]);
  const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-gate-'));
  const file = path.join(folder, 'baseline.json');
  const run = (...args: string[]) => execa('node', ['dist/cli/main.js', ...args], { reject: false });
  const made = await run('baseline', TINY, '--sessions', '3', '--max-sessions', '3', '--calls', '10', '--out', file);
  expect(made.exitCode, made.stderr).toBe(0);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ baselineVersion: 2 });
  const junit = path.join(folder, 'check.xml');
  const passed = await run('check', TINY, '--baseline', file, '--sessions', '3', '--calls', '10', '--max-regression', '1000000%', '--junit', junit);
  expect(passed.exitCode, passed.stderr).toBe(0);
  expect(readFileSync(junit, 'utf8')).toContain('tests="1" failures="0" errors="0"');
  const other = await run('check', TINY, '--baseline', file, '--sessions', '3', '--calls', '10', '--batch', '8');
  expect([other.exitCode, other.stderr]).toEqual([65, expect.stringContaining('batch size (1, now 8)')]);
  expect((await run('check', TINY, '--baseline', path.join(folder, 'none'))).exitCode).toBe(66);
  expect((await run('check', TINY, '--baseline', file, '--max-regression', 'much')).exitCode).toBe(64);
  expect((await run('check', TINY, '--baseline', file, '--sessions', '2')).exitCode).toBe(64);
});
