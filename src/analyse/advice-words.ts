import { DEFAULT_CONFIDENCE, formatConfidence } from '../model/confidence.js';
import { formatMultiple } from '../model/multiple.js';

/** A share as advice tells it: `8.3 %`, `42 %`. */
export const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;

/** A ratio of times with its interval: `0.12 × (95 % 0.093 × to 0.17 ×)`. */
export const ratioWords = (ratio: number, [low, high]: readonly [number, number]): string =>
  `${formatMultiple(ratio)} × (${formatConfidence(DEFAULT_CONFIDENCE)} ${formatMultiple(low)} × to ${formatMultiple(high)} ×)`;
