import type { Analysis, VariantAnalysis } from '../../model/analysis.js';
import { ofModel } from './verdict.js';

/** Has warm calls: a variant without any has no figures of a warm call. */
export const isMeasured = ({ calls }: VariantAnalysis): boolean => calls > 0;

/** Each model of a program by itself: different models are not variants of each other. */
export function perModel(analysis: Analysis): readonly Analysis[] {
  const { models = [] } = analysis;
  return models.length > 1 ? models.map(({ id }) => ofModel(analysis, id)) : [analysis];
}

/** The baseline and the fastest of these: with eleven variants, the details of all would bury the rest. */
export function baselineAndFastest(variants: readonly VariantAnalysis[]): readonly VariantAnalysis[] {
  const [first, ...others] = variants.filter(isMeasured);
  if (first === undefined) return [];
  const fastest = others.reduce((best, variant) => (variant.latencyNanos.p50 < best.latencyNanos.p50 ? variant : best), first);
  return [...new Set([first, fastest])];
}
