import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { cpuFigure, stretchEndedBy } from '../../../src/analyse/cpu.js';
import { smallModel } from '../../../src/engines/onnxruntime/load/write-model.js';
import type { CpuUse } from '../../../src/model/cpu.js';
import type { Recording } from '../../../src/model/recording.js';
import { isCreation } from '../../../src/model/variant.js';
import { readRun } from '../../../src/runs/run-folder.js';

/** What the program itself read around a call. */
interface OwnReading {
  readonly wallMillis: number;
  readonly ticksMillis: number;
  readonly usageMillis: number;
}

const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-processor-time-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const MODEL = path.join(folder, 'product.onnx');
const SIDE = 1200;
writeFileSync(MODEL, smallModel([{ op: 'MatMul', inputs: ['x', 'x'], output: 'y' }], [['x', [SIDE, SIDE]]], [['y', [SIDE, SIDE]]]));

/** The stretches that were looked at, each with what the program read around the same call. */
function pairs(recording: Recording, own: readonly OwnReading[]): readonly (readonly [CpuUse, OwnReading])[] {
  const calls = recording.calls.flatMap(({ variant }, number) => (isCreation(recording.meta.variants[variant]!) ? [] : [number]));
  expect(calls).toHaveLength(own.length);
  return calls.flatMap((number, at) => {
    const use = stretchEndedBy(recording.calls, number);
    return use === null ? [] : [[use, own[at]!] as const];
  });
}

const sum = <Item>(items: readonly Item[], of: (item: Item) => number): number => items.reduce((total, item) => total + of(item), 0);
/** What a program reads around a call has our looks in it, in which each of an engine's threads may spin. */
const LOOKS_MILLIS = 4;

describe.skipIf(process.platform !== 'linux')(
  'processor time and parallel efficiency [needs Linux, which tells it of single threads]',
  () => {
    it.each([
      ['TensorFlow', 1, {}],
      ['TensorFlow', 2, {}],
      ['ONNX Runtime', 1, { PRODUCTS_MODEL: MODEL }],
      ['ONNX Runtime', 2, { PRODUCTS_MODEL: MODEL }],
    ])('%s, %i threads: are what getrusage and /proc/self/stat say of the same calls', async (engine, threads, more) => {
      const out = path.join(folder, `${engine}-${threads}`);
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['dist/cli/main.js', 'run', '--out', out, '--', process.execPath, path.resolve('test/telemetry/live/programs/products.cjs')],
        { env: { ...process.env, PRODUCTS_THREADS: String(threads), ORT_DISABLE_TELEMETRY: '1', ...more } },
      );
      const own = JSON.parse(stdout.split('\n').find((line) => line.startsWith('[{'))!) as readonly OwnReading[];
      const recording = readRun(out)[0]!;
      const looked = pairs(recording, own);
      expect(looked.length).toBeGreaterThanOrEqual(3);
      const uses = looked.map(([use]) => use);
      const processMillis = sum(uses, (use) => use.process.nanos) / 1e6;
      const within = (share: number) => share * processMillis + LOOKS_MILLIS * threads * looked.length;
      expect(Math.abs(sum(looked, ([, { usageMillis }]) => usageMillis) - processMillis)).toBeLessThan(within(0.05));
      // Clock ticks are of 10 ms, at the begin and at the end.
      expect(Math.abs(sum(looked, ([, { ticksMillis }]) => ticksMillis) - processMillis)).toBeLessThan(within(0.05) + 20);
      const groups = sum(uses, ({ threads: by }) => by!.javascript.nanos + by!.native.nanos + by!.other.nanos) / 1e6;
      expect(groups / processMillis).toBeCloseTo(1, 1);
      const nativeMillis = sum(uses, ({ threads: by }) => by!.native.nanos) / 1e6;
      const wallMillis = sum(uses, (use) => use.wallNanos) / 1e6;
      if (threads === 1) {
        expect(nativeMillis).toBeLessThan(0.05 * processMillis);
        // One thread that computes either runs or waits for a processor, however busy the machine is.
        const present = sum(uses, ({ threads: by }) => by!.javascript.nanos + by!.waitNanos) / 1e6;
        expect(Math.abs(present - wallMillis)).toBeLessThan(0.1 * wallMillis + LOOKS_MILLIS * looked.length);
      } else expect(nativeMillis).toBeGreaterThan(0.2 * processMillis);
      const { efficiency, threads: usable, waitShare } = cpuFigure(uses, recording.meta.environment)!;
      expect(usable).toBe(threads);
      if (efficiency === null) expect(waitShare).toBeGreaterThan(0.2);
      else {
        const expected = sum(looked, ([, { usageMillis }]) => usageMillis) / sum(looked, ([, each]) => each.wallMillis) / threads;
        // Calls that had to wait for a processor are in what the program read, and not in the figure.
        const waiting = sum(uses, ({ threads: by }) => by!.waitNanos) / 1e6 / wallMillis / threads;
        expect(Math.abs(efficiency - Math.min(1, expected))).toBeLessThan(0.15 + waiting);
      }
    });
  },
);
