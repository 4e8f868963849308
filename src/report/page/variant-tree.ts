import type { VariantAnalysis } from '../../model/analysis.js';

/** `timeline`: the single calls, where there are any. */
export type VariantTree = Pick<VariantAnalysis, 'key' | 'calls' | 'tree'> & Partial<Pick<VariantAnalysis, 'timeline'>>;
