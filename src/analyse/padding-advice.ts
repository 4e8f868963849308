import type { Advice } from '../model/analysis.js';
import { formatNanos } from '../model/nanos.js';
import type { PaddingBuilding, Trial, TriedPadding } from '../model/trial.js';
import { LEAST_SAVING } from './advice-trials.js';
import { percent, ratioWords } from './advice-words.js';

/**
 * What a trial of padding came to: to pad, not to, or that it cannot be told. Padding saves the building of graphs once
 * and may cost in each call, so the calls between two starts decide; both figures and their balance are told.
 * @returns null when it was not tried, so that an estimate may stand in
 */
export function triedPadding(trials: readonly Trial[] | undefined): Advice[] | null {
  const trial = trials?.find(({ id }) => id === 'pad-to-buckets');
  return trial === undefined ? null : [adviceOf(trial)];
}

function adviceOf(trial: Trial): Advice {
  const { ratio, interval, padding, failure = 'no reason given' } = trial;
  if (padding?.rows === 'dependent') return refused(trial, padding);
  if (ratio === null || interval === null || padding === undefined) {
    return { id: trial.id, sentence: `Padding to buckets could not be tried: ${failure}.`, evidence: `${trial.variant} with ${trial.change}.`, saving: null, verified: false };
  }
  return judged(trial, padding, { ratio, interval, callNanos: trial.baselineNanos ?? 0 });
}

const refused = ({ id, variant }: Trial, padding: TriedPadding & { readonly rows: 'dependent' }): Advice => ({
  id,
  sentence: `Do not pad the batch to ${padding.buckets.join(', ')}: the rows of a batch depend on each other, and further rows change the results of the real ones.`,
  evidence: `Tried with ${variant}, with rows of zeros and with other rows: results differ by up to ${padding.largestDifference.toPrecision(3)}. Batches: ${sizesOf(padding)}.`,
  saving: null,
  verified: true,
});

/** Nanoseconds over the calls between two starts, but for `breakEven`. */
interface Balance {
  readonly total: number;
  readonly saved: number;
  readonly interval: readonly [number, number];
  /** Calls after which the building that is saved is spent; null where a padded call is no slower. */
  readonly breakEven: number | null;
  readonly calls: number;
}

interface WarmCalls {
  readonly ratio: number;
  readonly interval: readonly [number, number];
  /** Mean call without padding. */
  readonly callNanos: number;
}

function balanceOf({ ratio, interval, callNanos }: WarmCalls, { sizes, building }: TriedPadding & { readonly rows: 'independent' }): Balance {
  const { exactNanos } = building;
  const calls = sizes.reduce((all, size) => all + size.calls, 0);
  const extra = (times: number): number => (times - 1) * callNanos;
  const built = (share: number): number => (1 - share) * exactNanos;
  const saved = built(building.ratio) - calls * extra(ratio);
  return {
    calls,
    saved,
    total: exactNanos + calls * callNanos,
    // Each figure at its own end: wider than their joint interval, and simple.
    interval: [built(building.interval[1]) - calls * extra(interval[1]), built(building.interval[0]) - calls * extra(interval[0])],
    breakEven: extra(ratio) > 0 ? Math.max(0, Number(Math.floor(built(building.ratio) / extra(ratio)).toPrecision(2))) : null,
  };
}

function judged(trial: Trial, padding: TriedPadding & { readonly rows: 'independent' }, warm: WarmCalls): Advice {
  const { total, saved, interval, breakEven, calls } = balanceOf(warm, padding);
  const [low, high] = interval.map((nanos) => nanos / total) as [number, number];
  const share = saved / total;
  const where = `the batch to ${padding.buckets.join(', ')}`;
  const common = {
    id: trial.id,
    evidence: `${figuresOf(warm, padding.building)}. Tried, without recording, with ${trial.variant} in ${trial.rounds} rounds: batches ${sizesOf(padding)}, rows of zeros appended before the arrays become tensors, the results cut back after they are read, and equal to those without padding; all of it is in the times.`,
  };
  if (low > 0 && share >= LEAST_SAVING) {
    const until = breakEven === null ? '' : `, and it pays for up to about ${breakEven} calls`;
    return { ...common, sentence: `Pad ${where}: over ${calls} calls from a start it saves ${percent(share)} of their time${until}.`, saving: { share, interval: [low, high], of: 'the time of these calls' }, verified: true };
  }
  if (high < 0) {
    const unless = breakEven === null || breakEven === 0 ? '' : ` unless there are fewer than about ${breakEven} calls after a start`;
    return { ...common, sentence: `Do not pad ${where}: tried, it costs more than it saves${unless}.`, saving: null, verified: true };
  }
  return { ...common, sentence: `Padding ${where} was tried: over ${calls} calls from a start no gain is certain.`, saving: null, verified: false };
}

/** What is built, once, and what a warm call takes, each with its interval. */
function figuresOf({ ratio, interval }: WarmCalls, building: PaddingBuilding): string {
  const { exactNanos } = building;
  return `Building takes ${formatNanos(building.ratio * exactNanos)} instead of ${formatNanos(exactNanos)}, once, ${ratioWords(building.ratio, building.interval)}, and a warm call ${ratioWords(ratio, interval)} the time`;
}

const sizesOf = ({ sizes }: TriedPadding): string => sizes.map(({ batch, calls }) => `${batch} (${calls}×)`).join(', ');
