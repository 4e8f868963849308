import { medianAbsoluteDeviation, medianSorted, quantileSorted } from 'simple-statistics';
import type { LatencySummary } from '../model/latency-summary.js';

/** Samples in ascending order; at least one. Only {@link sortSamples} makes them. */
export type SortedSamples = readonly [number, ...number[]] & { readonly __order: 'ascending' };

/** Sorts a copy. @returns null when there is nothing to sort. */
export function sortSamples(samples: readonly number[]): SortedSamples | null {
  return samples.length === 0 ? null : ([...samples].sort((a, b) => a - b) as unknown as SortedSamples);
}

/**
 * Samples needed before the `q` quantile is stated: with 95 % certainty, whatever the distribution, the largest sample
 * lies beyond the true quantile (1 − q^n ≥ 0.95). 29 for p90, 299 for p99: with fewer, the figure would often be an
 * extrapolation dressed as a measurement.
 */
export const samplesNeeded = (q: number): number => Math.ceil(Math.log(0.05) / Math.log(q));

/** A quantile, or null with too few samples. */
export const quantile = (sorted: SortedSamples, q: number): number | null =>
  sorted.length < samplesNeeded(q) ? null : quantileSorted([...sorted], q);

/** The scale that makes the median absolute deviation of normal samples their standard deviation. */
const MAD_TO_SIGMA = 1.4826022185056018;

const NO_SAMPLES: LatencySummary = { min: 0, p50: 0, p90: null, p99: null, mean: 0, max: 0, spread: 0 };

/** Summary of latencies in nanoseconds. All zero without samples. */
export function summarise(samples: readonly number[]): LatencySummary {
  const sorted = sortSamples(samples);
  if (sorted === null) return NO_SAMPLES;
  const values = [...sorted];
  return {
    min: sorted[0],
    p50: medianSorted(values),
    p90: quantile(sorted, 0.9),
    p99: quantile(sorted, 0.99),
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    max: values[values.length - 1] ?? sorted[0],
    spread: medianAbsoluteDeviation(values) * MAD_TO_SIGMA,
  };
}
