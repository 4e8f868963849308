import { anyStretched, isStretched, mediansApart } from '../analyse/findings/stretched.js';
import type { Comparison, VariantAnalysis } from '../model/analysis.js';
import { formatTime } from './words.js';

/** A median call, with the mean that the bar shows where slow calls stretch it. */
export function medianCall(variant: VariantAnalysis): string {
  const { p50, mean } = variant.latencyNanos;
  const median = `Median call ${formatTime(p50)}`;
  return isStretched(variant) ? `${median} (mean ${formatTime(mean)}: slow calls stretch it)` : median;
}

/** What stands beside a bar: its mean, and the median where slow calls stretch it. */
export function barFigures(variant: VariantAnalysis): readonly [mean: string, median?: string] {
  const { p50, mean } = variant.latencyNanos;
  return isStretched(variant) ? [formatTime(mean), `median ${formatTime(p50)}`] : [formatTime(mean)];
}

/** The same on one line. */
export function barFigure(variant: VariantAnalysis): string {
  const [mean, median] = barFigures(variant);
  return median === undefined ? mean : `${mean} (${median})`;
}

/** Says what the bars are, where one is far from its variant's median. */
export const stretchedBars = (variants: readonly VariantAnalysis[]): string =>
  anyStretched(variants) ? ' Bars are means, which slow calls stretch.' : '';

/** Where the bars or the medians say another thing than a ratio beside them: the medians, and what the ratio is made of. Empty else. */
export function besideRatios(comparisons: readonly Comparison[], variants: readonly VariantAnalysis[]): string {
  const apart = mediansApart(comparisons, variants);
  if (apart.length === 0) return '';
  const medians = apart.map(({ key, medianNanos }) => `${key} ${formatTime(medianNanos)}`).join(', ');
  return ` Bars are means, which slow calls stretch; ratios compare calls of one round. Medians of all calls: ${medians}.`;
}
