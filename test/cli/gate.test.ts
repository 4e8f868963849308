import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { readBaseline } from '../../src/analyse/baseline-file.js';
import { checkModel, measureProcesses } from '../../src/measure/gate/processes.js';
import { toldCheck as checkAgainst } from '../../src/runs/told.js';
import { shareOf } from '../../src/cli/commands/check.js';

const TINY = path.resolve('test/fixtures/layers-tiny');
/** A module as something to import. */
const toFile = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`;

/** Measured once, by the command; the tests check against it. */
const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-gate-'));
const file = path.join(folder, 'baseline.json');
const run = (...args: string[]) => execa('node', [path.resolve('dist/cli/main.js'), ...args], { reject: false, cwd: folder });
const CONDITIONS = ['--calls', '20', '--batch', '4'];
beforeAll(async () => {
  // As the processes of the tests are started: what they have in `NODE_OPTIONS` is a condition.
  startedProcesses();
  const made = await run('baseline', TINY, '--sessions', '3', '--max-sessions', '3', '--settle', '0.1', ...CONDITIONS);
  expect(made.exitCode, made.stderr).toBe(0);
});

/** Has every process that starts from now on write its pid; gives the pids of those that did. */
function startedProcesses(): () => ReadonlySet<string> {
  const pids = path.join(mkdtempSync(path.join(tmpdir(), 'inferscope-gate-')), 'pids');
  writeFileSync(pids, '');
  vi.stubEnv(
    'NODE_OPTIONS',
    `--import ${toFile(`import { appendFileSync } from 'node:fs'; appendFileSync(${JSON.stringify(pids)}, process.pid + ' ');`)}`,
  );
  // Threads of a process write its pid, too.
  return () => new Set(readFileSync(pids, 'utf8').split(' ').slice(0, -1));
}
beforeEach(() => void startedProcesses());
afterEach(() => vi.unstubAllEnvs());
// Up to eight processes of TensorFlow one after the other.
vi.setConfig({ testTimeout: 300_000 });

it('measures each process in a process of its own on real TensorFlow, and more of them only while the result is inconclusive', async () => {
  const numbers: number[] = [];
  const pids = startedProcesses();
  const options = { sessions: 3, calls: 20, batch: 4, settleSeconds: 0, onSession: (number: number) => numbers.push(number) } as const;
  const baseline = readBaseline(readFileSync(file, 'utf8'), file);
  expect(baseline.variants.map(({ key }) => key)).toEqual(['uncompiled/predict']);
  const [variant] = baseline.variants;
  for (const times of [variant!.sessionNanos, variant!.sessionReferenceNanos, variant!.sessionLoopNanos]) {
    expect(times).toHaveLength(3);
    expect(Math.min(...times)).toBeGreaterThan(0);
  }
  expect(checkAgainst(baseline, baseline, { maxRegression: 1e6 })).toMatchObject({ outcome: 'pass', checks: [{ ratio: 1 }] });
  expect(await checkModel(TINY, baseline, { ...options, maxSessions: 4, maxRegression: 1e6 })).toMatchObject({
    outcome: 'pass',
    sessions: [3, 3],
  });
  // Processes that differ by orders of magnitude never tell.
  const wild = { ...baseline, variants: [{ ...variant!, sessionNanos: [1, 1e6, 1e12] }] };
  expect(await checkModel(TINY, wild, { ...options, maxSessions: 4, maxRegression: 0.05 })).toMatchObject({
    outcome: 'cannot-tell',
    sessions: [3, 4],
  });
  expect(numbers).toEqual([1, 2, 3, 1, 2, 3, 4]);
  // Other conditions are seen in the first process already.
  await expect(
    checkModel(TINY, { ...baseline, meta: { ...baseline.meta, batch: 5 } }, { ...options, maxRegression: 0.05 }),
  ).rejects.toThrow('batch size (5, now 4)');
  expect(numbers.slice(7)).toEqual([1]);
  expect(pids().size).toBe(numbers.length);
});

it('puts the processes together that were done when it is interrupted, if these are three, and says how many are missing otherwise', async () => {
  const stoppedDuring = (process: number) => {
    const controller = new AbortController();
    const onSession = (number: number): void => {
      if (number === process) void vi.waitUntil(() => pids().size >= number, 60_000).then(() => controller.abort());
    };
    const pids = startedProcesses();
    return { sessions: 4, calls: 5, settleSeconds: 0, onSession, signal: controller.signal } as const;
  };
  expect((await measureProcesses(TINY, stoppedDuring(4))).variants[0]!.sessionNanos).toHaveLength(3);
  await expect(measureProcesses(TINY, stoppedDuring(1))).rejects.toMatchObject({
    exitCode: 130,
    message: 'Interrupted after 0 processes; at least 3 are needed.',
  });
  await expect(measureProcesses(TINY, { signal: AbortSignal.abort() })).rejects.toMatchObject({ exitCode: 130 });
});

it('says what is wrong in a process as it would be said here, and when its process ends', async () => {
  await expect(measureProcesses('no-such-model')).rejects.toMatchObject({
    exitCode: 66,
    message: expect.stringContaining('no-such-model'),
  });
  vi.stubEnv('NODE_OPTIONS', '--require ./no-such-file.cjs');
  await expect(measureProcesses(TINY)).rejects.toMatchObject({
    exitCode: 69,
    message: expect.stringContaining('ended before it answered'),
  });
  vi.stubEnv('NODE_OPTIONS', '--max-old-space-size=10');
  await expect(measureProcesses(TINY)).rejects.toMatchObject({
    exitCode: 69,
    message: 'The memory of Node.js is used up: allow more with `NODE_OPTIONS=--max-old-space-size=4096`.',
  });
});

it('exits with a sentence for a bad limit, a missing baseline and other conditions', async () => {
  expect([shareOf('5%'), shareOf('0.05'), shareOf(' 2.5 % ')]).toEqual([0.05, 0.05, 0.025]);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ baselineVersion: 3 });
  const junit = path.join(folder, 'check.xml');
  const passed = await run(
    'check',
    TINY,
    '--sessions',
    '3',
    '--settle',
    '0',
    ...CONDITIONS,
    '--max-regression',
    '1000000%',
    '--junit',
    junit,
  );
  expect(passed.exitCode, passed.stderr).toBe(0);
  expect(readFileSync(junit, 'utf8')).toContain('tests="1" failures="0" errors="0"');
  const other = await run('check', TINY, '--baseline', file, '--sessions', '3', '--settle', '0', '--calls', '20', '--batch', '8');
  expect([other.exitCode, other.stderr]).toEqual([65, expect.stringContaining('batch size (4, now 8)')]);
  const none = await run('check', TINY, '--baseline', 'not there.json');
  expect([none.exitCode, none.stderr]).toEqual([
    66,
    expect.stringMatching(/: make one with `inferscope baseline \S+ --out 'not there.json'`\.$/),
  ]);
  expect((await run('check', TINY, '--baseline', file, '--max-regression', 'much')).exitCode).toBe(64);
  expect((await run('check', TINY, '--baseline', file, '--sessions', '2')).exitCode).toBe(64);
});
