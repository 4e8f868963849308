import { existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test, vi } from 'vitest';
import { compareModels } from '../../src/measure/pairs/compare-models.js';
import { readRun } from '../../src/runs/run-folder.js';
import { expectToldAgain, screenOf, withoutPlaces } from '../helpers/told-again.js';

// The command line as a user runs it: the built dist/, processes of their own, the real TensorFlow.
const CLI = path.resolve('dist/cli/main.js');
const fixture = (name: string): string => path.resolve('test/fixtures', name);
const temporary = (): string => mkdtempSync(path.join(tmpdir(), 'inferscope-compare-'));
const run = (cwd: string, ...args: string[]) => execa(process.execPath, [CLI, ...args], { reject: false, cwd });

test('two models are measured in pairs of processes that take turns, and their folder says the same again', async () => {
  const model = fixture('layers-tiny');
  const folder = path.join(temporary(), 'run');
  // The command itself, with one pair, is in told-again.test.ts.
  const { analysis } = await compareModels(
    { model, options: { batch: 32 } },
    { model, options: { batch: 32 }, variant: 'graph/predict' },
    { pairs: 3, maxPairs: 3, settleSeconds: 0, duration: 0.2, out: folder },
  );
  const verdict = analysis.comparisons[0]?.sentence;
  expect(verdict).toMatch(
    /^graph\/predict takes [\d.]+ × the time of uncompiled\/predict \(95 % [\d.]+ – [\d.]+; fastest typical call, 5th percentile; 3 pairs of processes that took turns\): ([\d.]+ × faster|inconclusive)\.$/,
  );
  // Known from decision 0005: the traced graph gives the same bits for this model.
  expect(analysis.notes).toContain('Both sides gave the same outputs, to the last bit.');
  expect(readdirSync(path.join(folder, 'recordings')).sort()).toEqual([
    'baseline-01.isr',
    'baseline-02.isr',
    'baseline-03.isr',
    'candidate-01.isr',
    'candidate-02.isr',
    'candidate-03.isr',
  ]);
  const { data } = await expectToldAgain(folder);
  expect(data).toMatchObject({
    comparisons: [{ sentence: verdict }],
    variants: [{ name: 'uncompiled (baseline)' }, { name: 'graph (candidate)' }],
  });
});

/** Calls a model, and some operations outside of any call. */
const program = (outside: number): string => `
const tf = require(${JSON.stringify(path.resolve('node_modules/@tensorflow/tfjs-node'))});
(async () => {
  const model = await tf.loadLayersModel(${JSON.stringify(`file://${fixture('layers-tiny')}/model.json`)});
  for (let call = 0; call < 80; call += 1) { const x = tf.ones([8, 4]); const y = model.predict(x); y.dataSync(); tf.dispose([x, y]); }
  for (let step = 0; step < ${outside}; step += 1) tf.tidy(() => tf.matMul(tf.ones([200, 200]), tf.ones([200, 200])).dataSync());
})();
`;

test('two programs run alternately; their calls are lined up, what they do outside of calls is told, and told again', async () => {
  const cwd = temporary();
  writeFileSync(path.join(cwd, 'before.cjs'), program(100));
  writeFileSync(path.join(cwd, 'after.cjs'), program(0));
  const { stdout, exitCode } = await run(
    cwd,
    'compare',
    '--run',
    `${process.execPath} before.cjs --key=s3cret`,
    `true && ${process.execPath} 'after.cjs'`,
    '--env-b',
    'SOME=1',
    '--pairs',
    '3',
    '--max-pairs',
    '3',
    '--out',
    'run',
    '--json',
  );
  expect(exitCode).toBe(0);
  const report = JSON.parse(stdout);
  expect(report.comparisons).toHaveLength(1);
  expect(report.comparisons[0].sentence).toMatch(
    /^after\.cjs \(program\/predict\) takes [\d.]+ × the time of before\.cjs \(program\/predict\) \(95 % [\d.]+ – [\d.]+; fastest typical call, 5th percentile; 3 pairs of processes run alternately\): /,
  );
  expect(report.variants.map(({ calls, name }: { calls: number; name: string }) => [name, calls])).toEqual([
    ['program (baseline)', 237],
    ['program (candidate)', 237],
  ]);
  expect(stdout).not.toContain('s3cret');
  const each = String.raw`process \d+: 100 operations, [^;]* BatchMatMul`;
  expect(report.notes.join('\n')).toMatch(new RegExp(String.raw`ran operations in 3 processes \(${each}; ${each}; ${each}\)`));
  await expectToldAgain(path.join(cwd, 'run'));
});

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test.each(['SIGTERM', 'SIGKILL', 'SIGHUP'] as const)(
  '%s ends the programs that compare --run has started, and what they started',
  async (signal) => {
    const cwd = temporary();
    // The shell stands between, and one process is left in the background: its own pid tells that it runs.
    writeFileSync(
      path.join(cwd, 'stays.cjs'),
      "require('fs').writeFileSync(process.argv[2], String(process.pid)); setInterval(() => {}, 1000);",
    );
    const command = `${process.execPath} stays.cjs behind & ${process.execPath} stays.cjs before`;
    const comparing = execa(process.execPath, [CLI, 'compare', '--run', command, command], { reject: false, cwd });
    // A file is there before its pid is in it.
    const pids = await vi.waitFor(() => {
      const read = ['behind', 'before'].map((name) => Number(readFileSync(path.join(cwd, name), 'utf8') || NaN));
      expect(read.map(isAlive)).toEqual([true, true]);
      return read;
    }, 20_000);
    comparing.kill(signal);
    await comparing;
    await vi.waitFor(() => expect(pids.map(isAlive)).toEqual([false, false]), 10_000);
  },
);

test('a profile spread over processes says which call came from which, is told again, and is compared by process', async () => {
  const cwd = temporary();
  const profile = [
    'profile',
    fixture('layers-tiny'),
    '--processes',
    '3',
    '--variants',
    'uncompiled/predict',
    '--calls',
    '60',
    '--warmup',
    '1',
    '--quick',
  ];
  const profiled = await run(cwd, ...profile, '--out', 'a');
  expect(profiled.exitCode, profiled.stderr).toBe(0);
  await expectToldAgain(path.join(cwd, 'a'));
  expect(screenOf(path.join(cwd, 'a'))).toBe(withoutPlaces(profiled.stdout));
  expect(readFileSync(path.join(cwd, 'a/report.md'), 'utf8')).toMatch(/first operation of each process took [\d.]+/);
  expect(readdirSync(path.join(cwd, 'a/recordings')).sort()).toEqual(['process-01.isr', 'process-02.isr', 'process-03.isr']);
  const pids = readRun(path.join(cwd, 'a')).map(({ meta, calls }) => [
    meta.pid,
    calls.filter(({ round, variant }) => round >= 0 && variant === 0).length,
  ]);
  expect(new Set(pids.map(([pid]) => pid)).size).toBe(3);
  expect(pids.map(([, calls]) => calls)).toEqual([20, 20, 20]);
  const { stdout, exitCode } = await run(cwd, 'compare', 'a', 'a', '--json');
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout).comparisons).toEqual([
    expect.objectContaining({
      sentence: expect.stringMatching(
        /From 3 against 3 processes: differences below (?:\d+ %|[\d.]+ ×) are within noise; measure both together with `inferscope compare \S+layers-tiny\S* \S+layers-tiny\S*`\.$/,
      ),
    }),
  ]);
});

test.each([
  [
    'processes beside what is done in one',
    ['profile', fixture('layers-tiny'), '--processes', '3', '--js'],
    64,
    /--processes cannot be combined with --js: leave one of them out/,
  ],
  [
    'a model beside a run',
    ['compare', fixture('layers-tiny'), path.resolve('README.md')],
    64,
    /layers-tiny is a model and .*README\.md is not: give two models/,
  ],
  [
    'a model beside nothing',
    ['compare', fixture('layers-tiny'), 'not-there.onnx'],
    66,
    /There is nothing at not-there\.onnx: check the path/,
  ],
  [
    'a program that fails',
    ['compare', '--run', 'node -e "throw new TypeError(\'no\')"', 'node -e 0'],
    65,
    /ended with exit code 1 in pair 1 \(TypeError: no\): both programs must run to their end/,
  ],
  [
    'a program without inference',
    ['compare', '--run', 'node -e 0', 'node -e 0'],
    65,
    /made no inference call that Inferscope could see: try `inferscope run -- node -e 0`/,
  ],
  [
    'a line for a shell without inference',
    ['compare', '--run', 'true && node -e 0', 'node -e 0'],
    65,
    /try `inferscope run -- sh -c 'true && node -e 0'`/,
  ],
  [
    'a variable without a value',
    ['compare', fixture('layers-tiny'), fixture('layers-tiny'), '--env-b', 'NAME'],
    64,
    /--env-b "NAME" has no value: write NAME=VALUE/,
  ],
  [
    'a version that is none',
    ['compare', fixture('layers-tiny'), fixture('layers-tiny'), '--tensorflow-b', 'latest'],
    64,
    /--tensorflow-b "latest" is not a version: give one like 2\.18\.1/,
  ],
  [
    'an option of Node.js for a side in Python',
    ['compare', 'model.keras', fixture('layers-tiny'), '--node-a', process.execPath],
    64,
    /--node-a is for models that run in Node\.js/,
  ],
  ['an option for models beside --run', ['compare', '--run', 'node a', 'node b', '--variant-b', 'graph'], 64, /--variant-b is for models/],
  [
    'a folder of a checkout that is not there',
    ['compare', '--run', 'node a', 'node b', '--cwd-b', 'nowhere'],
    66,
    /--cwd-b nowhere does not/,
  ],
  [
    'what is to be measured, with runs',
    ['compare', fixture('identical-runs/1-a'), fixture('identical-runs/1-b'), '--env-b', 'A=1'],
    64,
    /--env-b is for what is measured now, and these two were recorded before: leave it out/,
  ],
  ['a variant that is none', ['compare', fixture('layers-tiny'), fixture('layers-tiny'), '--variant-b', 'grap'], 64, /grap/],
  [
    'a Node.js that is none',
    ['compare', fixture('layers-tiny'), fixture('layers-tiny'), '--node-b', '/no/node'],
    66,
    /\/no\/node cannot be started/,
  ],
] as const)('%s: one sentence, its exit code', async (_name, args, code, sentence) => {
  const { stderr, exitCode } = await run(temporary(), ...args);
  expect(stderr).toMatch(sentence);
  expect(stderr.split('\n').filter((line) => line.startsWith('inferscope: '))).toHaveLength(1);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(exitCode).toBe(code);
});

test.each([
  ['baseline', ['text.onnx', 'MODEL']],
  ['candidate', ['MODEL', 'text.onnx']],
])('a %s that does not load is refused before anything is measured, and leaves no run folder', async (_, sides) => {
  const cwd = temporary();
  writeFileSync(path.join(cwd, 'text.onnx'), 'hello\n');
  const { stderr, exitCode } = await run(cwd, 'compare', ...sides.map((side) => (side === 'MODEL' ? fixture('layers-tiny') : side)));
  expect([exitCode, stderr.replace(/ \(.*\)/, '')]).toEqual([
    65,
    'inferscope: text.onnx is not an ONNX model, or is damaged or cut off: download or export it again.',
  ]);
  expect(existsSync(path.join(cwd, 'profiles')) ? readdirSync(path.join(cwd, 'profiles')) : []).toEqual([]);
});

// Written by make-onnx-models.py and make-saved-models.py from one set of weights, with the channels first and last.
test.each([
  ['onnx-image.onnx', 'saved-model-image'],
  ['saved-model-image', 'onnx-image.onnx'],
])('%s against %s: one network in two engines gets the same images, and gives the same', async (baseline, candidate) => {
  const { recordings } = await compareModels(
    { model: fixture(baseline), options: {} },
    { model: fixture(candidate), options: {} },
    { pairs: 1, maxPairs: 1, settleSeconds: 0, duration: 0.05, out: path.join(temporary(), 'run') },
  );
  const parity = recordings.find((recording) => recording.parity !== undefined)?.parity;
  expect(parity).toMatchObject({ kind: 'compared', outputs: 1, inputs: 'channels moved' });
  const { relative } = parity as { relative: number };
  // Not the same bits: two libraries add up in another order.
  expect(relative).toBeGreaterThan(0);
  expect(relative).toBeLessThan(1e-5);
});
