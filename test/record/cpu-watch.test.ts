import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import { stretchEndedBy } from '../../src/analyse/cpu.js';
import type { CallSite } from '../../src/engines/call-site.js';
import type { EngineCopy } from '../../src/engines/in-program.js';
import type { CallStart } from '../../src/model/recorder.js';
import { cpuLimit } from '../../src/record/cgroup.js';
import { readRecording } from '../../src/record/reader.js';
import { ProgramRecording } from '../../src/telemetry/live/program-recording.js';
import { META } from '../helpers/recordings.js';
import { smallModel } from '../../src/engines/onnxruntime/load/write-model.js';
import { countCall, CpuWatch, shareWithWorkers } from '../../src/record/cpu-watch.js';

type OrtModule = typeof import('onnxruntime-node');
// Before the engines are loaded.
const watch = new CpuWatch(Infinity, 'not loaded');
const require = createRequire(import.meta.url);

/** Runs something until this process took so much processor time, by the system's other accounting. */
async function untilTaken(millis: number, body: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  for (;;) {
    await body();
    const { user, system } = process.cpuUsage(before);
    if (user + system > millis * 1000) return (user + system) * 1000;
  }
}

function spin(): void {
  let value = 1;
  for (let step = 0; step < 100_000; step += 1) value = Math.imul(value ^ step, 0x5bd1e995) | 1;
  if (value === 0) throw new Error('never');
}

describe.skipIf(process.platform !== 'linux')('processor time by thread group [needs Linux, which tells it of single threads]', () => {
  it("of a loop of JavaScript is the JavaScript thread's", async () => {
    const before = process.cpuUsage();
    watch.begin();
    const taken = await untilTaken(150, () => Promise.resolve(spin()));
    const { process: whole, threads } = watch.end(1)!;
    const { user, system } = process.cpuUsage(before);
    expect(whole.nanos).toBeGreaterThanOrEqual(taken);
    expect(whole.nanos).toBeLessThanOrEqual((user + system) * 1000);
    expect(threads!.javascript.nanos).toBeGreaterThan(0.9 * whole.nanos);
    expect(threads!.native.nanos).toBe(0);
  });

  it.each([
    [
      'TensorFlow',
      () => {
        process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
        const tf = require('@tensorflow/tfjs-node') as typeof import('@tensorflow/tfjs-node');
        const matrix = tf.ones([600, 600]);
        return Promise.resolve(() => Promise.resolve(tf.matMul(matrix, matrix).dispose()));
      },
    ],
    [
      'ONNX Runtime',
      async () => {
        process.env['ORT_DISABLE_TELEMETRY'] = '1';
        const ort = require('onnxruntime-node') as OrtModule;
        const model = smallModel([{ op: 'MatMul', inputs: ['x', 'x'], output: 'y' }], [['x', [600, 600]]], [['y', [600, 600]]]);
        const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 3 });
        const x = new ort.Tensor('float32', new Float32Array(600 * 600), [600, 600]);
        return () => session.run({ x });
      },
    ],
  ])("of products of matrices is the engine's own threads', but for what the calling thread computes itself: %s", async (_, load) => {
    const call = await load();
    await call();
    watch.begin();
    const taken = await untilTaken(300, call);
    const { process: whole, threads, calls } = watch.end(7)!;
    const { javascript, native, other, nativeThreads } = threads!;
    expect(calls).toBe(7);
    expect(nativeThreads).toBeGreaterThan(0);
    expect(native.nanos).toBeGreaterThan(0.3 * taken);
    expect((javascript.nanos + native.nanos + other.nanos) / whole.nanos).toBeCloseTo(1, 1);
  });

  it('of another thread of JavaScript that is watched too is no engine’s', async () => {
    const worker = new Worker(
      `const { parentPort, workerData } = require('node:worker_threads');
       const { readlinkSync } = require('node:fs');
       parentPort.on('message', (numbers) => {
         const view = new Int32Array(numbers);
         Atomics.store(view, 1 + (Atomics.add(view, 0, 1) % (view.length - 1)), Number(/task\\/(\\d+)/.exec(readlinkSync('/proc/thread-self'))[1]));
         parentPort.postMessage('known');
         const end = performance.now() + 100;
         while (performance.now() < end);
         parentPort.postMessage('done');
       });`,
      { eval: true },
    );
    const heard = (word: string): Promise<void> => new Promise((resolve) => worker.on('message', (said) => said === word && resolve()));
    const { getEnvironmentData } = await import('node:worker_threads');
    const done = heard('done');
    worker.postMessage(getEnvironmentData('inferscope.threads'));
    await heard('known');
    watch.begin();
    await done;
    const { threads } = watch.end(1)!;
    await worker.terminate();
    expect(threads!.other.nanos).toBeGreaterThan(threads!.native.nanos);
    expect(threads!.other.nanos).toBeGreaterThan(1e6);
  });

  it('is not looked at more often than it may take', () => {
    const seldom = new CpuWatch(0, 'not loaded');
    const looks = Array.from({ length: 30 }, () => {
      seldom.begin();
      return seldom.end(1);
    });
    const looked = looks.flatMap((look, at) => (look === undefined ? [] : [at]));
    expect(looked).toEqual([0, 1, 2, 3, 4, 6, 9, 13, 19, 28]);
  });

  it('of a stretch in which something else ran is not told', () => {
    watch.begin();
    watch.cancel();
    expect(watch.end(1)).toBeUndefined();
  });
});

it('knows of calls that end in other threads, which are handed what is shared before they begin', async () => {
  shareWithWorkers();
  const worker = new Worker(
    `const { getEnvironmentData, parentPort } = require('node:worker_threads');
     parentPort.once('message', () => parentPort.postMessage(Atomics.add(new Int32Array(getEnvironmentData('inferscope.calls')), 0, 3)));`,
    { eval: true },
  );
  watch.begin();
  countCall();
  const counted = new Promise((resolve) => worker.once('message', resolve));
  worker.postMessage('go');
  await counted;
  const use = watch.end(1)!;
  await worker.terminate();
  expect([use.calls, use.otherCalls]).toEqual([1, 3]);
});

it('of calls that overlap is that of stretches in which calls ran, or of many calls where some always do', async () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'inferscope-overlap-')), 'x.isr');
  const start: CallStart = { variant: 0, temperature: 'warm', round: -1, signature: 'float32[1]', batch: 1 };
  const recording = new ProgramRecording(file, { start: () => start, meta: () => META }, expect.fail);
  const { recorder } = recording;
  const site: CallSite = { runtime: 'onnxruntime', call: 'run', model: {}, inputs: undefined };
  const name = recorder.interner.string('run');
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const call = async (): Promise<void> => {
    const begun = recording.begins({} as EngineCopy, site)!;
    await recorder.callAsync(begun, name, 0, 4, async () => {
      await turn();
      spin();
      await turn();
    });
  };
  /** Callers that ask again as soon as they have their answer. */
  const callers = async (count: number, calls: number): Promise<void> => {
    let left = calls;
    await Promise.all(
      Array.from({ length: count }, async () => {
        while (left-- > 0) await call();
      }),
    );
  };
  const before = process.cpuUsage();
  for (let burst = 0; burst < 5; burst++) await callers(3, 3);
  await callers(4, 205);
  const { user, system } = process.cpuUsage(before);
  recording.close();
  const { calls } = readRecording(file);
  const uses = calls.flatMap((_, number) => stretchEndedBy(calls, number) ?? []);
  expect(calls).toHaveLength(220);
  expect(uses.slice(0, 5).map((use) => use.calls)).toEqual([3, 3, 3, 3, 3]);
  expect(uses.slice(5).every((use) => use.calls >= 10)).toBe(true);
  const perCall = uses.reduce((sum, use) => sum + use.process.nanos, 0) / uses.reduce((sum, use) => sum + use.calls, 0);
  expect(perCall / (((user + system) * 1000) / 220)).toBeGreaterThan(0.5);
  expect(perCall / (((user + system) * 1000) / 220)).toBeLessThan(1.5);
});

it('where an engine is loaded already, its threads are not guessed', () => {
  const late = new CpuWatch(Infinity, 'loaded');
  late.begin();
  spin();
  const use = late.end(1)!;
  expect(use.threads).toBeUndefined();
  expect(use.process.nanos).toBeGreaterThan(0);
});

describe('the limit of a container', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'cgroup-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  let count = 0;
  /** A tree of control groups with these files, and the process in one of them. */
  function tree(files: Readonly<Record<string, string>>, own: string) {
    const folder = path.join(root, String((count += 1)));
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), text);
    }
    writeFileSync(path.join(folder, 'own'), own);
    return { root: folder, own: path.join(folder, 'own') };
  }

  it('version 2: in the group or above it, the tightest; what any of them held back is added up', () => {
    const limit = cpuLimit(
      tree(
        {
          'pods/cpu.max': '150000 100000\n',
          'pods/cpu.stat': 'usage_usec 5\nnr_throttled 2\nthrottled_usec 700\n',
          'pods/one/cpu.max': '400000 100000\n',
          'pods/one/cpu.stat': 'throttled_usec 20\n',
        },
        '0::/pods/one\n',
      ),
    );
    expect(limit?.cores).toBe(1.5);
    expect(limit?.throttledNanos()).toBe(720_000);
  });

  it('version 1: nanoseconds, and a mount that holds two controllers', () => {
    const limit = cpuLimit(
      tree(
        {
          'cpu,cpuacct/docker/abc/cpu.cfs_quota_us': '50000\n',
          'cpu,cpuacct/docker/abc/cpu.cfs_period_us': '100000\n',
          'cpu,cpuacct/docker/abc/cpu.stat': 'nr_periods 9\nnr_throttled 4\nthrottled_time 123456\n',
          'cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
          'cpu,cpuacct/cpu.cfs_period_us': '100000\n',
        },
        '5:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n',
      ),
    );
    expect([limit?.cores, limit?.throttledNanos()]).toEqual([0.5, 123_456]);
  });

  it('of a container that sees its own group as the root', () => {
    expect(cpuLimit(tree({ 'cpu.max': '200000 100000', 'cpu.stat': '' }, '0::/kubepods/burstable/x\n'))?.cores).toBe(2);
  });

  it('is none where there is no group, no limit, or nothing that can be read', () => {
    expect(cpuLimit(tree({ 'a/cpu.max': 'max 100000' }, '0::/a\n'))).toBeNull();
    expect(cpuLimit(tree({ 'a/cpu.max': '' }, 'nonsense\n'))).toBeNull();
    expect(cpuLimit({ root: '/nowhere', own: '/nowhere/own' })).toBeNull();
  });
});
