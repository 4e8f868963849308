import type { VariantAnalysis } from '../../model/analysis.js';

/** A call that holds the loop for this share of its latency holds it from begin to end. */
const WHOLE_SHARE = 0.9;

/** How long a variant's calls keep the process from answering anything else. */
export interface HeldLoop {
  readonly key: string;
  readonly medianNanos: number;
  readonly longestNanos: number;
  /** From begin to end of a call, or a stretch of it. */
  readonly extent: 'whole' | 'stretch';
}

export const heldLoops = (variants: readonly VariantAnalysis[]): readonly HeldLoop[] =>
  variants.flatMap(({ key, latencyNanos: { p50 }, blockNanos }): HeldLoop[] => {
    if (blockNanos === undefined || p50 === 0) return [];
    const extent = blockNanos.p50 >= WHOLE_SHARE * p50 ? 'whole' : 'stretch';
    return [{ key, medianNanos: blockNanos.p50, longestNanos: blockNanos.max, extent }];
  });

export interface LatencyRange {
  readonly low: number;
  readonly high: number;
}

/** Shortest and longest of all calls that were not traced, null where there is none. */
export function latencyRange(variants: readonly VariantAnalysis[]): LatencyRange | null {
  let low = Infinity;
  let high = 0;
  for (const { timeline } of variants)
    for (const { traced, latencyNanos } of timeline)
      if (!traced && latencyNanos > 0) {
        low = Math.min(low, latencyNanos);
        high = Math.max(high, latencyNanos);
      }
  return high === 0 ? null : { low, high };
}

/** Warm calls in bins of equal width from the shortest to the 99th percentile; what lies above is counted in the last. */
export interface LatencyHistogram extends LatencyRange {
  readonly calls: number;
  readonly bins: readonly number[];
}

/** Null without a warm call. */
export function latencyHistogram({ timeline }: VariantAnalysis, bins: number): LatencyHistogram | null {
  const warm = timeline
    .filter(({ temperature, error, traced }) => temperature === 'warm' && error === undefined && !traced)
    .map(({ latencyNanos }) => latencyNanos)
    .sort((a, b) => a - b);
  const [low] = warm;
  if (low === undefined) return null;
  const high = warm[Math.floor((warm.length - 1) * 0.99)] ?? low;
  const counts = new Array<number>(bins).fill(0);
  for (const latency of warm) {
    const bin = high > low ? Math.min(bins - 1, Math.floor(((latency - low) / (high - low)) * bins)) : 0;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { low, high, calls: warm.length, bins: counts };
}
