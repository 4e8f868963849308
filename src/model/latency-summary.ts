/** A percentile is null when there are too few samples to state it. */
export interface LatencySummary {
  readonly min: number;
  readonly p50: number;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly mean: number;
  readonly max: number;
  /** Median absolute deviation, scaled to a standard deviation. */
  readonly spread: number;
}
