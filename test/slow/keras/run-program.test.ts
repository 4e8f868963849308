import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { readRun } from '../../../src/runs/run-folder.js';
import { recordingEnvironment } from '../../../src/cli/program.js';
import type { Recording } from '../../../src/model/recording.js';
import { variantKey } from '../../../src/model/variant.js';
import { environment } from './environments.js';

const PROGRAM = `
import sys
import numpy as np
import tensorflow as tf
inputs = tf.keras.layers.Input((4,))
hidden = tf.keras.layers.Dense(2, activation='relu')(inputs)
model = tf.keras.Model(inputs, tf.keras.layers.Dense(1, activation='sigmoid')(hidden))
x = np.ones((32, 4), 'float32')
for i in range(3): model.predict(x, verbose=0)
model.compile('adam', 'binary_crossentropy')
model.fit(x, np.zeros((32, 1)), verbose=0)
model.evaluate(x, np.zeros((32, 1)), verbose=0)
for i in range(2): model.predict(x, verbose=0)
for i in range(2): model(x)
serve = tf.function(lambda t: model(t))
other = tf.function(lambda t: t * 2)
for size in (32, 32, 5): serve(tf.constant(x[:size])); other(tf.constant(x[:size]))
print('outputs', model.predict_on_batch(x).shape)
if sys.platform == 'linux': print('peak', next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')), 'kB')
sys.exit(3)
`;

const EXPECTED = {
  'uncompiled/predict': ['cold-session', 'warm', 'warm'],
  'compiled/predict': ['cold-session', 'warm'],
  'compiled/call': ['cold-session', 'warm'],
  'compiled/function': ['cold-session', 'warm', 'cold-signature'],
  'compiled/predict_on_batch': ['cold-session'],
};

/** Asynchronous: a worker that is blocked for a minute, as on a busy machine, fails in vitest. */
async function recordingOf(
  python: string,
): Promise<{ readonly status: number | undefined; readonly stdout: string; readonly recording: Recording }> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'inferscope-program-'));
  const run = path.join(folder, 'run');
  mkdirSync(run);
  writeFileSync(path.join(folder, 'app.py'), PROGRAM);
  const env = recordingEnvironment({ ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' }, run);
  const { exitCode: status, stdout } = await execa(python, [path.join(folder, 'app.py')], { reject: false, env });
  const [recording] = readRun(run);
  return { status, stdout, recording: recording! };
}

/** Names of the spans of one call, by its place among the calls of its variant. */
function spansOf({ spans, strings, calls, meta }: Recording, key: string, place: number): string[] {
  const mine = calls.flatMap((call, index) => (variantKey(meta.variants[call.variant]!) === key ? [index] : []));
  return [...spans.name].flatMap((name, row) => (spans.call[row] === mine[place] ? [strings[name]!] : []));
}

describe.each(['tf-2.0.0', 'tf-2.15.1', 'keras-3'])('an unmodified program on %s', async (name) => {
  const python = await environment(name);

  test.skipIf(python === null)(
    'each inference call is recorded once, with its stages; training is not [needs Python with TensorFlow]',
    async () => {
      const { status, stdout, recording } = await recordingOf(python!);
      expect(stdout).toContain('outputs (32, 1)');
      expect(status).toBe(3);
      const told: Record<string, string[]> = {};
      for (const { variant, temperature } of recording.calls)
        (told[variantKey(recording.meta.variants[variant]!)] ??= []).push(temperature);
      expect(told).toEqual(EXPECTED);
      expect(recording.complete).toBe(true);
      expect(spansOf(recording, 'compiled/predict', 1)).toEqual(
        expect.arrayContaining(['predict', 'data-adapter', 'graph-run', 'trace-input-pipeline']),
      );
      expect(spansOf(recording, 'compiled/function', 0)).toContain('trace-model');
      expect(spansOf(recording, 'compiled/function', 1)).not.toContain('trace-model');
      expect(spansOf(recording, 'compiled/call', 1)).toContain('MatMul');
      expect(recording.meta.model.parameters).toBe(13);
      // Of the process: what it reads of itself at its end is a little more than at the last look.
      const looks = recording.calls.flatMap(({ memory }) => memory ?? []);
      const ownKilobytes = Number(/peak (\d+) kB/.exec(stdout)?.[1] ?? NaN);
      if (process.platform !== 'linux') return;
      expect(looks.length).toBeGreaterThan(1);
      expect(looks.at(-1)!.peakRssBytes! / (1024 * ownKilobytes)).toBeGreaterThan(0.9);
      expect(looks.every(({ rssBytes, peakRssBytes = 0 }) => rssBytes <= peakRssBytes && peakRssBytes <= 1024 * ownKilobytes)).toBe(true);
    },
  );
});
