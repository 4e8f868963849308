import { median as medianOf } from '../model/median.js';
import { uniformFrom } from '../model/random.js';

/** Time that one round of one variant should take: long enough for the clock, short enough to follow drift. */
const ROUND_NANOS = 20e6;
const MAX_CALLS_PER_ROUND = 50;
const MIN_ROUNDS = 10;
/** Settled: the 95 % interval of the mean round median is narrower than ± this share. */
const SETTLED_SHARE = 0.01;

/** Median of a list; NaN of an empty one. */
export const medianOrNaN = (values: readonly number[]): number => medianOf(values) ?? NaN;

/** How many calls of a variant make a round, so that there are enough rounds to compare. */
export function callsPerRound(latencyNanos: number, calls: number | undefined): number {
  const byTime = Math.max(1, Math.min(MAX_CALLS_PER_ROUND, Math.round(ROUND_NANOS / latencyNanos)));
  return calls === undefined ? byTime : Math.max(1, Math.min(byTime, Math.ceil(calls / (2 * MIN_ROUNDS))));
}

/** True when more rounds would change little. */
export function isSettled(roundMedians: readonly number[]): boolean {
  const n = roundMedians.length;
  if (n < MIN_ROUNDS) return false;
  const mean = roundMedians.reduce((a, b) => a + b, 0) / n;
  const variance = roundMedians.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  return 1.96 * Math.sqrt(variance / n) < SETTLED_SHARE * mean;
}

/** A Fisher-Yates shuffle with a seeded generator: the order of a run can be repeated. */
export function seededShuffle(seed: number): <T>(items: readonly T[]) => T[] {
  const next = uniformFrom(seed);
  return <T>(items: readonly T[]): T[] => {
    const shuffled = [...items];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = Math.floor(next() * (i + 1));
      [shuffled[i], shuffled[j]] = [shuffled[j] as T, shuffled[i] as T];
    }
    return shuffled;
  };
}
