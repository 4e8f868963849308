import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import { mean, sampleVariance, sum } from 'simple-statistics';
import type { SamplingFigure } from '../model/analysis.js';
import { formatConfidence } from '../model/confidence.js';

/** What is known of a variant's traced calls. */
export interface TracedCalls {
  /** Latencies of the measured calls that were not traced. */
  readonly plain: readonly number[];
  /** Latencies of the measured calls that were. */
  readonly traced: readonly number[];
  /** Traced calls of the warm-up, which stand in where no measured call was traced. */
  readonly inWarmUp: number;
}

/**
 * How calls were sampled for what only tracing shows, and what that took: the traced calls' excess over the mean of the
 * others, as a share of the time of all measured calls. `upper` is the end of its interval of `confidence`; null where one traced
 * call tells nothing about their spread.
 *
 * @returns null when no call was traced
 */
export function samplingFigure({ plain, traced, inWarmUp }: TracedCalls, confidence: number): SamplingFigure | null {
  if (traced.length + inWarmUp === 0) return null;
  const calls = plain.length + traced.length;
  const base = { traced: traced.length, tracedInWarmUp: inWarmUp, calls, period: traced.length === 0 ? null : calls / traced.length };
  if (traced.length === 0 || plain.length === 0) return { ...base, share: 0, upper: traced.length === 0 ? 0 : null };
  const total = sum([...plain]) + sum([...traced]);
  const usual = mean([...plain]);
  const excess = traced.map((latency) => latency - usual);
  const share = Math.max(0, sum(excess)) / total;
  if (traced.length < 2) return { ...base, share, upper: null };
  const error = Math.sqrt(traced.length * variance(excess) + (traced.length ** 2 * variance(plain)) / Math.max(1, plain.length));
  return { ...base, share, upper: Math.max(0, sum(excess) + normalQuantile((1 + confidence) / 2, 0, 1) * error) / total };
}

const variance = (values: readonly number[]): number => (values.length < 2 ? 0 : sampleVariance([...values]));

/** The figure in words, one sentence. `confidence`: of `upper`. */
export function samplingSentence(
  key: string,
  { traced, tracedInWarmUp, calls, period, share, upper }: SamplingFigure,
  confidence: number,
): string {
  const percent = (value: number): string => `${(value * 100).toFixed(value < 0.001 ? 2 : 1)} %`;
  if (period === null) {
    return (
      `${key}: kernel details come from ${tracedInWarmUp} traced ${tracedInWarmUp === 1 ? 'call' : 'calls'} of the warm-up; ` +
      `tracing one of these ${calls} calls would have cost more than 5 % of their time.`
    );
  }
  const bound = upper === null ? '' : ` (at most ${percent(upper)} with ${formatConfidence(confidence)} confidence)`;
  return (
    `${key}: kernel details come from ${traced} traced ${traced === 1 ? 'call' : 'calls'} of ${calls}; latencies from the other ${calls - traced}. ` +
    `Tracing took ${percent(share)} of their time${bound}.`
  );
}
