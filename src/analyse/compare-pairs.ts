/**
 * Two things measured together: pairs of processes, one of either side, that live at the same time and take turns. Drift
 * cancels within a pair; what processes differ by shows between pairs, so a pair is one estimate and pairs are counted.
 */
import type { ComparisonFinding } from '../model/findings.js';
import { UserError } from '../model/errors.js';
import type { Recording } from '../model/recording.js';
import type { Blocks } from './blocks.js';
import { byKey } from './by-key.js';
import { diffFrames } from './diff.js';
import { gather, type Gathered } from './gather.js';
import { ONLY_LOOK, wrongAt, type Look } from './gate-looks.js';
import { latencySeries } from './latencies.js';
import { modelsApart } from './models.js';
import { type AnalyseOptions, settingsOf } from './options.js';
import { processRatio, processSpread, type ProcessSeries } from './process-ratio.js';
import { NO_INTERVAL } from './ratio.js';
import { studentInterval } from './statistics/student.js';
import { variantFrames } from './variant-frames.js';
import { type Ratio, type Verdict, verdictOf } from '../model/verdict.js';

/** Standard deviation of the log ratio between pairs that took turns: measured, decision 0014. It counts for this many pairs. */
export const PAIR_SPREAD = 0.04;
export const PRIOR_PAIRS = 4;

/** One variant against one, over pairs. */
export interface PairComparison extends ComparisonFinding {
  readonly pairs: number;
}

/** What one pair says of latency, from its two recordings or more: all that a look at the pairs needs. */
export interface PairLatencies {
  readonly sides: readonly [baseline: ReadonlyMap<string, ProcessSeries>, candidate: ReadonlyMap<string, ProcessSeries>];
  /** After how many pairs it was to be looked. */
  readonly looks: readonly number[];
  readonly turns: 'rounds' | 'runs';
  /** Of two models each takes what it takes; programs are compared only over inputs that both had. */
  readonly of: 'models' | 'programs';
}

/** A variant of the baseline against one of the candidate, by key. */
export interface PairedRatio extends Ratio {
  readonly baseline: string;
  readonly candidate: string;
  readonly verdict: Verdict;
  /** In how many pairs both had an input in common, or each its own. */
  readonly pairs: number;
  readonly inputs: 'common' | 'own';
}

export function pairLatencies(given: readonly Recording[]): PairLatencies {
  const recordings = modelsApart(given);
  const of = (side: PairSide): ReadonlyMap<string, ProcessSeries> =>
    latencySeries(recordings.filter(({ meta }) => meta.pair?.side === side));
  return {
    sides: [of('baseline'), of('candidate')],
    looks: recordings[0]?.meta.pair?.looks ?? [],
    turns: recordings.every(({ meta }) => meta.pair?.turns === 'rounds') ? 'rounds' : 'runs',
    of: recordings.every(({ meta }) => meta.model.path !== null) ? 'models' : 'programs',
  };
}

/** The ratios that so many pairs give. @throws UserError when the sides share no variant */
export function pairedRatios(pairs: readonly PairLatencies[], options: AnalyseOptions = {}): readonly PairedRatio[] {
  const settings = settingsOf(options);
  const [left, right] = [0, 1].map((side) => [...new Set(pairs.flatMap(({ sides }) => [...(sides[side]?.keys() ?? [])]))]) as [
    string[],
    string[],
  ];
  return linedUp(left, right).map(([baseline, candidate]) => {
    const measured = pairs.flatMap((pair) => pairEstimate(pair, [baseline, candidate], settings.confidence) ?? []);
    const ratio = pairsRatio(measured, lookOf(pairs), measured[0]?.spread);
    return {
      ...ratio,
      baseline,
      candidate,
      verdict: verdictOf(ratio, settings.practicalThreshold),
      pairs: measured.length,
      inputs: measured.some(({ inputs }) => inputs === 'own') ? 'own' : 'common',
    };
  });
}

/**
 * Compares recordings that say which pair and side they are (`RecordingMeta.pair`): the variants that both sides share, or
 * their only ones. @throws UserError when they share none
 */
export function comparePairs(given: readonly Recording[], options: AnalyseOptions = {}): readonly PairComparison[] {
  const recordings = modelsApart(given);
  const settings = settingsOf(options);
  const numbers = pairNumbers(recordings);
  const pairs = numbers.map((number) => pairLatencies(recordings.filter(({ meta }) => meta.pair?.number === number)));
  const [left, right] = SIDES.map((side) => {
    const own = recordings.filter(({ meta }) => meta.pair?.side === side);
    return gather(own, pairBlocks(own, numbers));
  }) as [Gathered, Gathered];
  const framesOf = (gathered: Gathered, key: string): ReturnType<typeof variantFrames> => {
    const data = gathered.variants.find((variant) => variant.key === key);
    if (data === undefined) throw new Error(`internal error: ${key} has latencies and no frames`);
    return variantFrames(data, gathered);
  };
  const resolution = recordings[0]?.meta.tool.clockResolutionNanos ?? 0;
  return pairedRatios(pairs, options).map(({ baseline, candidate, value, interval, basis, verdict, pairs: measured, inputs }) => ({
    baseline,
    candidate,
    ratio: value,
    interval,
    verdict,
    pairs: measured,
    rests: {
      kind: 'pairs',
      names: namesOf(pairNames(recordings), [baseline, candidate]),
      basis,
      confidence: settings.confidence,
      pairs: measured,
      recorded: pairs.length,
      inputs,
      needed: MIN_PAIRS_OF_PROCESSES,
      turns: pairs.every(({ turns }) => turns === 'rounds') ? 'rounds' : 'runs',
    },
    diff: diffFrames(framesOf(left, baseline), framesOf(right, candidate), resolution, settings, 'pairs'),
    ...(basis !== 'too-few'
      ? {}
      : { withheld: measured < pairs.length ? { kind: 'no-common-input' } : { kind: 'few-pairs', needed: MIN_PAIRS_OF_PROCESSES } }),
  }));
}

/** What either side is called. */
export const pairNames = (recordings: readonly Recording[]): readonly [baseline: string, candidate: string] => {
  const of = (side: PairSide): string => recordings.find(({ meta }) => meta.pair?.side === side)?.meta.pair?.name ?? side;
  return [of('baseline'), of('candidate')];
};

/** Which look at the pairs this is; where there are other numbers (it was interrupted), the last, which takes the most. */
function lookOf(pairs: readonly PairLatencies[]): Look {
  const looks = pairs[0]?.looks ?? [];
  const index = looks.indexOf(pairs.length);
  return looks.length === 0 ? ONLY_LOOK : { number: index < 0 ? looks.length : index + 1, of: looks.length };
}

const SIDES = ['baseline', 'candidate'] as const;
type PairSide = (typeof SIDES)[number];
/** Fewer do not show how much they differ. */
export const MIN_PAIRS_OF_PROCESSES = 3;

const pairNumbers = (recordings: readonly Recording[]): readonly number[] =>
  [...new Set(recordings.flatMap(({ meta }) => meta.pair?.number ?? []))].sort((a, b) => a - b);

/** The pair that a recording is of. */
const pairBlocks = (recordings: readonly Recording[], numbers: readonly number[]): Blocks => ({
  count: numbers.length,
  blockOf: (recording) => numbers.indexOf(recordings[recording]?.meta.pair?.number ?? -1),
});

/** Keys of either side. */
function linedUp(left: readonly string[], right: readonly string[]): readonly (readonly [string, string])[] {
  const keyed = (keys: readonly string[]): { readonly key: string }[] => keys.map((key) => ({ key }));
  const pairs = byKey(keyed(left), keyed(right));
  if (pairs.length > 0) return pairs.map(([one, other]) => [one.key, other.key]);
  const silent = [
    ['baseline', left],
    ['candidate', right],
  ].find(([, keys]) => keys?.length === 0)?.[0];
  throw new UserError(
    silent === undefined
      ? `The two sides have nothing in common to compare: ${left.join(', ')} against ${right.join(', ')}.`
      : `The ${String(silent)} made no warm call, and only those are compared: a model is warm from its second call on, so call it more than once and do not load it anew for each.`,
  );
}

/** Candidate ÷ baseline in one pair. */
export interface PairEstimate {
  readonly log: number;
  /** What its calls leave uncertain, as a standard error: a pair that other work starved counts for less. */
  readonly error: number;
  /** What such pairs are known to differ by. */
  readonly spread: number;
  readonly inputs: 'common' | 'own';
}

/**
 * By the fastest typical call of either, over the inputs that both had. Null where they had none in common, unless they are two models
 * that were each fed one input of its own.
 */
export function pairEstimate(
  { sides, turns, of }: PairLatencies,
  [before, after]: readonly [string, string],
  confidence: number,
): PairEstimate | null {
  const [a, b] = [sides[0].get(before), sides[1].get(after)];
  if (a === undefined || b === undefined) return null;
  const [one, other] = [new Set(a.signatures), new Set(b.signatures)];
  const own = of === 'models' && one.size === 1 && other.size === 1 && [...one][0] !== [...other][0];
  const { basis, value, error } = processRatio(
    a,
    own ? { ...b, signatures: b.signatures.map(() => a.signatures[0] ?? '') } : b,
    confidence,
  );
  return basis === 'too-few'
    ? null
    : {
        log: Math.log(value),
        error,
        spread: turns === 'rounds' ? PAIR_SPREAD : Math.SQRT2 * processSpread(a.nanos[0] ?? 0),
        inputs: own ? 'own' : 'common',
      };
}

/**
 * The mean over pairs, each with the weight that its error leaves it; how much pairs differ is taken from them and from what is
 * known beforehand.
 */
export function pairsRatio(pairs: readonly Pick<PairEstimate, 'log' | 'error'>[], look: Look, spread = PAIR_SPREAD): Ratio {
  const weighted = pairs.map(({ log, error }) => ({ log, weight: 1 / (spread ** 2 + error ** 2) }));
  const sum = (of: (pair: (typeof weighted)[number]) => number): number => weighted.reduce((total, pair) => total + of(pair), 0);
  const all = sum(({ weight }) => weight);
  const value = pairs.length === 0 ? 0 : sum(({ log, weight }) => weight * log) / all;
  if (pairs.length < MIN_PAIRS_OF_PROCESSES) return { value: Math.exp(value), interval: NO_INTERVAL, basis: 'too-few' };
  const df = PRIOR_PAIRS + pairs.length - 1;
  // How many times as far apart as expected.
  const scatter = (PRIOR_PAIRS + sum(({ log, weight }) => weight * (log - value) ** 2)) / df;
  const [low, high] = studentInterval({ value, standardError: Math.sqrt(scatter / all), df }, 1 - wrongAt(look));
  return { value: Math.exp(value), interval: [Math.exp(low), Math.exp(high)], basis: 'paired' };
}

/** Sides of one name are told apart by their variants, sides of one variant by their names. */
function namesOf([one, other]: readonly [string, string], [before, after]: readonly [string, string]): readonly [string, string] {
  if (one !== other) return [`${one} (${before})`, `${other} (${after})`];
  return before === after ? [`${before} of the baseline`, `${after} of the candidate`] : [before, after];
}
