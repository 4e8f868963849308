import path from 'node:path';
import { pairedRatios, pairLatencies, type PairedRatio, type PairLatencies } from '../../analyse/compare-pairs.js';
import { lookSizes } from '../../analyse/gate-looks.js';
import { EXIT, UserError } from '../../model/errors.js';
import { given } from '../../model/given.js';
import type { Parity } from '../../model/parity.js';
import type { Recording, RecordingPair } from '../../model/recording.js';
import { writeRecording } from '../../record/writer.js';

/** Pairs after which is looked first, and the most there may be. */
export const DEFAULT_PAIRS = 5;
export const DEFAULT_MAX_PAIRS = 20;

export interface PairsOptions {
  /** Pairs of processes at the least; default 5. */
  readonly pairs?: number;
  /** And at the most, while it is inconclusive; default 20. */
  readonly maxPairs?: number;
  /** Told when a pair begins to be measured, with the most there may be. */
  readonly onPair?: (number: number, of: number) => void;
  readonly signal?: AbortSignal;
}

/** What a recording of a pair says of itself, but for its side. */
export type PairLabel = Pick<RecordingPair, 'number' | 'looks'>;

/**
 * Measures one pair, and gives what was recorded and now lies in the run folder; null, with nothing left there, when it was interrupted.
 * `begins` is called once what is measured is there and runs.
 */
export type MeasurePair = (label: PairLabel, begins: () => void) => Promise<readonly Recording[] | null>;

/**
 * Measures pairs until every comparison is told, or the most are spent. It looks after 5, 8, 13 and 20; the looks share
 * the 5 % by which a comparison may be wrong. Interrupted, it makes do with the pairs that are whole.
 * @throws UserError when it is interrupted before the first pair is done
 */
export async function measurePairs(
  measure: MeasurePair,
  { pairs = DEFAULT_PAIRS, maxPairs = DEFAULT_MAX_PAIRS, onPair, signal }: PairsOptions,
): Promise<{ readonly interrupted: boolean }> {
  const looks = lookSizes(pairs, maxPairs);
  // Not the recordings, which hold every span: those are on disk.
  const measured: PairLatencies[] = [];
  for (let number = 1; ; number += 1) {
    const begins = (): void => onPair?.(number, looks.at(-1) ?? pairs);
    const recordings = signal?.aborted === true ? null : await measure({ number, looks }, begins);
    if (recordings === null) {
      if (measured.length === 0) throw new UserError('Interrupted before the first pair was measured.', EXIT.interrupted);
      return { interrupted: true };
    }
    measured.push(pairLatencies(recordings));
    // After the first it is seen whether there is anything to compare.
    const ratios = number === 1 || looks.includes(number) ? pairedRatios(measured) : [];
    const isTold = looks.includes(number) && ratios.every(isSettled);
    if (isTold || number === looks.at(-1)) return { interrupted: false };
  }
}

/** More pairs would tell nothing new: it is clear, or the sides never had an input in common. */
const isSettled = ({ verdict, pairs }: PairedRatio): boolean => verdict !== 'cannot-tell' || pairs === 0;

export type PairSideName = RecordingPair['side'];
export const PAIR_SIDES = ['baseline', 'candidate'] as const satisfies readonly PairSideName[];

export interface AlternateOptions {
  readonly folder: string;
  /** What either side is called. */
  readonly names: Readonly<Record<PairSideName, string>>;
  /** Null when it was interrupted. */
  readonly measureOne: (side: PairSideName, number: number) => Promise<readonly Recording[] | null>;
  /** What is known of their outputs. */
  readonly parity?: Parity;
}

/** Pairs of whole runs, one after the other: who begins changes from pair to pair. */
export const alternately =
  ({ folder, names, measureOne, parity }: AlternateOptions): MeasurePair =>
  async (label, begins) => {
    begins();
    const all: { readonly file: string; readonly recording: Recording }[] = [];
    for (const side of label.number % 2 === 1 ? PAIR_SIDES : PAIR_SIDES.toReversed()) {
      const recorded = await measureOne(side, label.number);
      if (recorded === null) return null;
      recorded.forEach((recording, index) => {
        const pair: RecordingPair = { ...label, side, name: names[side], turns: 'runs' };
        const marked: Recording = { ...recording, meta: { ...recording.meta, pair }, ...(side === 'candidate' ? given({ parity }) : {}) };
        all.push({ file: pairFile(folder, side, label.number, recorded.length === 1 ? '' : `-${index + 1}`), recording: marked });
      });
    }
    for (const { file, recording } of all) writeRecording(file, recording);
    return all.map(({ recording }) => recording);
  };

/** Where a side's recording of a pair lies in the run folder; `part` where it has several. */
export const pairFile = (folder: string, side: PairSideName, number: number, part = ''): string =>
  path.join(folder, 'recordings', `${side}-${String(number).padStart(2, '0')}${part}.isr`);
