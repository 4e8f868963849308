/**
 * Two things measured together: pairs of processes, one of either side, that live at the same time and take turns. Drift
 * cancels within a pair; what processes differ by shows between pairs, so a pair is one estimate and pairs are counted.
 */
import type { ComparisonFinding } from '../model/findings.js';
import { UserError } from '../model/errors.js';
import type { Recording } from '../model/recording.js';
import { type Blocks, processBlocks } from './blocks.js';
import { byKey } from './by-key.js';
import { diffFrames } from './diff.js';
import { gather } from './gather.js';
import { ONLY_LOOK, wrongAt, type Look } from './gate-looks.js';
import { type AnalyseOptions, type Settings, settingsOf } from './options.js';
import { processRatio, processSpread, type ProcessSeries } from './process-ratio.js';
import { NO_INTERVAL } from './ratio.js';
import { studentInterval } from './statistics/student.js';
import type { VariantData } from './variant-data.js';
import { variantFrames } from './variant-frames.js';
import { type Ratio, verdictOf } from '../model/verdict.js';

/** Standard deviation of the log ratio between pairs that took turns: measured, decision 0014. It counts for this many pairs. */
const PAIR_SPREAD = 0.04;
const PRIOR_PAIRS = 4;

/** One variant against one, over pairs. */
export interface PairComparison extends ComparisonFinding {
  readonly pairs: number;
}

/**
 * Compares recordings that say which pair and side they are (`RecordingMeta.pair`): the variants that both sides share, or
 * their only ones. @throws UserError when they share none
 */
export function comparePairs(recordings: readonly Recording[], options: AnalyseOptions = {}): readonly PairComparison[] {
  const settings = settingsOf(options);
  const numbers = pairNumbers(recordings);
  const sides = SIDES.map((side) => {
    const own = recordings.filter(({ meta }) => meta.pair?.side === side);
    const gathered = gather(own, pairBlocks(own, numbers));
    return { own, gathered, variants: gathered.variants.filter(({ latencies }) => latencies.length > 0) };
  });
  const [left, right] = sides;
  if (left === undefined || right === undefined) return [];
  const resolution = recordings[0]?.meta.tool.clockResolutionNanos ?? 0;
  return linedUp(left.variants, right.variants).map(([before, after]) => {
    const measured = numbers.flatMap((number) => pairEstimate(recordings, number, [before.key, after.key], settings) ?? []);
    const ratio = pairsRatio(measured, lookOf(recordings, numbers.length), measured[0]?.spread);
    const tookTurns = recordings.every(({ meta }) => meta.pair?.turns !== 'runs');
    const verdict = verdictOf(ratio, settings.practicalThreshold);
    const names = namesOf(pairNames(recordings), [before.key, after.key]);
    return {
      baseline: before.key,
      candidate: after.key,
      ratio: ratio.value,
      interval: ratio.interval,
      verdict,
      pairs: measured.length,
      rests: {
        kind: 'pairs',
        names,
        basis: ratio.basis,
        confidence: settings.confidence,
        pairs: measured.length,
        needed: MIN_PAIRS_OF_PROCESSES,
        turns: tookTurns ? 'rounds' : 'runs',
      },
      diff: diffFrames(variantFrames(before, left.gathered), variantFrames(after, right.gathered), resolution, settings, 'pairs'),
      ...(ratio.basis === 'too-few' ? { withheld: { kind: 'few-pairs', needed: MIN_PAIRS_OF_PROCESSES } } : {}),
    };
  });
}

/** What either side is called. */
export const pairNames = (recordings: readonly Recording[]): readonly [baseline: string, candidate: string] => {
  const of = (side: 'baseline' | 'candidate'): string => recordings.find(({ meta }) => meta.pair?.side === side)?.meta.pair?.name ?? side;
  return [of('baseline'), of('candidate')];
};

/** Which look at the pairs this is; where there are other numbers (it was interrupted), the last, which takes the most. */
function lookOf(recordings: readonly Recording[], pairs: number): Look {
  const looks = recordings[0]?.meta.pair?.looks ?? [];
  const index = looks.indexOf(pairs);
  return looks.length === 0 ? ONLY_LOOK : { number: index < 0 ? looks.length : index + 1, of: looks.length };
}

const SIDES = ['baseline', 'candidate'] as const;
/** Fewer do not show how much they differ. */
export const MIN_PAIRS_OF_PROCESSES = 3;

const pairNumbers = (recordings: readonly Recording[]): readonly number[] =>
  [...new Set(recordings.flatMap(({ meta }) => meta.pair?.number ?? []))].sort((a, b) => a - b);

/** The pair that a recording is of. */
const pairBlocks = (recordings: readonly Recording[], numbers: readonly number[]): Blocks => ({
  count: numbers.length,
  blockOf: (recording) => numbers.indexOf(recordings[recording]?.meta.pair?.number ?? -1),
});

function linedUp(left: readonly VariantData[], right: readonly VariantData[]): readonly (readonly [VariantData, VariantData])[] {
  const pairs = byKey(left, right);
  if (pairs.length > 0) return pairs;
  const keys = (side: readonly VariantData[]): string => side.map(({ key }) => key).join(', ') || 'no warm call';
  throw new UserError(`The two sides have nothing in common to compare: ${keys(left)} against ${keys(right)}.`);
}

/** Candidate ÷ baseline in one pair. */
export interface PairEstimate {
  readonly log: number;
  /** What its calls leave uncertain, as a standard error: a pair that other work starved counts for less. */
  readonly error: number;
  /** What such pairs are known to differ by. */
  readonly spread: number;
}

/** By the fastest typical call of either, over the inputs that both had. Null where they had none in common. */
export function pairEstimate(
  recordings: readonly Recording[],
  number: number,
  keys: readonly [string, string],
  settings: Settings,
): PairEstimate | null {
  const pair = recordings.filter(({ meta }) => meta.pair?.number === number);
  const [a, b] = SIDES.map((side, index) =>
    seriesOf(
      pair.filter(({ meta }) => meta.pair?.side === side),
      keys[index] ?? '',
    ),
  );
  if (!a || !b) return null;
  const { basis, value, error } = processRatio(a, b, settings.confidence);
  const tookTurns = pair.every(({ meta }) => meta.pair?.turns === 'rounds');
  return basis === 'too-few'
    ? null
    : { log: Math.log(value), error, spread: tookTurns ? PAIR_SPREAD : Math.SQRT2 * processSpread(a.nanos[0] ?? 0) };
}

function seriesOf(recordings: readonly Recording[], key: string): ProcessSeries | null {
  const data = gather(recordings, processBlocks(recordings)).variants.find((one) => one.key === key);
  if (data === undefined || data.latencies.length === 0) return null;
  return { nanos: data.latencies, blocks: data.latencyBlocks, signatures: data.latencySignatures, machine: null };
}

/** The mean over pairs, each with the weight that its error leaves it; how much pairs differ is taken from them and from what is known beforehand. */
export function pairsRatio(pairs: readonly Omit<PairEstimate, 'spread'>[], look: Look, spread = PAIR_SPREAD): Ratio {
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
