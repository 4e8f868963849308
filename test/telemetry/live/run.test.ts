import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { scriptStacksOf } from '../../../src/runs/stacks-file.js';
import { readRun } from '../../../src/runs/run-folder.js';
import { spansFromRecording } from '../../../src/telemetry/spans/spans-from-recording.js';
import { samplesOf } from './pprof-samples.js';

// Inside the repository, so that the program finds TensorFlow as a user's program would.
mkdirSync('node_modules/.cache', { recursive: true });
const folder = mkdtempSync(path.resolve('node_modules/.cache/run-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

it.each([
  ['ESM', 'app.mjs', "import tf from '@tensorflow/tfjs-node';"],
  ['CommonJS', 'app.cjs', "const tf = require('@tensorflow/tfjs-node');"],
])('inferscope run profiles an unmodified %s program', (_, name, head) => {
  const file = path.join(folder, name);
  writeFileSync(
    file,
    `${head}
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4] })] });
    for (let i = 0; i < 40; i++) tf.dispose(model.predict(tf.ones([2, 4])));`,
  );
  const out = path.join(folder, `${name}-run`);
  const text = execFileSync(process.execPath, ['dist/cli/main.js', 'run', '--json', '--out', out, '--', process.execPath, file], {
    encoding: 'utf8',
  });
  const report = JSON.parse(text) as {
    variants: { calls: number; kernels: { op: string }[] }[];
    spans: { recorded: number; lost: number };
  };
  expect(report.variants.length).toBe(1);
  expect(report.variants[0]!.calls).toBe(39);
  expect(report.variants[0]!.kernels.length).toBeGreaterThan(0);
  expect(report.spans.recorded).toBeGreaterThan(200);
  expect(report.spans.lost).toBe(0);
});

it('inferscope run records every thread of a program, each to a file of its own', async () => {
  const out = path.join(folder, 'workers-run');
  const program = path.resolve('test/telemetry/live/programs/workers.cjs');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['dist/cli/main.js', 'run', '--json', '--out', out, '--', process.execPath, program],
    { maxBuffer: 2 ** 26 },
  );
  expect(readdirSync(path.join(out, 'recordings')).map((name) => name.replace(/^\d+/, 'pid'))).toEqual(['pid-1.isr', 'pid-2.isr']);
  const report = JSON.parse(stdout) as { spans: { recorded: number; lost: number } };
  expect(report.spans.lost).toBe(0);
  expect(report.spans.recorded).toBeGreaterThan(50);
});

it('sees a worker that is made of a text, whatever the path of Inferscope', async () => {
  const file = path.join(folder, 'text-worker.cjs');
  writeFileSync(
    file,
    `new (require('node:worker_threads').Worker)("require(${JSON.stringify(path.resolve('test/telemetry/live/programs/app.cjs')).replaceAll('"', "'")})", { eval: true });`,
  );
  // A link with a space and a quote in its name, as a user's folder may have.
  const link = path.join(folder, 'it"s a folder');
  symlinkSync(path.resolve('.'), link);
  const out = path.join(folder, 'text-worker-run');
  await promisify(execFile)(
    process.execPath,
    [
      '--preserve-symlinks',
      '--preserve-symlinks-main',
      path.join(link, 'dist/cli/main.js'),
      'run',
      '--json',
      '--out',
      out,
      '--',
      process.execPath,
      file,
    ],
    { maxBuffer: 2 ** 26 },
  );
  expect(readRun(out).map(({ calls }) => calls.length)).toEqual([3]);
});

it('records a program that had loaded TensorFlow before the recording began', async () => {
  const file = path.join(folder, 'late.cjs');
  const out = path.join(folder, 'late-run');
  writeFileSync(
    file,
    `const tf = require('@tensorflow/tfjs-node');
    import(${JSON.stringify(pathToFileURL(path.resolve('dist/telemetry/live/record-program.js')).href)}).then(({ recordProgram }) => {
      recordProgram(${JSON.stringify(out)});
      const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4] })] });
      for (let i = 0; i < 5; i++) tf.dispose(model.predict(tf.ones([2, 4])));
    });`,
  );
  await promisify(execFile)(process.execPath, [file]);
  expect(readRun(out).map(({ calls }) => calls.length)).toEqual([5]);
});

it('run --js puts the JavaScript functions of each model below its own calls', async () => {
  const out = path.join(folder, 'js-run');
  const program = path.resolve('test/telemetry/live/programs/planted.cjs');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['dist/cli/main.js', 'run', '--js', '--json', '--out', out, '--', process.execPath, program],
    { maxBuffer: 2 ** 26 },
  );
  const functionsOf = (model: string): string =>
    JSON.stringify((scriptStacksOf(out)?.variants ?? []).filter(({ key }) => key.includes(model)).flatMap(({ spans }) => spans));
  expect(
    scriptStacksOf(out)
      ?.variants.map(({ key }) => key)
      .sort(),
  ).toEqual(['a/predict', 'b/predict']);
  expect(functionsOf('a/')).toMatch(/plantedInA planted\.cjs:\d+/);
  expect(functionsOf('a/')).not.toMatch(/plantedInB|plantedOutside/);
  expect(functionsOf('b/')).toMatch(/plantedInB planted\.cjs:\d+/);
  expect(functionsOf('b/')).not.toMatch(/plantedInA|plantedOutside/);
  expect((JSON.parse(stdout) as { notes: string[] }).notes.join('\n')).toMatch(/V8 samples, one every 1000 µs, in the \d+ measured calls/);
  expect((JSON.parse(stdout) as { files: { format: string; path: string }[] }).files).toContainEqual({
    format: 'pprof',
    path: path.join(out, 'js', 'samples.pb.gz'),
  });
  const { ofModel, others } = labelledIn(out, path.join(out, 'js', 'samples.pb.gz'));
  expect(ofModel('plantedInA')).toEqual(new Set(['a']));
  expect(ofModel('plantedInB')).toEqual(new Set(['b']));
  expect(others).toContain('plantedOutside');
  // What was sampled stays a profile that any V8 tool opens.
  expect(readdirSync(path.join(out, 'js')).some((name) => name.endsWith('.cpuprofile'))).toBe(true);
});

/**
 * Of a run's pprof: the models in whose calls samples of a function were taken, by the ids that the spans are exported under;
 * what has no label.
 */
function labelledIn(
  run: string,
  pprof: string,
): { readonly ofModel: (functionName: string) => ReadonlySet<string | undefined>; readonly others: ReadonlySet<string> } {
  const modelOfSpan = new Map<string, string>();
  for (const recording of readRun(run)) {
    for (const { row, span } of spansFromRecording(recording).rows()) {
      const { spanId, traceId } = span.spanContext();
      const call = recording.calls.find(({ rootSpan }) => rootSpan === row);
      if (call !== undefined) modelOfSpan.set(`${traceId}/${spanId}`, recording.details[call.model ?? -1]?.model?.name ?? '');
    }
  }
  const { samples } = samplesOf(readFileSync(pprof));
  const ofModel = (functionName: string): ReadonlySet<string | undefined> =>
    new Set(
      samples
        .filter(({ stack, labels }) => stack.includes(functionName) && 'span_id' in labels)
        .map(({ labels }) => modelOfSpan.get(`${labels['trace_id'] ?? ''}/${labels['span_id'] ?? ''}`)),
    );
  return { ofModel, others: new Set(samples.filter(({ labels }) => !('span_id' in labels)).flatMap(({ stack }) => stack)) };
}

it('INFERSCOPE_PROFILE names the folder of the samples under run, too; what makes no sense is refused before the program starts', async () => {
  const program = path.resolve('test/telemetry/live/programs/planted.cjs');
  const run = (profile: string, out: string) =>
    promisify(execFile)(process.execPath, ['dist/cli/main.js', 'run', '--out', out, '--', process.execPath, program], {
      env: { ...process.env, INFERSCOPE_PROFILE: profile, PLANTED_ROUNDS: '3', PLANTED_MILLIS: '10' },
    });
  const refused = path.join(folder, 'refused');
  await expect(run('yes', refused)).rejects.toMatchObject({
    code: 78,
    stderr: expect.stringMatching(/^inferscope: INFERSCOPE_PROFILE is "yes": use /) as string,
  });
  await expect(run('/dev/null/profiles', refused)).rejects.toMatchObject({ code: 74 });
  expect(existsSync(refused)).toBe(false);
  const profiles = path.join(folder, 'with space', 'profiles');
  const { stdout } = await run(profiles, path.join(folder, 'planted'));
  expect(readdirSync(profiles)).toEqual(['planted.pb.gz']);
  expect(stdout).toMatch(/V8 samples with the span and trace id of their call: .*view '.*with space\/profiles\/planted\.pb\.gz'/);
  expect(existsSync(path.join(folder, 'planted', 'js', 'samples.pb.gz'))).toBe(false);
  expect(labelledIn(path.join(folder, 'planted'), path.join(profiles, 'planted.pb.gz')).ofModel('busy')).toEqual(new Set(['a', 'b']));
});
