import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync, cpSync, truncateSync } from 'node:fs';
import { spawn, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test, vi } from 'vitest';
import { readRun } from '../../src/runs/run-folder.js';

// The command line as a user runs it: the built dist/, a process of its own, the real TensorFlow.
const CLI = path.resolve('dist/cli/main.js');
const fixture = (name: string): string => path.resolve('test/fixtures', name);
const temporary = (): string => mkdtempSync(path.join(tmpdir(), 'inferscope-cli-'));
const run = (...args: string[]) => execa(process.execPath, [CLI, ...args], { reject: false, cwd: temporary() });

test('profile --json prints the object that others build on, and leaves a run folder', async () => {
  const out = path.join(temporary(), 'run');
  const { stdout, exitCode } = await run(
    'profile',
    fixture('layers-tiny'),
    '--batch',
    '8',
    '--variants',
    'uncompiled/predict,compiled/predict,graph',
    '--calls',
    '40',
    '--warmup',
    '2',
    '--out',
    out,
    '--json',
  );
  expect(exitCode).toBe(0);
  const report = JSON.parse(stdout);
  expect(report.variants.map((v: { name: string; call: string }) => `${v.name}/${v.call}`)).toEqual([
    'uncompiled/predict',
    'compiled/predict',
    'graph/predict',
  ]);
  for (const variant of report.variants) {
    const { latencyNanos, stages, kernels, calls, cold } = variant;
    expect(latencyNanos.min).toBeLessThanOrEqual(latencyNanos.p50);
    expect(latencyNanos.p50).toBeLessThanOrEqual(latencyNanos.max);
    const sum = Object.values(stages as Record<string, { nanosPerCall: number }>).reduce(
      (total, { nanosPerCall }) => total + nanosPerCall,
      0,
    );
    expect(Math.abs(sum - latencyNanos.mean)).toBeLessThanOrEqual(latencyNanos.mean * 1e-6 + 1);
    expect(calls).toBeGreaterThan(20);
    expect(kernels.length).toBeGreaterThan(0);
    expect(cold.calls).toBeGreaterThanOrEqual(1);
  }
  expect(report.variants[2].cold.causes).toContain('first-trace');
  expect(report.comparisons.map((c: { candidate: string }) => c.candidate)).toEqual(['compiled/predict', 'graph/predict']);
  expect(report.comparisons[0]).toEqual(
    expect.objectContaining({
      ratio: expect.any(Number),
      interval: [expect.any(Number), expect.any(Number)],
      sentence: expect.any(String),
    }),
  );
  expect(report.spans).toEqual({ recorded: expect.any(Number), accepted: null, lost: 0 });
  // TensorFlow's log is kept where it said anything.
  expect(
    readdirSync(out)
      .filter((name) => name !== 'tensorflow.log')
      .sort(),
  ).toEqual(['recordings', 'report.html', 'report.json', 'report.md', 'stacks']);
  for (const file of report.files) expect(existsSync(file.path)).toBe(true);

  const exported = await run('export', out, '--to', 'collapsed', '--out', temporary(), '--json');
  expect(exported.exitCode).toBe(0);
  const stacks = JSON.parse(exported.stdout)
    .files.map((file: string) => readFileSync(file, 'utf8'))
    .join('');
  expect(stacks).toMatch(/^predict;kernel-execution;hidden;.*BatchMatMulV2 \d+$/m);

  const self = await run('compare', out, out, '--json');
  expect(self.exitCode).toBe(0);
  expect(JSON.parse(self.stdout).comparisons.map((c: { ratio: number }) => c.ratio)).toEqual([1, 1, 1]);
});

test.each([
  ['no such path', () => ['profile', '/no/such/model'], 66, /no\/such\/model/],
  ['a folder that is no model', () => ['profile', temporary()], 65, /is not a model/],
  ['an unknown signature', () => ['profile', fixture('saved-model-tiny'), '--signature', 'nope'], 64, /nope/],
  ['an unknown variant', () => ['profile', fixture('layers-tiny'), '--variants', 'compild'], 64, /Did you mean compiled/],
  ['an unknown format', () => ['export', fixture('layers-tiny'), '--to', 'svgg'], 64, /format/],
  ['an unknown command', () => ['profle'], 64, /did you mean profile/],
  [
    'truncated weights',
    () => {
      const copy = path.join(temporary(), 'model');
      cpSync(fixture('layers-tiny'), copy, { recursive: true });
      truncateSync(path.join(copy, 'weights.bin'), 3);
      return ['profile', copy];
    },
    65,
    /weights\.bin/,
  ],
  ['a run that is none', () => ['view', '/no/such/run', '--no-open'], 66, /There is no run/],
  [
    'a recording that is none',
    () => {
      const file = path.join(temporary(), 'x.isr');
      writeFileSync(file, 'hello, I am not a recording');
      return ['compare', file, file];
    },
    65,
    /not an Inferscope recording/,
  ],
  [
    'a collector that is none, before anything is run',
    () => ['profile', fixture('layers-tiny'), '--export', 'otlp', '--endpoint', 'foo'],
    64,
    /"foo" is no OTLP\/HTTP address: give one such as/,
  ],
  [
    'a baseline that cannot be written, before anything is measured',
    () => ['baseline', fixture('layers-tiny'), '--out', '/dev/null/x'],
    74,
    /^inferscope: Cannot write \/dev\/null\/x/,
  ],
  [
    'a baseline that is no JSON',
    () => ['check', fixture('layers-tiny'), '--baseline', path.resolve('README.md')],
    65,
    /README\.md is not a baseline, because it is not JSON: make one with `inferscope baseline`\./,
  ],
  [
    'a program that does not exist',
    () => ['run', '--', '/no/program'],
    66,
    /\/no\/program cannot be started .*: check that it is on the PATH/,
  ],
  [
    'a folder for Jaeger that cannot be made',
    () => ['jaeger', 'up', '--with', 'path', '--home', '/dev/null/x'],
    74,
    /choose another folder with --home/,
  ],
  [
    'a run folder that cannot be made',
    () => ['profile', fixture('layers-tiny'), '--out', '/dev/null/run'],
    74,
    /choose another with --out/,
  ],
] as const)('%s: one sentence, its exit code, no stack trace', async (_name, args, code, sentence) => {
  const { stderr, stdout, exitCode } = await run(...args());
  expect(stderr).toMatch(sentence);
  expect(stderr.split('\n').filter((line) => line.startsWith('inferscope: '))).toHaveLength(1);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(exitCode).toBe(code);
  expect(stdout).toBe('');
});

test('--warmup that is given counts with --quick too', async () => {
  const out = path.join(temporary(), 'run');
  const { exitCode } = await run(
    'profile',
    fixture('layers-tiny'),
    '--variants',
    'uncompiled/predict',
    '--calls',
    '5',
    '--quick',
    '--warmup',
    '10',
    '--out',
    out,
  );
  expect(exitCode).toBe(0);
  const [recording] = readRun(out);
  expect(recording?.calls.filter(({ round, temperature }) => round < 0 && temperature === 'warm')).toHaveLength(10);
});

test('Ctrl-C leaves a report of what there is', async () => {
  const out = path.join(temporary(), 'run');
  const child = spawn(
    process.execPath,
    [CLI, 'profile', fixture('layers-tiny'), '--variants', 'uncompiled/predict', '--duration', '60', '--out', out],
    { stdio: 'ignore', cwd: temporary() },
  );
  const recording = path.join(out, 'recordings/main.isr');
  await vi.waitUntil(() => existsSync(recording) && statSync(recording).size >= 100_000, 60_000);
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  child.kill('SIGINT');
  expect(await closed).toBe(130);
  const report = JSON.parse(readFileSync(path.join(out, 'report.json'), 'utf8'));
  expect(report.variants[0].calls).toBeGreaterThan(0);
  expect(report.notes.join()).toMatch(/interrupted/);
});

// A real file system of 400 KB: mounting one needs root, or a user namespace that may mount.
const mounting = spawnSync('unshare', ['--mount', '--map-root-user', 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()]);
if (mounting.status !== 0) console.warn('Skipped: a full disk (this machine lets nobody mount a small file system).');

test.skipIf(mounting.status !== 0)(
  'a disk that fills up ends the run with a sentence, and what was recorded opens [needs leave to mount]',
  async () => {
    const folder = temporary();
    const kept = path.join(temporary(), 'kept.isr');
    const script =
      'mount -t tmpfs -o size=400k tmpfs "$1" && "$2" "$3" profile "$4" --variants uncompiled/predict --calls 4000 --out "$1/run"; code=$?; cp "$1/run/recordings/main.isr" "$5"; exit $code';
    const { exitCode, stderr } = await execa(
      'unshare',
      ['--mount', '--map-root-user', 'sh', '-c', script, 'sh', folder, process.execPath, CLI, fixture('layers-tiny'), kept],
      { reject: false },
    );
    expect(exitCode).toBe(74);
    expect(stderr).toMatch(
      /Cannot write the recording .*: the disk is full: free some space or choose another folder with --out\. What was recorded before is in it/,
    );
    expect(stderr).not.toMatch(/^\s+at /m);
    const viewed = await run('export', kept, '--to', 'collapsed', '--out', temporary(), '--json');
    expect(viewed.exitCode).toBe(0);
    const stacks = JSON.parse(viewed.stdout)
      .files.map((file: string) => readFileSync(file, 'utf8'))
      .join('');
    expect(stacks).toMatch(/^predict;/m);
  },
);
