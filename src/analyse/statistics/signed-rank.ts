import { medianSorted } from 'simple-statistics';

/** A location and its interval. */
export interface Location {
  readonly value: number;
  readonly interval: readonly [number, number];
}

/** Pairs below which no 95 % interval exists: with five, even the widest misses in 2 × 1/32 of cases. */
export const FEWEST_PAIRS = 6;

/**
 * Hodges–Lehmann: the median of all pairwise means, with the interval that inverts Wilcoxon's signed-rank test,
 * exact for any number of values. Asks for no distribution, only for symmetry about the shift; a few wild pairs hardly
 * move it. Needs `FEWEST_PAIRS` values (for 95 %), at most some hundreds (it sorts n²/2 means and takes n³/6 additions).
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

/** The `tail` quantile of the signed-rank statistic of `n` pairs, the sum of those ranks 1..n whose coin shows heads. */
function lowerRank(n: number, tail: number): number {
  const probability = new Float64Array((n * (n + 1)) / 2 + 1);
  probability[0] = 1;
  for (let rank = 1, most = 1; rank <= n; rank += 1, most += rank) {
    for (let sum = most; sum >= 0; sum -= 1) probability[sum] = ((probability[sum] ?? 0) + (probability[sum - rank] ?? 0)) / 2;
  }
  let below = 0;
  return probability.findIndex((one) => (below += one) >= tail);
}
