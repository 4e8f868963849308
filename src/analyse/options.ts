import { DEFAULT_CONFIDENCE } from '../model/confidence.js';

/** What can be chosen about an analysis. Shares are 0..1. */
export interface AnalyseOptions {
  /** Differences smaller than this share are of no practical interest. Default 0.02. */
  readonly practicalThreshold?: number;
  /** Confidence of every interval. Default 0.95. */
  readonly confidence?: number;
  /** Key of the variant (`name/call`) the others are compared with. Default: the first. */
  readonly baseline?: string;
}

/** {@link AnalyseOptions} with every choice made. */
export interface Settings {
  readonly practicalThreshold: number;
  readonly confidence: number;
  readonly baseline: string | null;
}

export const settingsOf = (options: AnalyseOptions): Settings => ({
  practicalThreshold: options.practicalThreshold ?? 0.02,
  confidence: options.confidence ?? DEFAULT_CONFIDENCE,
  baseline: options.baseline ?? null,
});
