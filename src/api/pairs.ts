import path from 'node:path';
import { comparePairs, type PairComparison } from '../analyse/compare-pairs.js';
import { lookSizes, type Look } from '../analyse/gate-looks.js';
import { EXIT, UserError } from '../model/errors.js';
import type { Recording } from '../model/recording.js';

/** Pairs after which is looked first, and the most there may be. */
export const DEFAULT_PAIRS = 5;
export const DEFAULT_MAX_PAIRS = 20;

export interface PairsOptions {
  /** Pairs of processes at the least; default 5. */
  readonly pairs?: number;
  /** And at the most, while it is inconclusive; default 20. */
  readonly maxPairs?: number;
  /** Told before each pair, with the most there may be. */
  readonly onPair?: (number: number, of: number) => void;
  readonly signal?: AbortSignal;
}

export interface MeasuredPairs {
  readonly recordings: readonly Recording[];
  readonly comparisons: readonly PairComparison[];
  readonly interrupted: boolean;
}

/** Measures one pair and gives what was recorded; null when it was interrupted. */
export type MeasurePair = (number: number) => Promise<readonly Recording[] | null>;

/**
 * Measures pairs until every comparison is told, or the most are spent. It looks after 5, 8, 13 and 20; the looks share
 * the 5 % by which a comparison may be wrong. Interrupted, it makes do with the pairs that are whole.
 * @throws UserError when it is interrupted before the first pair is done
 */
export async function measurePairs(names: readonly [string, string], measure: MeasurePair, { pairs = DEFAULT_PAIRS, maxPairs = DEFAULT_MAX_PAIRS, onPair, signal }: PairsOptions): Promise<MeasuredPairs> {
  const looks = lookSizes(pairs, maxPairs);
  const recordings: Recording[] = [];
  const judged = (look: Look): readonly PairComparison[] => comparePairs(recordings, { names, look });
  for (let number = 1; ; number += 1) {
    onPair?.(number, looks.at(-1) ?? pairs);
    const measured = signal?.aborted === true ? null : await measure(number);
    const last = { number: looks.length, of: looks.length };
    if (measured === null) {
      if (recordings.length === 0) throw new UserError('Interrupted before the first pair was measured.', EXIT.interrupted);
      return { recordings, comparisons: judged(last), interrupted: true };
    }
    recordings.push(...measured);
    const look = looks.indexOf(number) + 1;
    if (look === 0) continue;
    const comparisons = judged({ number: look, of: looks.length });
    const isTold = comparisons.every(({ verdict }) => verdict !== 'cannot-tell');
    if (isTold || look === looks.length) return { recordings, comparisons, interrupted: false };
  }
}

/** Where a side's recording of a pair lies in the run folder; `part` where it has several. */
export const pairFile = (folder: string, side: 'baseline' | 'candidate', number: number, part = ''): string =>
  path.join(folder, 'recordings', `${side}-${String(number).padStart(2, '0')}${part}.isr`);
