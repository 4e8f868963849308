import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { reportRun } from '../../../src/runs/analyse-run.js';
import { readProgramRun } from '../../../src/runs/run-folder.js';
import { expectToldAgain } from '../../helpers/told-again.js';
import { recordingEnvironment } from '../../../src/cli/program.js';
import type { CallRecord, Recording } from '../../../src/model/recording.js';
import { variantKey } from '../../../src/model/variant.js';
import { python } from './python-here.js';

const fakes = fileURLToPath(new URL('fakes', import.meta.url));
const TRACE = '0af7651916cd43dd8448eb211c80319c';

interface Ran {
  readonly run: string;
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program with our hook in front, as `inferscope run` does; `lib` are files on its PYTHONPATH. */
function runs(program: string, lib: Readonly<Record<string, string>> = {}, env: NodeJS.ProcessEnv = {}): Ran {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'inferscope-program-'));
  const users = path.join(folder, 'lib');
  mkdirSync(users);
  for (const [name, text] of Object.entries(lib)) writeFileSync(path.join(users, name), text);
  writeFileSync(path.join(folder, 'app.py'), program);
  const run = path.join(folder, 'run');
  mkdirSync(run);
  const PYTHONPATH = [users, fakes].join(path.delimiter);
  const { status, stdout, stderr } = spawnSync(python!, [path.join(folder, 'app.py')], {
    encoding: 'utf8',
    cwd: folder,
    env: recordingEnvironment({ ...process.env, PYTHONPATH, ...env }, run),
  });
  return { run, status, stdout, stderr };
}

const recorded = ({ run }: Ran): readonly Recording[] => {
  const read = readProgramRun(run);
  return read.kind === 'some' ? read.recordings : [];
};
const onlyOne = (ran: Ran): Recording => {
  const all = recorded(ran);
  expect(ran.stderr).toBe('');
  expect(all.length).toBe(1);
  return all[0]!;
};
const told = ({ meta, calls }: Recording): string[] =>
  calls.map((call: CallRecord) => `${variantKey(meta.variants[call.variant]!)} ${call.temperature} ${call.signature}`);

const HEAD = 'import os, sys, keras\nm = keras.Model()\nx = keras.Array(2, 4)\n';

describe.skipIf(python === null)('a Python program under `inferscope run` [needs Python 3.7 or later on PATH]', () => {
  test('the outermost calls are recorded, cold and warm apart, compiled and not; training is not inference; told again from the folder', async () => {
    const program = `${HEAD}m.predict(x); m.predict(x, verbose=0); m.predict(keras.Array(3, 4)); m(x); m.fit(x); m(x, training=True)\nm.compile(); m.predict(x); m.predict_on_batch(x)\n`;
    const ran = runs(program);
    const recording = onlyOne(ran);
    expect(told(recording)).toEqual([
      'uncompiled/predict cold-session float32[2,4]',
      'uncompiled/predict warm float32[2,4]',
      'uncompiled/predict warm float32[3,4]',
      'uncompiled/call cold-session float32[2,4]',
      'compiled/predict cold-session float32[2,4]',
      'compiled/predict_on_batch cold-session float32[2,4]',
    ]);
    expect(recording.complete).toBe(true);
    expect(recording.meta).toMatchObject({
      model: { name: 'app.py', runtime: 'keras', parameters: 13 },
      environment: { backend: 'keras-fake' },
    });
    expect(recording.calls.every(({ rootSpan, latencyNanos }) => recording.spans.durationNanos[rootSpan] === latencyNanos)).toBe(true);
    reportRun(ran.run);
    await expectToldAgain(ran.run);
  });

  test("the user's own sitecustomize runs, sys.path is the user's, PYTHONPATH keeps the user's entries", () => {
    const program =
      'import sys, os, sitecustomize\nprint(sitecustomize.OWN, sitecustomize.__file__)\nprint([p for p in sys.path if "hook" in p], os.environ["PYTHONPATH"].split(os.pathsep)[1:])\n';
    const { stdout, stderr, status } = runs(program, { 'sitecustomize.py': 'OWN = "mine"\nprint("started")\n' });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^started\nmine \S+lib\/sitecustomize\.py\n\[\] \['\S+lib', '\S+fakes'\]\n$/);
  });

  test('a sitecustomize that fails is reported as Python does, and the program is recorded all the same', () => {
    const ran = runs(`${HEAD}m.predict(x)\n`, { 'sitecustomize.py': 'raise RuntimeError("mine")\n' });
    expect(ran.stderr).toContain('RuntimeError: mine');
    expect(recorded(ran).length).toBe(1);
  });

  test("results, exceptions and the exit code are the program's own", () => {
    const ran = runs(
      `${HEAD}assert m.predict(x) is x\ntry:\n    m.predict(None)\nexcept ValueError as error:\n    print(error)\nsys.exit(7)\n`,
    );
    expect(ran).toMatchObject({ status: 7, stdout: 'no input\n' });
    expect(onlyOne(ran).calls.map(({ error }) => error)).toEqual([undefined, 'ValueError: no input']);
  });

  test('calls join the trace of TRACEPARENT, an invalid one is ignored', () => {
    const parents = (traceparent: string): unknown[] =>
      onlyOne(runs(`${HEAD}m.predict(x)\n`, {}, { TRACEPARENT: traceparent })).calls.map(({ traceId, parentSpanId }) => [
        traceId,
        parentSpanId,
      ]);
    expect(parents(`00-${TRACE}-b7ad6b7169203331-01`)).toEqual([[TRACE, 'b7ad6b7169203331']]);
    for (const wrong of ['', 'garbage', `ff-${TRACE}-b7ad6b7169203331-01`, `00-${'0'.repeat(32)}-b7ad6b7169203331-01`])
      expect(parents(wrong)).toEqual([[undefined, undefined]]);
  });

  test('forked and started processes are recorded each by itself', () => {
    const ran = runs(
      `${HEAD}m.predict(x)\nif os.fork() == 0:\n    m.predict(x); m.predict(x); sys.exit(0)\nos.wait()\nimport subprocess\nsubprocess.check_call([sys.executable, "-c", "import keras\\nfor i in range(3): keras.Model().predict(keras.Array(1, 4))"])\n`,
    );
    expect(ran.stderr).toBe('');
    expect(
      recorded(ran)
        .map(({ calls }) => calls.length)
        .sort(),
    ).toEqual([1, 2, 3]);
  });

  test('calls of two threads at the same time are both counted, one with its spans', () => {
    const program = `${HEAD}import threading\nboth = threading.Barrier(2)\nclass Slow(keras.Model):\n    def __call__(self, x, training=False):\n        both.wait()\n        return x\nthreads = [threading.Thread(target=lambda: Slow().predict(x)) for _ in range(2)]\n[t.start() for t in threads]; [t.join() for t in threads]\n`;
    const { calls } = onlyOne(runs(program));
    expect(calls.map(({ rootSpan }) => rootSpan < 0).sort()).toEqual([false, true]);
  });

  test('a killed program keeps every finished call; nothing says that it was complete', () => {
    const recording = onlyOne(runs(`${HEAD}m.predict(x); m.predict(x)\nos.kill(os.getpid(), 9)\n`));
    expect([recording.calls.length, recording.complete]).toEqual([2, false]);
  });

  test('a conversion that was interrupted is made again: half a recording never passes for the whole', () => {
    const ran = runs(`${HEAD}for _ in range(2000): m.predict(x)\n`);
    const [name = ''] = readdirSync(path.join(ran.run, 'python'));
    const half = path.join(ran.run, 'recordings', `python-${path.basename(name, '.jsonl')}.isr`);
    // The conversion dies as it has written some of the calls.
    const dying = `import { RecordingWriter } from ${JSON.stringify(path.resolve('dist/record/writer.js'))};
      RecordingWriter.prototype.end = function () { process.kill(process.pid, 'SIGKILL'); };
      const { readRun } = await import(${JSON.stringify(path.resolve('dist/runs/run-folder.js'))});
      readRun(${JSON.stringify(ran.run)});`;
    expect(spawnSync(process.execPath, ['--input-type=module', '-e', dying]).signal).toBe('SIGKILL');
    expect([existsSync(half), readdirSync(path.join(ran.run, 'python'))]).toEqual([false, [name]]);
    expect(onlyOne(ran).calls.length).toBe(2000);
    expect([existsSync(half), readdirSync(path.join(ran.run, 'python'))]).toEqual([true, []]);
  });

  test('a program that never calls Keras writes nothing', () => {
    const ran = runs('import json\nprint(json.dumps([1]))\n');
    expect(ran).toMatchObject({ status: 0, stdout: '[1]\n', stderr: '' });
    expect(existsSync(path.join(ran.run, 'python'))).toBe(false);
    expect(recorded(ran)).toEqual([]);
  });

  test('a folder that cannot be written is said once and leaves the program alone', () => {
    const ran = runs(`${HEAD}print(m.predict(x) is x, m.predict(x) is x)\n`, {}, {});
    expect(readdirSync(path.join(ran.run, 'python')).length).toBe(1);
    const barred = spawnSync(python!, ['-c', `${HEAD}print(m.predict(x) is x, m.predict(x) is x)`], {
      encoding: 'utf8',
      env: recordingEnvironment({ ...process.env, PYTHONPATH: fakes }, '/dev/null/run'),
    });
    expect(barred).toMatchObject({ status: 0, stdout: 'True True\n' });
    expect(barred.stderr.trim().split('\n')).toEqual([expect.stringMatching(/^inferscope: recording stops here: NotADirectoryError/)]);
  });
});
