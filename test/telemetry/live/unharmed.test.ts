import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import type { CallSite } from '../../../src/engines/call-site.js';
import type { CallStart } from '../../../src/model/recorder.js';
import type { CallContext } from '../../../src/record/call-context.js';
import { readRecording } from '../../../src/record/reader.js';
import { SpanBound } from '../../../src/record/span-bound.js';
import { readRun } from '../../../src/runs/run-folder.js';
import { toldAnalysis } from '../../../src/runs/told.js';
import { ProgramRecording } from '../../../src/telemetry/live/program-recording.js';
import { META } from '../../helpers/recordings.js';
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
  expect(recording!.calls.length).toBeGreaterThan(1600);
  // It may have been killed just after its last call was written.
  expect(recording!.complete).toBe(recording!.calls.length === 2000);
});

test('a worker that is blocked and terminated keeps the few calls it made', () => {
  const folder = temporary();
  const { status, stdout } = recorded(folder, ['12', 'terminate']);
  expect([status, stdout]).toEqual([0, '{"errors":0}']);
  expect(readRun(folder).map(({ calls, complete }) => [calls.length, complete])).toEqual([[12, true]]);
});

test('a recording is complete while its program rests, and is not while a call is under way', () => {
  const file = path.join(temporary(), 'rests.isr');
  const site: CallSite = { runtime: 'layers-model', call: 'predict', model: {}, inputs: undefined };
  const start: CallStart = { variant: 0, temperature: 'warm', round: -1, signature: 'float32[1]', batch: 1 };
  const recording = new ProgramRecording(file, { start: () => start, meta: () => META }, expect.fail);
  const copy = tensorFlowCopy();
  const read = (): [number, boolean] => {
    const { calls, complete } = readRecording(file);
    return [calls.length, complete];
  };
  const during: [number, boolean][] = [];
  for (let call = 0; call < 3; call++) {
    recording.recorder.callSync(recording.begins(copy, site)!, 0, 0, 4, () => during.push(read()));
    recording.flush();
    expect(read()).toEqual([call + 1, true]);
  }
  expect(during).toEqual([
    [0, false],
    [1, false],
    [2, false],
  ]);
  recording.close();
  expect(read()).toEqual([3, true]);
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

test('a recording that has grown large keeps the spans of some calls and the latency of every one', () => {
  const file = path.join(temporary(), 'long.isr');
  const site: CallSite = { runtime: 'layers-model', call: 'predict', model: {}, inputs: undefined };
  const start: CallStart = { variant: 0, temperature: 'warm', round: -1, signature: 'float32[1]', batch: 1 };
  const bytes = 40_000;
  const recording = new ProgramRecording(file, { start: () => start, meta: () => META }, expect.fail, undefined, new SpanBound(bytes));
  const copy = tensorFlowCopy();
  const { recorder } = recording;
  const [name, kernel] = ['predict', 'MatMul'].map((text) => recorder.interner.string(text)) as [number, number];
  const failed = 4321;
  for (let call = 0; call < 5000; call++) {
    const body = (context: CallContext): void => {
      for (let row = 0; row < 4; row++) context.close(context.open(kernel, 4, 2));
      if (call === failed) throw new Error('of the program');
    };
    const begun = recording.begins(copy, site)!;
    try {
      recorder.callSync(begun, name, 0, 4, body);
    } catch {
      // The program's own.
    }
    if (call % 10 === 0) recording.flush();
  }
  recording.close();
  const read = readRecording(file);
  expect([read.calls.length, read.complete, read.lostSpans]).toEqual([5000, true, 0]);
  const withSpans = read.calls.flatMap(({ rootSpan }, call) => (rootSpan < 0 ? [] : [call]));
  expect(read.spans.length).toBe(withSpans.length * 5);
  expect(withSpans).toContain(failed);
  // All until the bound, then fewer and fewer, to the end.
  const inFifth = Array.from({ length: 5 }, (_, fifth) => withSpans.filter((call) => Math.floor(call / 1000) === fifth).length);
  expect(withSpans.slice(0, 50)).toEqual(Array.from({ length: 50 }, (_, call) => call));
  expect(inFifth.every((count, at) => count > 0 && (at === 0 || count <= inFifth[at - 1]! + 1))).toBe(true);
  expect(inFifth[4]).toBeLessThan(100);
  expect(toldAnalysis([read]).variants.map(({ calls, errors }) => [calls, errors])).toEqual([[4999, 1]]);
  expect(toldAnalysis([read]).notes.join(' ')).toMatch(
    new RegExp(`stages come from ${withSpans.length - 1} of 4999 calls, those recorded with spans`),
  );
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
