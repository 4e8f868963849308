import type { Findings, Note } from '../model/findings.js';
import type { Recording } from '../model/recording.js';
import { comparePairs, pairNames } from './compare-pairs.js';
import { joinSides } from './join-sides.js';
import { modelsApart } from './models.js';
import { unlikeRuns } from './parity.js';

/** What the names of the sides say, or what their outputs are compared by. */
const SAID_OF_SIDES: ReadonlySet<string> = new Set(['model', 'input signature', 'batch size']);

/** What the sides differ in besides their models. Of unlike runtimes the packages and flags differ in all: those are not listed. */
function differencesOf([one]: readonly Recording[], [other]: readonly Recording[]): Note[] {
  const all = one === undefined || other === undefined ? [] : unlikeRuns(one, other).filter(({ field }) => !SAID_OF_SIDES.has(field));
  const unlike = all.some(({ field }) => field === 'backend');
  const differences = all.filter(({ field }) => !unlike || !/^(package|flag) /.test(field));
  return differences.length === 0 ? [] : [{ kind: 'sides-differ', differences }];
}

/** Recordings of a measured comparison by side, in the order of their pairs; single calls are drawn from this order. */
export const sidesOf = (recordings: readonly Recording[]): readonly [baseline: Recording[], candidate: Recording[]] => {
  const of = (side: 'baseline' | 'candidate'): Recording[] => recordings.filter(({ meta }) => meta.pair?.side === side);
  return [of('baseline'), of('candidate')];
};

/** Whether these are recordings of a measured comparison, of both of its sides. */
export const arePairs = (recordings: readonly Recording[]): boolean => sidesOf(recordings).every(({ length }) => length > 0);

/** Two sides that were measured together, as one analysis. @throws UserError when they share no variant */
export function analysePairs(given: readonly Recording[]): Findings {
  const recordings = modelsApart(given);
  const [baseline, candidate] = sidesOf(recordings);
  const [before, after] = pairNames(recordings);
  const parity = candidate.find((recording) => recording.parity !== undefined)?.parity;
  return joinSides(baseline, candidate, {
    comparisons: comparePairs(recordings),
    notes: [
      { kind: 'sides', baseline: before, candidate: after },
      ...(parity === undefined ? [] : [{ kind: 'outputs', parity } as const]),
      ...differencesOf(baseline, candidate),
    ],
    judgedBy: 'pairs',
  });
}
