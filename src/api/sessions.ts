import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { baselineOf, type MeasuredSession } from '../analyse/gate.js';
import { EXIT, UserError } from '../model/errors.js';
import type { Baseline } from '../model/gate.js';
import type { RecordingMeta } from '../model/recording.js';
import { variantKey } from '../model/variant.js';
import { loadModel } from '../runtime/load.js';
import { median } from './rounds.js';
import { profileModel, type ProfileOptions } from './profile.js';
import { openTensorFlow, type TensorFlowSession } from './tensorflow-session.js';

export interface SessionOptions extends ProfileOptions {
  /** How often the model is loaded anew and measured; at least 3, default 5. */
  readonly sessions?: number;
  /** Told before each session. */
  readonly onSession?: (number: number, of: number) => void;
}

/** Long enough for a median, short enough for five. */
const SECONDS_PER_SESSION = 1;
export const DEFAULT_SESSIONS = 5;

/**
 * Measures a saved model in several sessions of one process, each of which loads it anew, and puts them together.
 * Without `variants` the first one is measured. Run folders go under `out`, or are thrown away.
 *
 * @throws UserError as {@link profileModel} does, with fewer than three sessions, and when it is interrupted.
 */
export async function measureSessions(model: string, options: SessionOptions = {}): Promise<Baseline> {
  const { sessions = DEFAULT_SESSIONS, onSession, ...profile } = options;
  const variants = options.variants ?? [await firstVariant(model, options)];
  const reference = referenceWorkload((await openTensorFlow()).tf);
  const folder = options.out ?? mkdtempSync(path.join(tmpdir(), 'inferscope-sessions-'));
  const measured: MeasuredSession[] = [];
  let meta: RecordingMeta | undefined;
  try {
    // Session 0 brings the process to speed (V8 compiles what is hot) and does not count.
    for (let number = 0; number <= sessions; number += 1) {
      onSession?.(number, sessions);
      const references: number[] = [];
      const { analysis, recording, interrupted } = await profileModel(model, {
        level: 'stages',
        controls: 'none',
        ...profile,
        ...(profile.calls === undefined ? { duration: profile.duration ?? SECONDS_PER_SESSION } : {}),
        variants,
        out: path.join(folder, `session-${number}`),
        onProgress: (...progress) => {
          profile.onProgress?.(...progress);
          // Three each time: one that another task interrupts must not stand for the machine's speed.
          if (progress[1] === 'measure') references.push(reference(), reference(), reference());
        },
      });
      if (interrupted) throw new UserError('Interrupted: the sessions measured so far were not put together.', EXIT.interrupted);
      if (number > 0) measured.push({ analysis, referenceNanos: median(references) });
      meta ??= recording.meta;
    }
  } finally {
    if (options.out === undefined) rmSync(folder, { recursive: true, force: true });
  }
  if (meta === undefined) throw new UserError('No session was measured: --sessions must be 3 or more.', EXIT.usage);
  return baselineOf(measured, meta, new Date().toISOString());
}

/** Operations of one reference: enough to time, short next to a round. */
const REFERENCE_STEPS = 10;

/** A fixed piece of eager work, JavaScript and native, whose time tells how fast the machine is just now. */
function referenceWorkload(tf: TensorFlowSession['tf']): () => number {
  const matrix = tf.ones([32, 32]);
  return () => {
    const start = performance.now();
    for (let step = 0; step < REFERENCE_STEPS; step += 1) tf.tidy(() => tf.relu(tf.matMul(matrix, matrix)).dataSync());
    return Math.round((performance.now() - start) * 1e6);
  };
}

async function firstVariant(model: string, options: ProfileOptions): Promise<string> {
  const { tf } = await openTensorFlow();
  const loaded = await loadModel(model, { ...options, tf });
  const [first] = loaded.variants;
  loaded.dispose();
  if (first === undefined) throw new UserError(`${model} has no variant that can run.`, EXIT.badInput);
  return variantKey(first.variant);
}
