import type { VariantAnalysis } from '../../model/analysis.js';

/** What a variant is, besides its figures: what changing to it means. */
export type NamedVariant = Pick<VariantAnalysis, 'key' | 'name' | 'call' | 'compiler'>;
