export const VERDICTS = ['faster', 'slower', 'no-difference', 'cannot-tell'] as const;

export type Verdict = (typeof VERDICTS)[number];

/** Candidate ÷ baseline. `basis` says what the interval rests on. */
export interface Ratio {
  readonly value: number;
  readonly interval: readonly [number, number];
  readonly basis: 'paired' | 'unpaired' | 'too-few';
}

/**
 * What a ratio and its interval allow to be said. "No difference" is claimed only when the whole interval lies within
 * the practical band (an equivalence test): an interval that is merely too wide proves nothing.
 */
export function verdictOf(ratio: Ratio, practicalThreshold: number): Verdict {
  const [low, high] = ratio.interval;
  const band = 1 + practicalThreshold;
  if (ratio.basis === 'too-few') return 'cannot-tell';
  if (low >= 1 / band && high <= band) return 'no-difference';
  if (high < 1 && ratio.value < 1 / band) return 'faster';
  if (low > 1 && ratio.value > band) return 'slower';
  return 'cannot-tell';
}
