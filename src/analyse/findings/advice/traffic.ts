import type { Trial, TriedTraffic } from '../../../model/trial.js';
import { MIN_SAVING, wasRun, type RunTrial } from './trials.js';
import { CERTAIN, UNCERTAIN, type Weighed } from './weighed.js';

const TRAFFIC_TRIALS: readonly Trial['id'][] = ['pad-to-buckets', 'open-batch'];

/** Whether a trial is one of those that end the building of a graph for each batch size. */
export const isOfTraffic = ({ id }: Trial): boolean => TRAFFIC_TRIALS.includes(id);

export type Independent = TriedTraffic & { readonly rows: 'independent' };
export type Dependent = TriedTraffic & { readonly rows: 'dependent' };

/** What trials of padding and of an open batch came to. */
export type TrafficFinding = Weighed &
  (
    | { readonly kind: 'traffic-not-tried'; readonly trial: Trial }
    | { readonly kind: 'rows-depend'; readonly trial: Trial; readonly traffic: Dependent }
    | { readonly kind: 'traffic'; readonly trial: RunTrial; readonly traffic: Independent; readonly outcome: TrafficOutcome }
  );

/** Over the calls between two starts. `breakEven`: calls after which the building that is saved is spent; null where there are none. */
export interface TrafficOutcome {
  readonly kind: 'saves' | 'costs' | 'uncertain';
  readonly calls: number;
  readonly share: number;
  readonly breakEven: number | null;
}

/**
 * To do it, not to, or that neither is certain. Both save the building of graphs once and may cost in each call, so the calls
 * between two starts decide.
 * @returns null when neither was tried, so that an estimate may stand in
 */
export function triedTraffic(trials: readonly Trial[]): readonly TrafficFinding[] | null {
  const found = trials.filter(isOfTraffic);
  return found.length === 0 ? null : found.map(findingOf);
}

function findingOf(trial: Trial): TrafficFinding {
  const { id, traffic } = trial;
  if (traffic?.rows === 'dependent') return { kind: 'rows-depend', id, trial, traffic, ...CERTAIN };
  return traffic === undefined || !wasRun(trial) ? { kind: 'traffic-not-tried', id, trial, ...UNCERTAIN } : judged(trial, traffic);
}

function judged(trial: RunTrial, traffic: Independent): TrafficFinding {
  const { saved, interval, total, breakEven, calls } = balanceOf(trial, traffic);
  const [low, high] = interval.map((nanos) => nanos / total) as [number, number];
  const share = saved / total;
  const found = { kind: 'traffic', id: trial.id, trial, traffic } as const;
  const outcome = { calls, share, breakEven };
  if (low > 0 && share >= MIN_SAVING)
    return {
      ...found,
      outcome: { ...outcome, kind: 'saves' },
      saving: { share, interval: [low, high], of: 'the time of these calls' },
      verified: true,
    };
  return high < 0
    ? { ...found, outcome: { ...outcome, kind: 'costs' }, ...CERTAIN }
    : { ...found, outcome: { ...outcome, kind: 'uncertain' }, ...UNCERTAIN };
}

/** Nanoseconds over the calls between two starts, but for `breakEven`. */
interface Balance {
  readonly total: number;
  readonly saved: number;
  readonly interval: readonly [number, number];
  /** Calls after which the building that is saved is spent; null where a changed call is no slower. */
  readonly breakEven: number | null;
  readonly calls: number;
}

function balanceOf({ ratio, interval, baselineNanos: callNanos = 0 }: RunTrial, { sizes, building }: Independent): Balance {
  const { exactNanos } = building;
  const calls = sizes.reduce((all, size) => all + size.calls, 0);
  const extra = (times: number): number => (times - 1) * callNanos;
  const built = (share: number): number => (1 - share) * exactNanos;
  return {
    calls,
    saved: built(building.ratio) - calls * extra(ratio),
    total: exactNanos + calls * callNanos,
    // Each figure at its own end: wider than their joint interval, and simple.
    interval: [built(building.interval[1]) - calls * extra(interval[1]), built(building.interval[0]) - calls * extra(interval[0])],
    breakEven: extra(ratio) > 0 ? Math.max(0, Number(Math.floor(built(building.ratio) / extra(ratio)).toPrecision(2))) : null,
  };
}
