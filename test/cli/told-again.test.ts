import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { kerasEnvironment } from '../../src/engines/keras/environment.js';
import { AgentAssembler } from '../../src/engines/keras/recording-from-agent.js';
import { writeKerasRun } from '../../src/measure/keras/profile-keras.js';
import { readRecording } from '../../src/record/reader.js';
import { reportRun } from '../../src/runs/analyse-run.js';
import { RECORDS } from '../engines/keras/drawn-agent.js';
import { expectToldAgain, screenOf, withoutPlaces } from '../helpers/told-again.js';

// A report is a function of its run folder: what the command said, its folder says again. Profiles in several processes and
// compared programs are in compare.test.ts.
const CLI = path.resolve('dist/cli/main.js');
const fixture = (name: string): string => path.resolve('test/fixtures', name);
const temporary = (): string => mkdtempSync(path.join(tmpdir(), 'inferscope-again-'));

/** Runs a command that leaves a run folder; gives what it printed. */
async function made(cwd: string, ...args: string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await execa(process.execPath, [CLI, ...args], { reject: false, cwd });
  expect(exitCode, stderr).toBe(0);
  return stdout;
}

const notesOf = (folder: string): readonly string[] =>
  (JSON.parse(readFileSync(path.join(folder, 'report.json'), 'utf8')) as { notes: string[] }).notes;

describe('recordings that lie here', () => {
  const files = ['identical-runs', 'short-runs'].flatMap((name) =>
    readdirSync(fixture(name)).map((file) => path.join(fixture(name), file)),
  );

  test.each([...files.map((file) => [path.relative('', file), [file]] as const), ['all of them', files] as const])('%s', async (_, of) => {
    const folder = temporary();
    mkdirSync(path.join(folder, 'recordings'));
    of.forEach((file, index) => cpSync(file, path.join(folder, 'recordings', `${index}.isr`)));
    reportRun(folder);
    await expectToldAgain(folder);
  });
});

describe('runs', () => {
  test('of a model, with its controls and trials', async () => {
    const cwd = temporary();
    const screen = await made(
      cwd,
      'profile',
      fixture('layers-tiny'),
      '--calls',
      '30',
      '--variants',
      'uncompiled/predict,compiled/predict',
      '--out',
      'run',
    );
    const folder = path.join(cwd, 'run');
    await expectToldAgain(folder);
    expect(screenOf(folder)).toBe(withoutPlaces(screen));
    expect(readRecording(path.join(folder, 'recordings/main.isr')).trials?.length).toBeGreaterThan(0);
    expect(notesOf(folder).join('\n')).toMatch(/first operation of the process took [\d.]+/);
  });

  test('with JavaScript sampled', async () => {
    const cwd = temporary();
    const screen = await made(
      cwd,
      'profile',
      fixture('layers-tiny'),
      '--js',
      '--quick',
      '--variants',
      'uncompiled/predict',
      '--out',
      'run',
    );
    const folder = path.join(cwd, 'run');
    await expectToldAgain(folder);
    expect(screenOf(folder)).toBe(withoutPlaces(screen));
    expect(notesOf(folder).join('\n')).toMatch(/JavaScript of uncompiled\/predict: \d+ /);
    expect(readFileSync(path.join(folder, 'report.html'), 'utf8')).toContain('href="js/');
  });

  test('with the passes of the graph optimiser', async () => {
    const cwd = temporary();
    await made(cwd, 'profile', fixture('saved-model-tiny'), '--graph-passes', '--quick', '--calls', '20', '--out', 'run');
    const folder = path.join(cwd, 'run');
    await expectToldAgain(folder);
    const report = readFileSync(path.join(folder, 'report.md'), 'utf8');
    expect(report).toMatch(/constant_folding|passes of the graph optimiser are not shown/);
  });

  test('of a program with two models and a leak, without variants that it never calls', async () => {
    const cwd = temporary();
    const load = (name: string): string => `await tf.loadLayersModel(${JSON.stringify(`file://${fixture(name)}/model.json`)})`;
    writeFileSync(
      path.join(cwd, 'app.js'),
      `const tf = require(${JSON.stringify(path.resolve('node_modules/@tensorflow/tfjs-node'))});
const kept = [];
(async () => {
  const models = [${load('layers-tiny')}, tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4] })] })];
  for (let call = 0; call < 60; call += 1) for (const model of models) { const x = tf.ones([2, 4]); kept.push(model.predict(x)); x.dispose(); }
})();
`,
    );
    const screen = await made(cwd, 'run', '--out', 'run', '--', process.execPath, 'app.js');
    const folder = path.join(cwd, 'run');
    await expectToldAgain(folder);
    expect(screenOf(folder)).toBe(withoutPlaces(screen));
    const report = JSON.parse(readFileSync(path.join(folder, 'report.json'), 'utf8')) as Report;
    expect(report.models).toHaveLength(2);
    expect(report.leaks.length).toBeGreaterThan(0);
    expect(report.variants.map(({ calls }) => calls > 0)).toEqual([true, true]);
  });

  test('of two models, compared', async () => {
    const cwd = temporary();
    const said = await made(
      cwd,
      ...['compare', fixture('layers-tiny'), fixture('layers-tiny'), '--variant-b', 'graph/predict'],
      ...['--pairs', '1', '--max-pairs', '1', '--duration', '0.1', '--out', 'run'],
    );
    const { data } = await expectToldAgain(path.join(cwd, 'run'));
    expect(data).toMatchObject({ comparisons: [{ sentence: said.split('\n')[0] }] });
    expect(notesOf(path.join(cwd, 'run'))).toContain('Both sides gave the same outputs, to the last bit.');
  });

  test.each(['whole', 'cut off'])('of a Keras model, %s', async (end) => {
    const assembler = new AgentAssembler();
    for (const record of RECORDS) assembler.take(record);
    const recording = assembler.recording(
      {
        path: '/m.py',
        name: 'm.py:tiny',
        sha256: null,
        seed: 1,
        environment: (versions, missing) => kerasEnvironment(versions, missing, {}),
      },
      end === 'whole',
    );
    const folder = path.join(temporary(), 'run');
    writeKerasRun(folder, recording);
    await expectToldAgain(folder);
    const notes = notesOf(folder).join('\n');
    expect(notes).toContain('Keras 2.2.4-tf on tensorflow, Python 3.7.16');
    expect(notes.includes('Python ended before the run was complete')).toBe(end === 'cut off');
  });
});

interface Report {
  readonly models: readonly unknown[];
  readonly leaks: readonly unknown[];
  readonly variants: readonly { readonly calls: number }[];
}
