import { median } from '../../model/median.js';

/** `candidate[i] ÷ baseline[i]` of rounds that ran next to each other. */
export function roundRatios(candidate: readonly number[], baseline: readonly number[]): number[] {
  return candidate.slice(0, baseline.length).map((value, index) => value / (baseline[index] as number));
}

/**
 * Median of paired ratios with a distribution-free interval: order statistics whose coverage under the binomial law is
 * at least 95 %, the whole range where there are too few pairs for that (fewer than 6).
 */
export function medianInterval(
  values: readonly number[],
): { readonly median: number; readonly interval: readonly [number, number]; readonly coverage: number } | null {
  const middle = median(values);
  if (middle === null) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const { rank, coverage } = rankFor(sorted.length);
  return { median: middle, interval: [sorted[rank] as number, sorted[sorted.length - 1 - rank] as number], coverage };
}

/**
 * The largest k for which P(k < Binomial(n, ½) ≤ n − k − 1) ≥ 0.95; 0 where there is none. In logarithms: 2⁻ⁿ is nothing from n =
 * 1075 on.
 */
function rankFor(n: number): { readonly rank: number; readonly coverage: number } {
  let logTerm = -n * Math.LN2;
  let tail = Math.exp(logTerm);
  for (let rank = 0; ; rank += 1) {
    logTerm += Math.log((n - rank) / (rank + 1));
    const next = tail + Math.exp(logTerm);
    if (rank + 1 >= n / 2 || 1 - 2 * next < 0.95) return { rank, coverage: 1 - 2 * tail };
    tail = next;
  }
}
