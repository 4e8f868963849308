import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { baselineOf, checkAgainst, FEWEST_SESSIONS, measuredSession, uncertaintyOf, type CheckOptions, type MeasuredSession } from '../analyse/gate.js';
import { lookSizes, type Look } from '../analyse/gate-looks.js';
import { EXIT, UserError } from '../model/errors.js';
import type { Baseline, GateResult } from '../model/gate.js';
import type { RecordingMeta } from '../model/recording.js';
import { variantKey } from '../model/variant.js';
import { loadModel } from '../runtime/load.js';
import { profileModel, type ProfileOptions } from './profile.js';
import { openTensorFlow, type TensorFlowSession } from './tensorflow-session.js';

export interface SessionOptions extends ProfileOptions {
  /** How often the model is loaded anew and measured at the least; 3 or more, default 5. */
  readonly sessions?: number;
  /** And at the most, where `sessions` do not decide; default 20. */
  readonly maxSessions?: number;
  /** Told before each session, with the most there may be. */
  readonly onSession?: (number: number, of: number) => void;
}

/** Long enough for a median, short enough for five. */
const SECONDS_PER_SESSION = 1;
export const DEFAULT_SESSIONS = 5;
export const DEFAULT_MAX_SESSIONS = 20;
/** A baseline whose mean is known this well (standard error, a share) lets 5 % be told from 10 %. */
const WELL_KNOWN = 0.01;

/**
 * Measures a saved model until its time is well known (to 1 %), or `maxSessions` are spent. For `check`.
 * @throws UserError as {@link measureSessions} does
 */
export const measureBaseline = (model: string, options: SessionOptions = {}): Promise<Baseline> =>
  measureUntil(model, options, (soFar) => uncertaintyOf(soFar) <= WELL_KNOWN);

/** What is allowed, beside how sessions are measured. */
export type CheckModelOptions = SessionOptions & Omit<CheckOptions, 'look'>;

/**
 * Measures a saved model against a stored baseline: after 5 sessions, and while that cannot tell, after 8, 13 and 20.
 * The looks share the 5 % by which the gate may be wrong. Without `variants` those of the baseline are measured.
 * @throws UserError as {@link measureSessions} does, and when the baseline was made under other conditions
 */
export async function checkModel(model: string, baseline: Baseline, { maxRegression, force = false, ...options }: CheckModelOptions): Promise<GateResult> {
  let result: GateResult | undefined;
  const variants = options.variants ?? baseline.variants.map(({ key }) => key);
  await measureUntil(model, { ...options, variants }, (soFar, look) => {
    result = checkAgainst(baseline, soFar, { maxRegression, force, look });
    return result.outcome !== 'cannot-tell';
  });
  if (result === undefined) throw new UserError('No session was measured: --sessions must be 3 or more.', EXIT.usage);
  return result;
}

/**
 * Measures a saved model in a fixed number of sessions of one process, each of which loads it anew, and puts them together.
 * Without `variants` the first one is measured. Run folders go under `out`, or are thrown away.
 *
 * @throws UserError as {@link profileModel} does, with fewer than three sessions, and when it is interrupted.
 */
export const measureSessions = (model: string, options: Omit<SessionOptions, 'maxSessions'> = {}): Promise<Baseline> =>
  measureUntil(model, { ...options, maxSessions: options.sessions ?? DEFAULT_SESSIONS }, () => true);

async function measureUntil(model: string, options: SessionOptions, isEnough: (soFar: Baseline, look: Look) => boolean): Promise<Baseline> {
  const { sessions = DEFAULT_SESSIONS, maxSessions = DEFAULT_MAX_SESSIONS, onSession, ...profile } = options;
  if (!(sessions >= FEWEST_SESSIONS)) throw new UserError(`--sessions ${sessions} must be ${FEWEST_SESSIONS} or more: fewer do not show how much sessions differ.`, EXIT.usage);
  const looks = lookSizes(sessions, maxSessions);
  const most = looks.at(-1) ?? sessions;
  const variants = options.variants ?? [await firstVariant(model, options)];
  const reference = referenceWorkload((await openTensorFlow()).tf);
  const folder = options.out ?? mkdtempSync(path.join(tmpdir(), 'inferscope-sessions-'));
  const measure = (number: number, name = `session-${number}`): Promise<OneSession> => {
    onSession?.(number, most);
    return measureOne(model, { ...(options.out === undefined ? { reports: 'none' } : {}), ...profile, variants, out: path.join(folder, name) }, reference);
  };
  try {
    const meta = await bringToSpeed((attempt) => measure(0, `warm-up-${attempt}`));
    const measured: MeasuredSession[] = [];
    for (;;) {
      measured.push((await measure(measured.length + 1)).session);
      const look = looks.indexOf(measured.length) + 1;
      if (look === 0) continue;
      const soFar = baselineOf(measured, meta, new Date().toISOString());
      if (isEnough(soFar, { number: look, of: looks.length }) || look === looks.length) return soFar;
    }
  } finally {
    if (options.out === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** How long a process needs to come to speed: V8 compiles what is hot, and sessions before that are up to a third slower. */
const WARM_UP_MILLIS = 4000;

/** Sessions that do not count, at least one. */
async function bringToSpeed(measure: (attempt: number) => Promise<OneSession>): Promise<RecordingMeta> {
  const began = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    const { meta } = await measure(attempt);
    if (performance.now() - began >= WARM_UP_MILLIS) return meta;
  }
}

interface OneSession {
  readonly session: MeasuredSession;
  readonly meta: RecordingMeta;
}

async function measureOne(model: string, options: ProfileOptions, reference: () => number): Promise<OneSession> {
  const references: number[] = [];
  const { analysis, recording, interrupted } = await profileModel(model, {
    level: 'stages',
    controls: 'none',
    ...options,
    ...(options.calls === undefined ? { duration: options.duration ?? SECONDS_PER_SESSION } : {}),
    onProgress: (...progress) => {
      options.onProgress?.(...progress);
      if (progress[1] === 'measure') references.push(reference(), reference(), reference());
    },
  });
  if (interrupted) throw new UserError('Interrupted: the sessions measured so far were not put together.', EXIT.interrupted);
  return { session: measuredSession(recording, analysis, references), meta: recording.meta };
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
