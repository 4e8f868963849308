import type { Analysis } from '../model/analysis.js';
import type { Parity } from '../model/parity.js';
import type { Recording } from '../model/recording.js';
import type { PairComparison } from './compare-pairs.js';
import { joinSides } from './join-sides.js';

export interface AnalysePairsOptions {
  readonly names: readonly [baseline: string, candidate: string];
  /** Missing where the sides are programs, whose answers are not seen. */
  readonly parity?: Parity;
  readonly notes?: readonly string[];
}

/** Recordings of a measured comparison by side, in the order of their pairs. */
export const sidesOf = (recordings: readonly Recording[]): readonly [baseline: Recording[], candidate: Recording[]] => {
  const of = (side: 'baseline' | 'candidate'): Recording[] => recordings.filter(({ meta }) => meta.pair?.side === side);
  return [of('baseline'), of('candidate')];
};

/** Two sides that were measured together, as one analysis. Single calls are drawn from the baseline's recordings, then the candidate's. */
export function analysePairs(recordings: readonly Recording[], comparisons: readonly PairComparison[], { names, parity, notes = [] }: AnalysePairsOptions): Analysis {
  const [baseline, candidate] = sidesOf(recordings);
  return joinSides(baseline, candidate, {
    comparisons,
    notes: [`Baseline: ${names[0]}. Candidate: ${names[1]}.`, ...(parity === undefined ? [] : [paritySentence(parity)]), ...notes],
    judgedBy: 'pairs',
  });
}

/** How far the answers of both sides to the same input are apart, in words. */
export function paritySentence(parity: Parity): string {
  switch (parity.kind) {
    case 'compared':
      return parity.absolute === 0
        ? 'Both sides gave the same outputs, to the last bit.'
        : `The outputs of both sides to the same input differ by ${parity.absolute.toPrecision(2)} at most, ${parity.relative.toPrecision(2)} of the largest value.`;
    case 'unlike':
      return `The two sides do not give the same kind of outputs: ${parity.reason}.`;
    case 'not-compared':
      return `The outputs were not compared: ${parity.reason}.`;
  }
}
