import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { outsideProcesses } from '../../../src/analyse/findings/outside.js';
import { nothingRecorded } from '../../../src/cli/nothing-recorded.js';
import type { OutsideKernel } from '../../../src/model/outside-operations.js';
import { noteOutside, outsideIn } from '../../../src/record/outside-file.js';
import { OutsideOperations } from '../../../src/telemetry/live/outside-operations.js';
import { outsideWords } from '../../../src/report/words/notes.js';

// Inside the repository, so that programs find TensorFlow as a user's would.
mkdirSync('node_modules/.cache', { recursive: true });
const folder = mkdtempSync(path.resolve('node_modules/.cache/outside-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const counts = (kernels: readonly OutsideKernel[]): Record<string, number> =>
  Object.fromEntries(kernels.map(({ name, count }) => [name, count]));

describe('operations outside of calls', () => {
  it('are counted at the outermost one, thrown or not, and ours are left out', () => {
    let noted: readonly OutsideKernel[] = [];
    const outside = new OutsideOperations((kernels) => (noted = kernels));
    expect(outside.run('Mean', () => outside.run('Sum', () => 7))).toBe(7);
    expect(() =>
      outside.run('Cast', () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    outside.without(() => outside.run('Add', () => 1));
    outside.run('Mean', () => outside.without(() => outside.run('Sum', () => 1)));
    outside.flush();
    expect(counts(noted)).toEqual({ Mean: 2, Cast: 1 });
  });

  it('of a program that is killed are noted but for less than half', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), (operations) => {
        let noted = 0;
        const outside = new OutsideOperations((kernels) => (noted = kernels.reduce((sum, { count }) => sum + count, 0)));
        for (let n = 0; n < operations; n++) outside.run('Add', () => n);
        expect(noted).toBeGreaterThan(operations / 2);
        expect(noted).toBeLessThanOrEqual(operations);
      }),
    );
  });

  it('are kept by process and thread, the last line of each; half a line is none', () => {
    const run = path.join(folder, 'lines');
    const add = (count: number): OutsideKernel => ({ name: 'Add', count, nanos: count * 10 });
    noteOutside(run, { from: '1-0', kernels: [add(1)] });
    noteOutside(run, { from: '2-0', kernels: [add(5), { name: 'Mul', count: 2, nanos: 3 }] });
    noteOutside(run, { from: '1-0', kernels: [add(4)] });
    const file = path.join(run, 'outside-operations.jsonl');
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"from":"3-0","ker`);
    expect(outsideIn(run)).toEqual([
      { name: 'Add', count: 4, nanos: 40, from: '1-0' },
      { name: 'Add', count: 5, nanos: 50, from: '2-0' },
      { name: 'Mul', count: 2, nanos: 3, from: '2-0' },
    ]);
    expect(outsideIn(path.join(folder, 'none'))).toEqual([]);
  });

  it('are told with the kernels that take longest first', () => {
    const kernels = ['A', 'B', 'C', 'D'].map((name, index) => ({ name, count: 400, nanos: index * 1e6 }));
    const told = (of: readonly OutsideKernel[]): string => outsideWords(outsideProcesses(of));
    expect(told(kernels)).toBe('1,600 operations (6.00 ms, most of it in D, C and B)');
    expect(told(kernels.slice(1, 2))).toBe('400 operations (1.00 ms, all of it in B)');
  });

  it('are told of each process by itself, the one that took most first, and its threads are counted', () => {
    const of = (from: string, ...millis: number[]): OutsideKernel[] =>
      millis.map((nanos, index) => ({ name: 'ABCDE'[index] ?? '', count: 10, nanos: nanos * 1e6, from }));
    const told = (...kernels: OutsideKernel[][]): string => outsideWords(outsideProcesses(kernels.flat()));
    expect(told(of('1-0', 4), of('1-7', 4))).toBe('20 operations on 2 threads (8.00 ms added up, all of it in A)');
    expect(told(of('1-0', 1), of('22-0', 2, 3, 4, 5), of('22-1', 0.5))).toBe(
      'operations in 2 processes (process 22: 50 operations on 2 threads, 14.5 ms added up, most of it in D, C and B; process 1: 10 operations, 1.00 ms, all of it in A)',
    );
    expect(told(...[1, 2, 3, 4, 5].map((process) => of(`${process}-0`, process)))).toMatch(
      /^operations in 5 processes \(process 5: 10 operations, 5\.00 ms, all of it in A; process 4: .*; process 3: [^;]*; 2 more\)$/,
    );
  });

  it('of a recording of the first days, which added them up, are told as those of one process', () => {
    expect(outsideProcesses([{ name: 'Add', count: 2, nanos: 5 }])).toEqual([
      { process: null, threads: 1, operations: 2, nanos: 5, kinds: ['Add'] },
    ]);
  });

  it('come with a command that can be typed', () => {
    const kernels = [{ name: 'Add', count: 1, nanos: 5 }];
    expect(nothingRecorded(kernels, ['node', '--expose-gc', 'my app.js', "it's"], 'npx inferscope')).toContain(
      "type node --cpu-prof --cpu-prof-name=operations.cpuprofile --expose-gc 'my app.js' 'it'\\''s', then npx inferscope view operations.cpuprofile;",
    );
    expect(nothingRecorded(kernels, ['npx', 'jest'], 'inferscope')).toContain(
      'start its node with --cpu-prof --cpu-prof-name=operations.cpuprofile, then inferscope view',
    );
    expect(nothingRecorded([], ['node', 'a.js'], 'inferscope')).toMatch(/^No report: no model call was seen\./);
  });
});

/** Counts as the program itself can: the outermost kernels of its engine, apart from those of calls. */
const COUNTING = `
const tf = require('@tensorflow/tfjs-node');
let depth = 0, counted = 0;
const engine = Object.getPrototypeOf(tf.engine()), original = engine.runKernel;
engine.runKernel = function (...args) {
  if (depth++ === 0) counted++;
  try { return original.apply(this, args); } finally { depth--; }
};
const uncounted = (body) => { const before = counted; const result = body(); counted = before; return result; };
process.on('exit', () => console.log('COUNTED', counted));`;

async function ran(name: string, body: string): Promise<{ readonly counted: number; readonly told: string; readonly out: string }> {
  const file = path.join(folder, name);
  writeFileSync(file, `${COUNTING}\n${body}`);
  const out = path.join(folder, `${name}-run`);
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['dist/cli/main.js', 'run', '--full', '--out', out, '--', process.execPath, file],
    { maxBuffer: 2 ** 26 },
  );
  return { counted: Number(/COUNTED (\d+)/.exec(stdout)?.[1]), told: stdout + stderr, out };
}

const TRAINING = `
const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [3] })] });
model.compile({ loss: 'meanSquaredError', optimizer: 'sgd' });
const trained = model.fit(tf.ones([6, 3]), tf.ones([6, 1]), { epochs: 40, verbose: 0 });`;

describe('a program under run', () => {
  it('that trains is not told that it did nothing, and leaves no folder', async () => {
    const { counted, told, out } = await ran('train.cjs', TRAINING);
    expect(counted).toBeGreaterThan(100);
    expect(told).toContain(`the program ran ${counted.toLocaleString('en-US')} operations (`);
    expect(told).not.toContain('no model call was seen');
    expect(existsSync(out)).toBe(false);
  });

  it('that trains and predicts is told what is not in the figures', async () => {
    const { counted, told } = await ran(
      'both.cjs',
      `${TRAINING}
    const x = tf.ones([1, 3]);
    trained.then(() => uncounted(() => { for (let i = 0; i < 3; i++) model.predict(x); }));`,
    );
    expect(told).toContain(`Outside of model calls, the program ran ${counted.toLocaleString('en-US')} operations (`);
  });
});
