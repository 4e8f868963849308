import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeKerasKernels } from '../../../src/engines/keras/kernels.js';
import { reproduceKeras } from '../../../src/engines/keras/reproduce.js';
import { plainOp } from '../../../src/model/work.js';
import { runKeras } from '../../../src/engines/keras/run-keras.js';
import type { KerasRecording } from '../../../src/engines/keras/recording-from-agent.js';
import { environmentPython } from '../../../src/engines/keras/known-environments.js';
import { environment, root } from './environments.js';

const python: Record<string, string | null> = {};
for (const name of ['tf-2.0.0', 'tf-2.15.1', 'keras-3', 'keras-jax']) python[name] = await environment(name);
const tiny = `${path.join(root, 'src/engines/keras/seed_models.py')}:tiny`;
const few = { batch: 32, rounds: 2, callsPerRound: 2, warmup: 1 } as const;

const spanNames = (recording: KerasRecording): Set<string> => new Set([...recording.spans.name].map((id) => recording.strings[id]!));

/** Children lie inside their parents, and every call's root lasts as long as the call. */
function expectSoundSpans({ spans, calls }: KerasRecording): void {
  for (let row = 0; row < spans.length; row++) {
    const parent = spans.parent[row]!;
    if (parent < 0) continue;
    expect(spans.startNanos[row]).toBeGreaterThanOrEqual(spans.startNanos[parent]!);
    expect(spans.startNanos[row]! + spans.durationNanos[row]!).toBeLessThanOrEqual(
      spans.startNanos[parent]! + spans.durationNanos[parent]!,
    );
  }
  for (const call of calls.filter(({ rootSpan }) => rootSpan >= 0)) expect(spans.durationNanos[call.rootSpan]).toBe(call.latencyNanos);
}

test.concurrent.for(['tf-2.0.0', 'tf-2.15.1', 'keras-3'])(
  '%s: operations inside a graph are placed under the run they belong to',
  async (name, { skip }) => {
    if (python[name] === null) return skip(`no ${name} here`);
    const { strings, spans, calls, details } = await runKeras({
      model: tiny,
      python: python[name]!,
      ...few,
      variants: ['uncompiled/function'],
      kernels: decodeKerasKernels,
    });
    const inside = [...spans.parent].flatMap((parent, row) => (parent >= 0 && strings[spans.name[parent]!] === 'graph-run' ? [row] : []));
    expect(inside.length).toBeGreaterThan(0);
    expect(inside.every((row) => calls[spans.call[row]!]!.traced)).toBe(true);
    const ops = new Set(inside.map((row) => strings[spans.name[row]!]));
    // oneDNN fuses the sigmoid too, where the processor has what it needs.
    expect([...ops].map((op) => plainOp(op ?? ''))).toContain('MatMul');
    expect(inside.map((row) => details[spans.detail[row]!]!.layer).filter((layer) => /^dense/.test(layer ?? '')).length).toBeGreaterThan(3);
    expect(calls.filter(({ traced }) => traced === true).length).toBe(3);
  },
);

describe.skipIf(python['tf-2.0.0'] === null)('TensorFlow 2.0.0, the version the question was asked about [needs its Python]', () => {
  test('path A builds its input pipeline at each call, path B never; the flag chooses, not compile', async () => {
    const recording = await runKeras({ model: tiny, python: python['tf-2.0.0']!, ...few });
    expectSoundSpans(recording);
    expect(recording.meta.environment.tensorflow).toBe('2.0.0');
    expect(recording.keras.missingSeams).toEqual([]);
    expect(recording.keras.unavailable).toEqual([{ variant: 'jit/predict', reason: 'compile() of this version takes no jit_compile' }]);
    const warm = recording.keras.traces.filter(({ call }) => recording.calls[call]!.temperature === 'warm');
    const rebuilding = new Set(warm.map(({ variant }) => variant));
    expect([...rebuilding].sort()).toEqual([
      'compiled-train/predict',
      'compiled/predict',
      'eager/predict',
      'load-with-compile/predict',
      'path-a/predict',
    ]);
    expect(new Set(warm.map(({ graph, cause }) => `${graph} ${cause}`))).toEqual(new Set(['input-pipeline new-function']));
    const grown = recording.keras.variants.find(({ key }) => key === 'compiled/predict')!.leakBytes!;
    expect(grown).toBeGreaterThan(100_000);
    for (const { largestRelativeDifference } of recording.keras.variants) expect(largestRelativeDifference ?? 0).toBeLessThan(1e-4);
  });

  test('the published claims come with ours beside them', async () => {
    const { claims } = await reproduceKeras({
      python: python['tf-2.0.0']!,
      experiments: ['tiny', 'paths', 'retracing'],
      rounds: 6,
      callsPerRound: 3,
    });
    const compiled = claims.find(({ id }) => id === 'tiny-compiled')!;
    expect(compiled.published).toBeCloseTo(30.1, 1);
    // The order of magnitude is the claim; a loaded machine moves the figure.
    expect(compiled.measured!).toBeGreaterThan(8);
    expect(claims.find(({ id }) => id === 'path-b')!.measured!).toBeLessThan(4);
    for (const { measured } of claims) expect(measured).not.toBeNull();
    for (const { unit, verdict } of claims.filter(({ experiment }) => experiment === 'retracing'))
      expect([unit, verdict]).toEqual(['count', 'holds here']);
  });
});

describe.skipIf(python['tf-2.15.1'] === null)('TensorFlow 2.15.1 [needs its Python]', { concurrent: true }, () => {
  test('compiled or not, predict takes the one path there is', async () => {
    const recording = await runKeras({
      model: tiny,
      python: python['tf-2.15.1']!,
      ...few,
      variants: ['uncompiled/predict', 'path-a/predict', 'jit/predict', 'eager/predict', 'uncompiled/call'],
    });
    expectSoundSpans(recording);
    expect(recording.keras.missingSeams).toEqual([]);
    expect(recording.keras.unavailable.map(({ variant }) => variant)).toEqual(['path-a/predict']);
    expect(spanNames(recording)).toContain('trace-input-pipeline');
    expect(spanNames(recording)).toContain('MatMul');
  });

  test('reads .h5, .keras and SavedModel', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'inferscope-keras-'));
    const script = path.join(folder, 'save.py');
    writeFileSync(
      script,
      `import sys; sys.path.insert(0, ${JSON.stringify(path.join(root, 'src/engines/keras'))})\nimport seed_models as s\nm = s.tiny()\nm.save("m.h5"); m.save("m.keras"); m.save("saved")\n`,
    );
    expect(spawnSync(python['tf-2.15.1']!, [script], { cwd: folder }).status).toBe(0);
    for (const name of ['m.h5', 'm.keras', 'saved']) {
      const recording = await runKeras({
        model: path.join(folder, name),
        python: python['tf-2.15.1']!,
        ...few,
        rounds: 1,
        variants: ['uncompiled/call'],
      });
      expect(recording.meta.model).toMatchObject({ parameters: 13, inputs: [{ dtype: 'float32', shape: [-1, 4] }] });
    }
  });
});

describe.skipIf(python['keras-3'] === null)('the newest Keras [needs its Python]', { concurrent: true }, () => {
  const variants = ['uncompiled/predict', 'compiled/predict_on_batch', 'uncompiled/call', 'eager/predict'];

  test.each([
    ['Keras 3', {}],
    ['tf_keras', { TF_USE_LEGACY_KERAS: '1' }],
  ])('%s still builds its input pipeline at each predict, and on no direct call', async (name, env) => {
    const recording = await runKeras({ model: tiny, python: python['keras-3']!, ...few, variants, env: { ...process.env, ...env } });
    expectSoundSpans(recording);
    expect(recording.keras.missingSeams).toEqual([]);
    expect(recording.keras.keras.startsWith(name === 'Keras 3' ? '3.' : '2.')).toBe(true);
    const warm = recording.keras.traces.filter(({ call }) => recording.calls[call]!.temperature === 'warm');
    expect(new Set(warm.map(({ variant }) => variant))).toEqual(new Set(['uncompiled/predict', 'eager/predict']));
    expect(recording.keras.unavailable).toEqual([]);
  });

  test.each([
    ['prints, forks and goes on', 'print("x" * 100000)\n    if os.fork() == 0: os._exit(0)', null],
    ['exits', 'sys.exit(3)', /SystemExit: 3/],
    ['ends the process', 'os._exit(9)', /Python ended \(exit code 9\) before anything was measured/],
    ['fails', 'raise KeyError("weights.bin")', /KeyError: 'weights.bin'/],
  ])('a model that %s does no harm', async (_, line, message) => {
    const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'inferscope-keras-')), 'app.py');
    writeFileSync(
      file,
      `import os, sys\nimport tensorflow as tf\n\ndef make():\n    ${line}\n    return tf.keras.Sequential([tf.keras.layers.Input((3,)), tf.keras.layers.Dense(2)])\n`,
    );
    const run = runKeras({
      model: `${file}:make`,
      python: python['keras-3']!,
      batch: 2,
      rounds: 1,
      callsPerRound: 1,
      variants: ['uncompiled/call'],
    });
    if (message === null) expect((await run).complete).toBe(true);
    else await expect(run).rejects.toThrow(message);
  });
});

// PyTorch's wheel is heavy: its environment is made only by name.
const torch = environmentPython('keras-torch');
if (torch === null)
  console.warn('SKIPPED Keras on PyTorch: `node scripts/keras-envs.mjs keras-torch` makes its environment (a download of 0.6 GB)');

describe.each([
  ['jax', python['keras-jax']],
  ['torch', torch],
])('Keras 3 on %s', { concurrent: true }, (backend, command) => {
  test.skipIf(command === null)('predict is split into its adapter and the rest [needs a Python with that backend]', async () => {
    const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'inferscope-keras-')), 'app.py');
    writeFileSync(file, 'import keras\n\ndef make():\n    return keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])\n');
    const recording = await runKeras({
      model: `${file}:make`,
      python: command!,
      batch: 2,
      rounds: 1,
      callsPerRound: 2,
      variants: ['uncompiled/predict'],
      env: { ...process.env, KERAS_BACKEND: backend },
    });
    expectSoundSpans(recording);
    expect(recording.meta.environment.backend).toBe(`keras-${backend}`);
    expect(spanNames(recording)).toContain('data-adapter');
  });
});
