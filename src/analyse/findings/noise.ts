import type { Analysis } from '../../model/analysis.js';
import { shownDifference } from '../../model/multiple.js';
import { departure } from '../../model/trust.js';

/** The noise that the A/A control showed, where a difference is no larger than it; null where it is, or nothing was shown. */
export function noiseAbove(ratio: number, { trust }: Pick<Analysis, 'trust'>): number | null {
  if (trust?.grade !== 'passed' || trust.again === null) return null;
  const noise = departure(trust.again.interval);
  return shownDifference(ratio) <= noise ? noise : null;
}
