import type { Comparison, VariantAnalysis } from '../model/analysis.js';
import { formatTime } from './words.js';

/** From here on a mean beside a median of the same calls looks like a mistake. */
const STRETCHED = 1.15;

/** A median call, with the mean that the bar shows where slow calls stretch it. */
export function medianCall({ latencyNanos: { p50, mean } }: VariantAnalysis): string {
  const median = `Median call ${formatTime(p50)}`;
  return isStretched(p50, mean) ? `${median} (mean ${formatTime(mean)}: slow calls stretch it)` : median;
}

/** What stands beside a bar: its mean, and the median where slow calls stretch it. */
export const barFigures = ({ latencyNanos: { p50, mean } }: VariantAnalysis): readonly [mean: string, median?: string] =>
  isStretched(p50, mean) ? [formatTime(mean), `median ${formatTime(p50)}`] : [formatTime(mean)];

/** The same on one line. */
export function barFigure(variant: VariantAnalysis): string {
  const [mean, median] = barFigures(variant);
  return median === undefined ? mean : `${mean} (${median})`;
}

/** Says what the bars are, where one is far from its variant's median. */
export function stretchedBars(variants: readonly VariantAnalysis[]): string {
  return variants.some(({ calls, latencyNanos: { p50, mean } }) => calls > 0 && isStretched(p50, mean))
    ? ' Bars are means, which slow calls stretch.'
    : '';
}

const isStretched = (p50: number, mean: number): boolean => mean >= STRETCHED * p50;

/**
 * Where the bars, which are means, or the medians of all calls say another thing than a ratio beside them: both medians, and
 * what the ratio is made of. Empty where they agree.
 */
export function besideRatios(comparisons: readonly Comparison[], variants: readonly VariantAnalysis[]): string {
  const find = (key: string): VariantAnalysis | undefined => variants.find((variant) => variant.key === key);
  const apart = comparisons.filter(({ baseline, candidate, ratio }) => {
    const [before, after] = [find(baseline), find(candidate)];
    if (before === undefined || after === undefined) return false;
    const { mean, p50 } = before.latencyNanos;
    return isApart(after.latencyNanos.mean / mean, ratio) || isApart(after.latencyNanos.p50 / p50, ratio);
  });
  const [first] = apart;
  if (first === undefined) return '';
  const keys = [first.baseline, ...apart.map(({ candidate }) => candidate)];
  const medians = keys.map((key) => `${key} ${formatTime(find(key)?.latencyNanos.p50 ?? 0)}`).join(', ');
  return ` Bars are means, which slow calls stretch; ratios compare calls of one round. Medians of all calls: ${medians}.`;
}

const isApart = (shown: number, ratio: number): boolean => !(Math.abs(Math.log(shown / ratio)) < Math.log(STRETCHED));
