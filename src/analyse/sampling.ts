import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import { mean, sampleVariance, sum } from 'simple-statistics';
import type { SamplingFigure } from '../model/analysis.js';

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
  if (traced.length === 0 || plain.length === 0) return { ...base, nanos: 0, share: 0, upper: traced.length === 0 ? 0 : null };
  const total = sum([...plain]) + sum([...traced]);
  const usual = mean([...plain]);
  const excess = traced.map((latency) => latency - usual);
  const nanos = Math.max(0, sum(excess));
  const share = nanos / total;
  if (traced.length < 2) return { ...base, nanos, share, upper: null };
  const error = Math.sqrt(traced.length * variance(excess) + (traced.length ** 2 * variance(plain)) / Math.max(1, plain.length));
  return { ...base, nanos, share, upper: Math.max(0, sum(excess) + normalQuantile((1 + confidence) / 2, 0, 1) * error) / total };
}

const variance = (values: readonly number[]): number => (values.length < 2 ? 0 : sampleVariance([...values]));
