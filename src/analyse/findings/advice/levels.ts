import type { Comparison, VariantAnalysis } from '../../../model/analysis.js';
import { bestOf, USUAL } from '../variants.js';
import { LEVEL, type NamedVariant } from './changes.js';
import type { FasterVariant, StartTimes } from './faster.js';
import { CERTAIN, UNCERTAIN, type Weighed } from './weighed.js';

const FILE = 'optimised-file';

/** No level of ONNX Runtime was surely faster than the first: the one to set all the same. */
export interface LevelToKeep extends Weighed {
  readonly kind: 'level-to-keep';
  readonly baseline: NamedVariant;
  readonly against: readonly Comparison[];
  /**
   * `first`: what a program has by default is slower, `times` as long; `usual`: that one, because no level is faster; `open`: that
   * one, and whether another is faster is inconclusive.
   */
  readonly keep: { readonly level: 'first'; readonly times: number } | { readonly level: 'usual' | 'open' };
}

/** Because that is what a reader asks first. */
export function levelToKeep(baseline: NamedVariant, against: readonly Comparison[]): readonly LevelToKeep[] {
  const usual = against.find(({ candidate }) => candidate === USUAL);
  if (against.length === 0 || (usual === undefined && baseline.key !== USUAL) || against.some(({ verdict }) => verdict === 'faster'))
    return [];
  const found = { kind: 'level-to-keep', id: LEVEL, baseline, against } as const;
  if (usual?.verdict === 'slower') return [{ ...found, ...CERTAIN, keep: { level: 'first', times: usual.ratio } }];
  const open = against.some(({ verdict }) => verdict === 'cannot-tell');
  return [{ ...found, ...(open ? UNCERTAIN : CERTAIN), keep: { level: open ? 'open' : 'usual' } }];
}

/** What a reader of such a report asks first: which level, then its file; all else by what it saves. */
export const levelsFirst = ({ id }: Weighed): number => (id === LEVEL ? 0 : id === FILE ? 1 : 2);

/** A start that is shorter by less than this is not worth a file. */
const MIN_START_NANOS = 5e6;
const MIN_START_SHARE = 0.2;

export interface OptimisedFile extends Weighed {
  readonly kind: 'optimised-file';
  readonly start: StartTimes;
}

/** Where that file is the fastest level, too, its advice (of `faster`) has the times; else they are advice of their own. */
export function withOptimisedFile(
  faster: readonly FasterVariant[],
  variants: readonly VariantAnalysis[],
  against: readonly Comparison[],
): readonly (FasterVariant | OptimisedFile)[] {
  const building = (name: string): number => variants.find((one) => one.name === name)?.cold[0]?.stages['graph-building'].nanosPerCall ?? 0;
  const start = { optimiserNanos: building('all'), fileNanos: building('offline') };
  if (start.fileNanos === 0 || start.optimiserNanos - start.fileNanos < Math.max(MIN_START_NANOS, MIN_START_SHARE * start.optimiserNanos))
    return faster;
  const best = bestOf(against)?.candidate;
  if (variants.some(({ key, name }) => key === best && name === 'offline'))
    return faster.map((one) => (one.id === LEVEL ? { ...one, start } : one));
  return [...faster, { kind: 'optimised-file', id: FILE, start, ...UNCERTAIN }];
}
