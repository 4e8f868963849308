import type { Comparison, VariantAnalysis } from '../../model/analysis.js';

/** From here on a mean beside a median of the same calls looks like a mistake. */
const STRETCHED = 1.15;

/** Whether slow calls stretch a variant's mean away from its median. */
export const isStretched = ({ latencyNanos: { p50, mean } }: VariantAnalysis): boolean => mean >= STRETCHED * p50;

/** Whether the mean of any of these that has warm calls is. */
export const anyStretched = (variants: readonly VariantAnalysis[]): boolean =>
  variants.some((variant) => variant.calls > 0 && isStretched(variant));

export interface VariantMedian {
  readonly key: string;
  readonly medianNanos: number;
}

/**
 * Where means, or the medians of all calls, say another thing than a ratio beside them: the medians of the sides. Empty where they
 * agree.
 */
export function mediansApart(comparisons: readonly Comparison[], variants: readonly VariantAnalysis[]): readonly VariantMedian[] {
  const find = (key: string): VariantAnalysis | undefined => variants.find((variant) => variant.key === key);
  const apart = comparisons.filter(({ baseline, candidate, ratio }) => {
    const [before, after] = [find(baseline), find(candidate)];
    if (before === undefined || after === undefined) return false;
    const { mean, p50 } = before.latencyNanos;
    return isApart(after.latencyNanos.mean / mean, ratio) || isApart(after.latencyNanos.p50 / p50, ratio);
  });
  const keys = [...apart.slice(0, 1).map(({ baseline }) => baseline), ...apart.map(({ candidate }) => candidate)];
  return keys.map((key) => ({ key, medianNanos: find(key)?.latencyNanos.p50 ?? 0 }));
}

const isApart = (shown: number, ratio: number): boolean => !(Math.abs(Math.log(shown / ratio)) < Math.log(STRETCHED));
