import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import type { CallSite } from '../../../src/engines/call-site.js';
import { readRun } from '../../../src/runs/run-folder.js';
import { ProgramRecording } from '../../../src/telemetry/live/program-recording.js';
import { tensorFlowCopy } from './tensorflow-copy.js';

const REGISTER = pathToFileURL(path.resolve('dist/telemetry/live/register.js')).href;
const PROGRAM = path.resolve('test/telemetry/live/programs/counting.cjs');
const temporary = (): string => mkdtempSync(path.join(tmpdir(), 'unharmed-'));

interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program as it is under `inferscope run`, in a shell where that needs one. */
function recorded(folder: string, args: readonly string[], shell: readonly string[] = []): Ended {
  const [command = process.execPath, ...rest] = [...shell, process.execPath, '--import', REGISTER, PROGRAM, ...args];
  return spawnSync(command, rest, { encoding: 'utf8', env: { ...process.env, INFERSCOPE_RUN_FOLDER: folder } });
}

test('a program that never yields and is killed keeps nearly all of its calls', () => {
  const folder = temporary();
  const { signal, stdout } = recorded(folder, ['2000', 'kill']);
  expect([signal, stdout]).toEqual(['SIGKILL', '{"errors":0}']);
  const [recording] = readRun(folder);
  expect(recording!.complete).toBe(false);
  expect(recording!.calls.length).toBeGreaterThan(1600);
});

test('a worker that is blocked and terminated keeps the few calls it made', () => {
  const folder = temporary();
  const { status, stdout } = recorded(folder, ['12', 'terminate']);
  expect([status, stdout]).toEqual([0, '{"errors":0}']);
  expect(readRun(folder).map(({ calls }) => calls.length)).toEqual([12]);
});

test('process.exit keeps every call and the exit code', () => {
  const folder = temporary();
  expect(recorded(folder, ['300', 'exit']).status).toBe(3);
  expect(readRun(folder).map(({ calls, complete }) => [calls.length, complete])).toEqual([[300, true]]);
});

test('without a file handle the program has every answer, and is told once what is missing', () => {
  const folder = temporary();
  const { status, stdout, stderr } = recorded(folder, ['60', 'end', 'hold-descriptors'], ['sh', '-c', 'ulimit -n 64; exec "$@"', 'sh']);
  expect([status, stdout]).toEqual([0, '{"errors":0}']);
  expect(stderr.match(/inferscope: recording stopped/g)).toHaveLength(1);
  expect(stderr).toContain('60 of 60 calls are missing');
});

test.each(['timeout', 'interval', 'later'])(
  'an exporter that never answers and waits by a timer (%s): the program ends after the deadline, and is told what was not sent',
  (by) => {
    const silent = path.resolve('test/telemetry/live/programs/silent-provider.cjs');
    const preloaded = ['--require', silent, '--import', 'inferscope/register', PROGRAM, '200'];
    const env = { ...process.env, INFERSCOPE_END_SECONDS: '0.5', SILENT_BY: by };
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, preloaded, { encoding: 'utf8', env, timeout: 60_000 });
    expect([status, signal, stdout]).toEqual([0, null, '{"errors":0}']);
    const [, calls = '0'] = /the spans of (\d+) calls were not sent: .* took longer than 0\.5 s/.exec(stderr) ?? [];
    expect(Number(calls)).toBeGreaterThan(0);
    expect(Number(calls)).toBeLessThanOrEqual(200);
  },
);

const mounting = spawnSync('unshare', ['--mount', '--map-root-user', 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()]);
if (mounting.status !== 0) console.warn('Skipped: a full disk (this machine lets nobody mount a small file system).');

test.skipIf(mounting.status !== 0).each([
  ['from the start', '8k', 0],
  ['in the middle', '300k', 1],
])('a disk that is full %s harms no call, and the recording says how many are missing [needs leave to mount]', (_, size, least) => {
  const folder = temporary();
  const kept = temporary();
  const script = `mount -t tmpfs -o size=${size} tmpfs "$0" && INFERSCOPE_RUN_FOLDER="$0" "$@"; code=$?; cp -r "$0/recordings" ${kept}; exit $code`;
  const { status, stdout, stderr } = recorded(
    folder,
    ['1000', 'end'],
    ['unshare', '--mount', '--map-root-user', 'sh', '-c', script, folder],
  );
  expect([status, stdout]).toEqual([0, '{"errors":0}']);
  expect(stderr).toMatch(/inferscope: recording stopped: .*the disk is full/);
  const [recording] = readRun(kept);
  const { calls, lostCalls, complete } = recording!;
  expect(complete).toBe(false);
  expect(calls.length).toBeGreaterThanOrEqual(least);
  const [, missing = ''] = /(\d+) of 1000 calls are missing/.exec(stderr) ?? [];
  expect(calls.length + Number(missing)).toBe(1000);
  // Where not even the recording's end fits on the disk, it reads as one that was cut off.
  expect(lostCalls ?? Number(missing)).toBe(Number(missing));
});

test('a defect of ours ends the recording, never the call', () => {
  const told: string[] = [];
  const site: CallSite = { runtime: 'layers-model', call: 'predict', model: {}, inputs: undefined };
  const recording = new ProgramRecording(
    path.join(temporary(), 'x.isr'),
    {
      start: () => {
        throw new TypeError('a defect');
      },
      meta: () => {
        throw new Error('unreached');
      },
    },
    (sentence) => told.push(sentence),
  );
  const copy = tensorFlowCopy();
  expect([recording.begins(copy, site), recording.begins(copy, site), recording.begins(copy, site)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  recording.recorder.trouble(new Error('another'));
  recording.close();
  expect(told).toEqual([
    expect.stringMatching(/^recording stopped: a defect\. The program continues/),
    '3 of 3 calls are missing from the recording.',
  ]);
});
