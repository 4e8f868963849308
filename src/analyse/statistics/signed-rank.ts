import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import signedRankQuantile from '@stdlib/stats-base-dists-signrank-quantile';
import { medianSorted } from 'simple-statistics';

/** A location and its interval. */
export interface Location {
  readonly value: number;
  readonly interval: readonly [number, number];
}

/** Pairs below which no 95 % interval exists: with five, even the widest misses in 2 × 1/32 of cases. */
export const FEWEST_PAIRS = 6;

/** Exact up to here (milliseconds); beyond, the normal approximation is right to a fraction of a rank. */
const MOST_EXACT = 60;

/**
 * Hodges–Lehmann: the median of all pairwise means, with the interval that inverts Wilcoxon's signed-rank test. Asks
 * for no distribution, only for symmetry about the shift; a few wild pairs hardly move it. Needs `FEWEST_PAIRS` values
 * (for 95 %), at most some hundreds (it sorts n²/2 means).
 *
 * Hollander, Wolfe: Nonparametric Statistical Methods, 3.2 and 3.3.
 */
export function hodgesLehmann(values: readonly number[], confidence: number): Location {
  const walsh: number[] = [];
  values.forEach((one, index) => {
    for (let other = index; other < values.length; other += 1) walsh.push((one + (values[other] ?? one)) / 2);
  });
  walsh.sort((a, b) => a - b);
  const rank = Math.max(1, lowerRank(values.length, (1 - confidence) / 2));
  return {
    value: medianSorted(walsh),
    interval: [walsh[rank - 1] ?? NaN, walsh[walsh.length - rank] ?? NaN],
  };
}

/** The `tail` quantile of the signed-rank statistic of `n` pairs. */
function lowerRank(n: number, tail: number): number {
  if (n <= MOST_EXACT) return signedRankQuantile(tail, n);
  const mean = (n * (n + 1)) / 4;
  const sigma = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24);
  return Math.floor(mean + normalQuantile(tail, 0, 1) * sigma);
}
