import path from 'node:path';
import { comparePairs, type PairComparison } from '../analyse/compare-pairs.js';
import { lookSizes, type Look } from '../analyse/gate-looks.js';
import { EXIT, UserError } from '../model/errors.js';
import type { Recording, RecordingPair } from '../model/recording.js';
import { writeRecording } from '../record/writer.js';

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

export type PairSideName = RecordingPair['side'];
export const PAIR_SIDES = ['baseline', 'candidate'] as const satisfies readonly PairSideName[];

/** Pairs of whole runs, one after the other: who begins changes from pair to pair. `measureOne` gives null when it was interrupted. */
export const alternately = (folder: string, measureOne: (side: PairSideName, number: number) => Promise<readonly Recording[] | null>): MeasurePair => async (number) => {
  const all: Recording[] = [];
  for (const side of number % 2 === 1 ? PAIR_SIDES : PAIR_SIDES.toReversed()) {
    const recorded = await measureOne(side, number);
    if (recorded === null) return null;
    recorded.forEach((recording, index) => {
      const marked: Recording = { ...recording, meta: { ...recording.meta, pair: { side, number, turns: 'runs' } } };
      writeRecording(pairFile(folder, side, number, recorded.length === 1 ? '' : `-${index + 1}`), marked);
      all.push(marked);
    });
  }
  return all;
};

/** Where a side's recording of a pair lies in the run folder; `part` where it has several. */
export const pairFile = (folder: string, side: PairSideName, number: number, part = ''): string =>
  path.join(folder, 'recordings', `${side}-${String(number).padStart(2, '0')}${part}.isr`);
