/**
 * When a gate may look at its processes, and how sure each look has to be.
 *
 * A gate that stopped at the first look that happens to be clear would be wrong too often, so the 5 % by which it may be
 * wrong is shared out over the looks (Bonferroni: holds whatever the looks have in common). Later looks get more: a clear
 * case is clear at any level, and the doubtful ones need what is left.
 */

/** A gate is wrong this often at most, in either direction, over all its looks. */
const WRONG = 0.05;
const GROWTH = 1.6;

/** Which look of how many, from 1. */
export interface Look {
  readonly number: number;
  readonly of: number;
}
export const ONLY_LOOK: Look = { number: 1, of: 1 };

/** Numbers of processes after which to look: `fewest`, then about 1.6 times as many each time, `most` at the end. */
export function lookSizes(fewest: number, most: number): readonly number[] {
  const sizes: number[] = [];
  for (let size = fewest; size < most; size = Math.ceil(size * GROWTH)) sizes.push(size);
  return [...sizes, Math.max(fewest, most)];
}

/** How often this look may be wrong: shares of 5 % that grow with its number and add up to it. */
export const wrongAt = ({ number, of }: Look): number => (WRONG * number) / ((of * (of + 1)) / 2);
