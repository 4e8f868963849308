import { medianSorted } from 'simple-statistics';
import { chunks } from './chunks.js';

/** A location and its interval. */
export interface Location {
  readonly value: number;
  readonly interval: readonly [number, number];
}

/** Pairs below which no 95 % interval exists: with five, even the widest misses in 2 × 1/32 of cases. */
export const MIN_PAIRS = 6;

/** Values beyond which neighbours are put together: the work grows with their square and cube, what is learnt does not. */
export const MAX_PAIRS = 160;

/**
 * Hodges–Lehmann: the median of all pairwise means, with the interval that inverts Wilcoxon's signed-rank test, exact.
 * Asks for no distribution, only for symmetry about the shift; a few wild pairs hardly move it. Needs `MIN_PAIRS`
 * values (for 95 %). Of more than `MAX_PAIRS`, neighbours in time are put together into as many groups, each told by its own median
 * of pairwise means: exact too, whatever neighbours have in common stays in one group.
 *
 * Hollander, Wolfe: Nonparametric Statistical Methods, 3.2 and 3.3.
 */
export function hodgesLehmann(all: readonly number[], confidence: number): Location {
  const values = all.length <= MAX_PAIRS ? all : chunks(all, MAX_PAIRS).map((group) => medianSorted(pairwiseMeans(group)));
  const walsh = pairwiseMeans(values);
  const rank = Math.max(1, lowerRank(values.length, (1 - confidence) / 2));
  return {
    value: medianSorted(walsh),
    interval: [walsh[rank - 1] ?? NaN, walsh[walsh.length - rank] ?? NaN],
  };
}

/** The means of all pairs, each value with itself too, sorted. */
function pairwiseMeans(values: readonly number[]): number[] {
  const means = new Float64Array((values.length * (values.length + 1)) / 2);
  let filled = 0;
  values.forEach((one, index) => {
    for (let other = index; other < values.length; other += 1) means[filled++] = (one + (values[other] ?? one)) / 2;
  });
  return [...means.sort()];
}

/** Distributions that were counted out, by number of pairs: a run compares many things over the same rounds. */
const counted = new Map<number, Float64Array>();

/** The `tail` quantile of the signed-rank statistic of `n` pairs. */
function lowerRank(n: number, tail: number): number {
  const probability = counted.get(n) ?? signedRankProbabilities(n);
  counted.set(n, probability);
  let below = 0;
  return probability.findIndex((one) => (below += one) >= tail);
}

/** How likely each sum is of those ranks 1..n whose coin shows heads. */
function signedRankProbabilities(n: number): Float64Array {
  const probability = new Float64Array((n * (n + 1)) / 2 + 1);
  probability[0] = 1;
  for (let rank = 1, most = 1; rank <= n; rank += 1, most += rank) {
    for (let sum = most; sum >= 0; sum -= 1) probability[sum] = ((probability[sum] ?? 0) + (probability[sum - rank] ?? 0)) / 2;
  }
  return probability;
}
