import path from 'node:path';
import { givenOrScratch } from '../../engines/scratch-folder.js';
import {
  baselineOf,
  MIN_PROCESSES,
  refuseUnlike,
  requirePercentile,
  uncertaintyOf,
  type CheckOptions,
  type MeasuredProcess,
} from '../../analyse/gate.js';
import { lookSizes, type Look } from '../../analyse/gate-looks.js';
import { EXIT, UserError } from '../../model/errors.js';
import { given } from '../../model/given.js';
import { toldCheck } from '../../runs/told.js';
import type { Baseline, GateResult } from '../../model/gate.js';
import type { RecordingMeta } from '../../model/recording.js';
import { startChild } from '../child.js';
import type { ProfileOptions } from '../profile-options.js';

/** How a process measures: all that can be sent to it. */
export type SentProfileOptions = Pick<
  ProfileOptions,
  | 'runtime'
  | 'tags'
  | 'signature'
  | 'batch'
  | 'shapes'
  | 'inputs'
  | 'seed'
  | 'feed'
  | 'variants'
  | 'calls'
  | 'duration'
  | 'warmup'
  | 'level'
  | 'reports'
>;

export interface GateOptions extends Omit<SentProfileOptions, 'reports'> {
  /** How often the model is measured in a process of its own at the least; 3 or more, default 5. */
  readonly sessions?: number;
  /** And at the most, where `sessions` do not decide; default 20. */
  readonly maxSessions?: number;
  /** Seconds per variant that each process runs before it is measured, because V8 compiles what is hot; default 4. */
  readonly settleSeconds?: number;
  /** Folder for the run folders of the processes; without it they are thrown away. */
  readonly out?: string;
  /** Told before each process measures, with the most there may be. */
  readonly onSession?: (number: number, of: number) => void;
  /** Ends the process that is running; what was measured before it counts. */
  readonly signal?: AbortSignal;
}

/** What a process is asked: to measure, and the first one before that what it would, which refuses what cannot be. */
export type GateProcessRequest = { readonly model: string; readonly options: SentProfileOptions } & (
  { readonly ask: 'variants' } | { readonly ask: 'measure'; readonly settleSeconds: number; readonly folder: string }
);

/** And what it answers. */
export type GateProcessAnswer = GateProcessVariants | GateProcessMeasured;

export interface GateProcessVariants {
  /** Keys of those that are measured. */
  readonly variants: readonly string[];
}

export interface GateProcessMeasured {
  readonly measured: MeasuredProcess;
  readonly meta: RecordingMeta;
}

export const DEFAULT_PROCESSES = 5;
export const DEFAULT_MAX_PROCESSES = 20;
/** Processes that ran for less are up to a third slower. */
export const DEFAULT_SETTLE_SECONDS = 4;
/** A baseline whose mean is known this well (standard error, a share) lets 5 % be told from 10 %. */
const WELL_KNOWN = 0.007;

/**
 * Measures a saved model until its time is well known (to 0.7 %), or `maxSessions` are spent. For `check`. Interrupted after
 * three processes or more, the baseline is made of these.
 * @throws UserError as {@link measureProcesses} does
 */
export const measureBaseline = (model: string, options: GateOptions = {}): Promise<Baseline> =>
  measureUntil(model, options, (soFar) => uncertaintyOf(soFar) <= WELL_KNOWN);

/** What is allowed, beside how processes are measured. */
export type CheckModelOptions = GateOptions & Omit<CheckOptions, 'look'>;

/**
 * Measures a saved model against a stored baseline: after 5 processes, and while the result is inconclusive, after 8, 13 and 20.
 * The looks share the 5 % by which the gate may be wrong. Without `variants` those of the baseline are measured.
 * @throws UserError as {@link measureProcesses} does, when the baseline was made under other
 * conditions, and when it is interrupted before the result is clear
 */
export async function checkModel(
  model: string,
  baseline: Baseline,
  { maxRegression, force = false, percentile, ...options }: CheckModelOptions,
): Promise<GateResult> {
  if (percentile !== undefined) requirePercentile(baseline, percentile);
  let result: GateResult | undefined;
  const isTold = (): boolean => result !== undefined && result.outcome !== 'cannot-tell';
  const variants = options.variants ?? baseline.variants.map(({ key }) => key);
  const isEnough = (soFar: Baseline, look: Look): boolean => {
    result = toldCheck(baseline, soFar, { maxRegression, force, look, ...(percentile === undefined ? {} : { percentile }) });
    return isTold();
  };
  await measureUntil(model, { ...options, variants }, isEnough, (meta) => (force ? undefined : refuseUnlike(baseline, { meta })));
  if (result === undefined || (options.signal?.aborted === true && !isTold()))
    throw new UserError('Interrupted before there was a result: run check again.', EXIT.interrupted);
  return result;
}

/**
 * Measures a saved model in a fixed number of processes, one after the other, and puts them together.
 * Without `variants` the first one is measured.
 *
 * @throws UserError as `profileModel` does, with fewer than three processes, when a process ends before it answers, and
 * when it is interrupted before the third process is done.
 */
export const measureProcesses = (model: string, options: Omit<GateOptions, 'maxSessions'> = {}): Promise<Baseline> =>
  measureUntil(model, { ...options, maxSessions: options.sessions ?? DEFAULT_PROCESSES }, () => true);

/** `onMeta`: told once what was run and where, after the first process; may refuse. */
async function measureUntil(
  model: string,
  options: GateOptions,
  isEnough: (soFar: Baseline, look: Look) => boolean,
  onMeta?: (meta: RecordingMeta) => void,
): Promise<Baseline> {
  const {
    sessions = DEFAULT_PROCESSES,
    maxSessions = DEFAULT_MAX_PROCESSES,
    settleSeconds = DEFAULT_SETTLE_SECONDS,
    onSession,
    out,
    signal,
    ...profile
  } = options;
  if (!(sessions >= MIN_PROCESSES))
    throw new UserError(
      `--sessions ${sessions} must be ${MIN_PROCESSES} or more: fewer do not show how much processes differ.`,
      EXIT.usage,
    );
  const looks = lookSizes(sessions, maxSessions);
  const most = looks.at(-1) ?? sessions;
  const { path: folder, remove } = givenOrScratch(out, 'gate');
  const reports = out === undefined ? { reports: 'none' as const } : {};
  const measured: GateProcessMeasured[] = [];
  try {
    for (;;) {
      const number = measured.length + 1;
      const one = await measureOne({
        model,
        options: { ...profile, ...variantsOf(measured), ...reports },
        settleSeconds,
        folder: path.join(folder, `process-${number}`),
        isFirst: number === 1,
        begins: () => onSession?.(number, most),
        signal,
      });
      if (one === null) return putTogether(measured);
      measured.push(one);
      if (number === 1) onMeta?.(one.meta);
      const look = looks.indexOf(number) + 1;
      if (look === 0) continue;
      const soFar = putTogether(measured);
      if (isEnough(soFar, { number: look, of: looks.length }) || look === looks.length) return soFar;
    }
  } finally {
    remove();
  }
}

/** What the first process measured, by its keys: the others measure the same, for as long. */
const variantsOf = ([first]: readonly GateProcessMeasured[]): Pick<SentProfileOptions, 'variants'> =>
  first === undefined ? {} : { variants: [...first.measured.variants.keys()] };

interface OneProcess extends Omit<Extract<GateProcessRequest, { readonly ask: 'measure' }>, 'ask'> {
  readonly isFirst: boolean;
  /** Called when it is about to measure. */
  readonly begins: () => void;
  readonly signal: AbortSignal | undefined;
}

/** Null when it was interrupted. */
async function measureOne({ isFirst, begins, signal, ...request }: OneProcess): Promise<GateProcessMeasured | null> {
  const isStopped = (): boolean => signal?.aborted === true;
  if (isStopped()) return null;
  const { ask, close } = await startChild<GateProcessRequest, GateProcessAnswer>('gate/gate-process', given({ signal }));
  try {
    const { model } = request;
    const first = isFirst ? await ask({ ask: 'variants', model, options: request.options }) : {};
    begins();
    const answer = await ask({ ask: 'measure', ...request, options: { ...request.options, ...first } });
    return answer as GateProcessMeasured;
  } catch (thrown) {
    if (isStopped()) return null;
    throw thrown;
  } finally {
    close();
  }
}

function putTogether(measured: readonly GateProcessMeasured[]): Baseline {
  const [first] = measured;
  if (first === undefined || measured.length < MIN_PROCESSES)
    throw new UserError(`Interrupted after ${measured.length} processes; at least ${MIN_PROCESSES} are needed.`, EXIT.interrupted);
  return baselineOf(
    measured.map(({ measured }) => measured),
    first.meta,
    new Date().toISOString(),
  );
}
