import type { Advice } from '../../model/analysis.js';
import type { TriedBuilding, Trial, TriedTraffic } from '../../model/trial.js';
import { MIN_SAVING, ratioWords } from './trials.js';
import { formatDeviation, formatShare, formatTime } from '../words.js';

const TRAFFIC_TRIALS: readonly Trial['id'][] = ['pad-to-buckets', 'open-batch'];

/** Whether a trial is one of those that end the building of a graph for each batch size. */
export const isOfTraffic = ({ id }: Trial): boolean => TRAFFIC_TRIALS.includes(id);

/**
 * What trials of padding and of an open batch came to: to do it, not to, or that neither is certain. Both save the building
 * of graphs once and may cost in each call, so the calls between two starts decide; the figures and their balance are told.
 * @returns null when neither was tried, so that an estimate may stand in
 */
export function triedTraffic(trials: readonly Trial[] | undefined): Advice[] | null {
  const found = (trials ?? []).filter(isOfTraffic);
  return found.length === 0 ? null : found.map(adviceOf);
}

/** A change in advice: what to do, what not to do, and how it is named. */
function wordsOf(
  id: Trial['id'],
  buckets: readonly number[],
): { readonly to: string; readonly notTo: string; readonly name: string; readonly how: string } {
  const sizes = buckets.length === 0 ? 'buckets' : buckets.join(', ');
  return id === 'open-batch'
    ? {
        to: 'Leave the batch open when the graph is traced (`dynamicBatch: true`)',
        notTo: 'Do not leave the batch open',
        name: 'Leaving the batch open (`dynamicBatch: true`)',
        how: 'one graph for every size',
      }
    : {
        to: `Pad the batch to ${sizes}`,
        notTo: `Do not pad the batch to ${sizes}`,
        name: `Padding the batch to ${sizes}`,
        how: 'rows of zeros appended before the arrays become tensors, the results cut back after they are read, and equal to those without padding',
      };
}

function adviceOf(trial: Trial): Advice {
  const { ratio, interval, traffic, failure = 'no reason given' } = trial;
  if (traffic?.rows === 'dependent') return refused(trial, traffic);
  if (ratio === null || interval === null || traffic === undefined) {
    return {
      id: trial.id,
      sentence: `${wordsOf(trial.id, []).name} could not be tried: ${failure}.`,
      evidence: `${trial.variant} with ${trial.change}.`,
      saving: null,
      verified: false,
    };
  }
  return judged(trial, traffic, { ratio, interval, callNanos: trial.baselineNanos ?? 0 });
}

const refused = ({ id, variant }: Trial, traffic: TriedTraffic & { readonly rows: 'dependent' }): Advice => ({
  id,
  sentence: `${wordsOf(id, traffic.buckets).notTo}: the rows of a batch depend on each other, and further rows change the results of the real ones.`,
  evidence: `Tried with ${variant}, with rows of zeros and with other rows: results differ by up to ${formatDeviation(traffic.largestDifference)}. Batches: ${sizesOf(traffic)}.`,
  saving: null,
  verified: true,
});

/** Nanoseconds over the calls between two starts, but for `breakEven`. */
interface Balance {
  readonly total: number;
  readonly saved: number;
  readonly interval: readonly [number, number];
  /** Calls after which the building that is saved is spent; null where a changed call is no slower. */
  readonly breakEven: number | null;
  readonly calls: number;
}

interface WarmCalls {
  readonly ratio: number;
  readonly interval: readonly [number, number];
  /** Mean call with a graph for each size. */
  readonly callNanos: number;
}

function balanceOf(
  { ratio, interval, callNanos }: WarmCalls,
  { sizes, building }: TriedTraffic & { readonly rows: 'independent' },
): Balance {
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

function judged(trial: Trial, traffic: TriedTraffic & { readonly rows: 'independent' }, warm: WarmCalls): Advice {
  const { total, saved, interval, breakEven, calls } = balanceOf(warm, traffic);
  const [low, high] = interval.map((nanos) => nanos / total) as [number, number];
  const share = saved / total;
  const { to, notTo, name, how } = wordsOf(trial.id, traffic.buckets);
  const common = {
    id: trial.id,
    evidence: `${figuresOf(warm, traffic.building)}. Tried, without recording, with ${trial.variant} in ${trial.rounds} rounds: batches ${sizesOf(traffic)}, ${how}; all of it is in the times.`,
  };
  if (low > 0 && share >= MIN_SAVING) {
    const until = breakEven === null ? '' : `, and it pays for up to about ${breakEven} calls after a start`;
    return {
      ...common,
      sentence: `${to}: over ${calls} calls from a start it saves ${formatShare(share)} of their time${until}.`,
      saving: { share, interval: [low, high], of: 'the time of these calls' },
      verified: true,
    };
  }
  if (high < 0) {
    const unless = breakEven === null || breakEven === 0 ? '' : ` unless there are fewer than about ${breakEven} calls after a start`;
    return { ...common, sentence: `${notTo}: tried, it costs more than it saves${unless}.`, saving: null, verified: true };
  }
  return { ...common, sentence: `${name} was tried: over ${calls} calls from a start no gain is certain.`, saving: null, verified: false };
}

/** What is built, once, and what a warm call takes, each with its interval. */
function figuresOf({ ratio, interval }: WarmCalls, building: TriedBuilding): string {
  const { exactNanos } = building;
  return `Building takes ${formatTime(building.ratio * exactNanos)} instead of ${formatTime(exactNanos)}, once, ${ratioWords(building.ratio, building.interval)}, and a warm call ${ratioWords(ratio, interval)} the time`;
}

const sizesOf = ({ sizes }: TriedTraffic): string => sizes.map(({ batch, calls }) => `${batch} (${calls}×)`).join(', ');
