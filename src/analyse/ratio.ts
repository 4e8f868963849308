import { addToGroup } from '../model/add-to-group.js';
import { medianSorted } from 'simple-statistics';
import { chunks } from './statistics/chunks.js';
import { pairedEstimate, studentInterval, welchEstimate } from './statistics/student.js';
import { MIN_PAIRS, hodgesLehmann } from './statistics/signed-rank.js';
import type { Ratio } from '../model/verdict.js';

/** Latencies of one variant in order, each with its block of rounds (-1: none). */
export interface LatencySeries {
  readonly nanos: readonly number[];
  readonly blocks: readonly number[];
}

/** Pairs wanted; rounds are split into parts when there are fewer. */
const PAIRS_WANTED = 12;
/** Blocks of consecutive calls when the runs share no rounds. */
const UNPAIRED_BLOCKS = 20;
/** The interval that says nothing. */
export const NO_INTERVAL: readonly [number, number] = [0, Number.MAX_VALUE];

/**
 * Ratio of typical latencies with its interval. See docs/decisions/0003-statistics.md.
 *
 * Both series have rounds: one log ratio of medians per round (rounds are split when there are few), located by
 * Hodges–Lehmann with the signed-rank interval. Drift between rounds cancels.
 * No rounds in common: medians of blocks of consecutive calls, compared by Welch on the log scale; drift does not
 * cancel, which the caller has to say.
 */
export function latencyRatio(baseline: LatencySeries, candidate: LatencySeries, confidence: number): Ratio {
  const pairs = pairedLogRatios(baseline, candidate);
  if (pairs.length >= MIN_PAIRS) {
    const { value, interval } = hodgesLehmann(pairs, confidence);
    return { value: Math.exp(value), interval: [Math.exp(interval[0]), Math.exp(interval[1])], basis: 'paired' };
  }
  if (pairs.length >= 2) {
    const estimate = pairedEstimate(pairs);
    const [low, high] = studentInterval(estimate, confidence);
    return { value: Math.exp(estimate.value), interval: [Math.exp(low), Math.exp(high)], basis: 'too-few' };
  }
  return pairs.length === 1
    ? { value: Math.exp(pairs[0] ?? 0), interval: NO_INTERVAL, basis: 'too-few' }
    : unpairedRatio(baseline.nanos, candidate.nanos, confidence);
}

function pairedLogRatios(baseline: LatencySeries, candidate: LatencySeries): number[] {
  const left = byBlock(baseline);
  const right = byBlock(candidate);
  const shared = [...left.keys()].filter((block) => right.has(block));
  const parts = Math.ceil(PAIRS_WANTED / Math.max(1, shared.length));
  return shared.flatMap((block) => {
    const a = left.get(block) ?? [];
    const b = right.get(block) ?? [];
    const split = Math.min(shared.length >= MIN_PAIRS ? 1 : parts, a.length, b.length);
    const medians = (values: readonly number[]): number[] => chunks(values, split).map(logMedian);
    const base = medians(a);
    return medians(b).map((one, part) => one - (base[part] ?? one));
  });
}

function byBlock({ nanos, blocks }: LatencySeries): Map<number, number[]> {
  const grouped = new Map<number, number[]>();
  nanos.forEach((value, index) => {
    const block = blocks[index] ?? -1;
    if (block >= 0) addToGroup(grouped, block, value);
  });
  return grouped;
}

function unpairedRatio(baseline: readonly number[], candidate: readonly number[], confidence: number): Ratio {
  const a = meanOfBlocks(baseline);
  const b = meanOfBlocks(candidate);
  const value = Math.exp(b.mean - a.mean);
  if (a.n < 2 || b.n < 2) return { value, interval: NO_INTERVAL, basis: 'too-few' };
  const [low, high] = studentInterval(welchEstimate(a, b), confidence);
  const enough = Math.min(a.n, b.n) >= MIN_PAIRS;
  return { value, interval: [Math.exp(low), Math.exp(high)], basis: enough ? 'unpaired' : 'too-few' };
}

function meanOfBlocks(values: readonly number[]): { mean: number; standardError: number; n: number } {
  const medians = chunks(values, Math.min(UNPAIRED_BLOCKS, values.length)).map(logMedian);
  const n = medians.length;
  if (n < 2) return { mean: medians[0] ?? 0, standardError: 0, n };
  const { value, standardError } = pairedEstimate(medians);
  return { mean: value, standardError, n };
}

/** Log of the median; a latency of zero (below the clock's resolution) counts as a nanosecond. */
const logMedian = (values: readonly number[]): number => Math.log(Math.max(1, medianSorted([...values].sort((a, b) => a - b))));
