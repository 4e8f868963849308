import type { Trial } from '../../../model/trial.js';
import { type Verdict, verdictOf } from '../../../model/verdict.js';
import type { Weighed } from './weighed.js';

/** A saving must be certain and at least this large to be advised. */
export const MIN_SAVING = 0.02;

/** Changes whose time of a call is all that counts. */
export type SimpleTrialId = Exclude<Trial['id'], 'pad-to-buckets' | 'open-batch'>;

/** A trial with a result. */
export type RunTrial = Trial & { readonly ratio: number; readonly interval: readonly [number, number] };

export const wasRun = (trial: Trial): trial is RunTrial => trial.ratio !== null && trial.interval !== null;

/** What a trial proved. */
export interface TriedChangeSaves extends Weighed {
  readonly kind: 'tried';
  readonly id: SimpleTrialId;
  readonly trial: RunTrial;
  readonly share: number;
}

/**
 * What a trial proved, or nothing where it saved nothing. Of several, the best is told.
 * @returns null when it was not tried, so that an estimate may stand in
 */
export function tried(trials: readonly Trial[], id: SimpleTrialId): readonly TriedChangeSaves[] | null {
  const [trial] = trials.filter((one) => one.id === id).sort((a, b) => (a.ratio ?? Infinity) - (b.ratio ?? Infinity));
  if (trial === undefined || !wasRun(trial)) return null;
  const [low, high] = trial.interval;
  const share = 1 - trial.ratio;
  if (high >= 1 || share < MIN_SAVING) return [];
  return [{ kind: 'tried', id, trial, share, saving: { share, interval: [1 - high, 1 - low] }, verified: true }];
}

/** Whether another variant ran in place of the baseline. */
export const isInPlace = ({ id }: Trial): boolean => id === 'xla' || id === 'compile-to-graph';

/** What a trial allows to be said, as of a comparison; null when it was not run. */
export const trialVerdict = (trial: Trial): Verdict | null =>
  wasRun(trial) ? verdictOf({ value: trial.ratio, interval: trial.interval, basis: 'paired' }, MIN_SAVING) : null;

/** What had to be built once, and after how many calls the saving has paid for it: null where it saves nothing. */
export interface Building {
  readonly nanos: number;
  readonly paidBackCalls: number | null;
}

export function buildingOf({ ratio, baselineNanos = 0, buildingNanos }: Trial): Building | null {
  if (buildingNanos === undefined || ratio === null) return null;
  const saved = (1 - ratio) * baselineNanos;
  return { nanos: buildingNanos, paidBackCalls: saved > 0 ? Math.ceil(buildingNanos / saved) : null };
}
