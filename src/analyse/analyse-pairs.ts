import type { Analysis } from '../model/analysis.js';
import type { Parity } from '../model/parity.js';
import type { Recording } from '../model/recording.js';
import { comparePairs, pairNames } from './compare-pairs.js';
import { joinSides } from './join-sides.js';

/** Recordings of a measured comparison by side, in the order of their pairs; single calls are drawn from this order. */
export const sidesOf = (recordings: readonly Recording[]): readonly [baseline: Recording[], candidate: Recording[]] => {
  const of = (side: 'baseline' | 'candidate'): Recording[] => recordings.filter(({ meta }) => meta.pair?.side === side);
  return [of('baseline'), of('candidate')];
};

/** Whether these are recordings of a measured comparison, of both of its sides. */
export const arePairs = (recordings: readonly Recording[]): boolean => sidesOf(recordings).every(({ length }) => length > 0);

/** Two sides that were measured together, as one analysis. @throws UserError when they share no variant */
export function analysePairs(recordings: readonly Recording[]): Analysis {
  const [baseline, candidate] = sidesOf(recordings);
  const [before, after] = pairNames(recordings);
  const parity = candidate.find((recording) => recording.parity !== undefined)?.parity;
  return joinSides(baseline, candidate, {
    comparisons: comparePairs(recordings),
    notes: [`Baseline: ${before}. Candidate: ${after}.`, ...(parity === undefined ? [] : [paritySentence(parity)])],
    judgedBy: 'pairs',
  });
}

/** How far the answers of both sides to the same input are apart, in words. */
function paritySentence(parity: Parity): string {
  switch (parity.kind) {
    case 'compared':
      if (parity.absolute === null || parity.relative === null)
        return 'The outputs differ: one side gives NaN or infinity where the other does not.';
      return parity.absolute === 0
        ? 'Both sides gave the same outputs, to the last bit.'
        : `The outputs of both sides to the same input differ by at most ${parity.absolute.toPrecision(2)}, which is ${parity.relative.toPrecision(2)} of the largest value.`;
    case 'unlike':
      return `The two sides do not give outputs of the same shape: ${parity.reason}.`;
    case 'not-compared':
      return `The outputs were not compared: ${parity.reason}.`;
  }
}
