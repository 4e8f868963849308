/**
 * The differential tree: frames matched by path, both sides kept. Each frame's shift (candidate − baseline of its total
 * time per call) has an interval: over blocks of rounds, paired, when both sides were measured in rounds (drift
 * cancels); by Welch over calls otherwise. Frames are called significant after Benjamini–Hochberg over all frames, and
 * only past the practical threshold.
 */
import type { DiffNode, DiffSide } from '../model/analysis.js';
import { childrenOf, preOrder } from '../model/pre-order.js';
import type { Settings } from './options.js';
import type { Frame } from './frames.js';
import { adjustFalseDiscovery } from './statistics/false-discovery.js';
import { FEWEST_PAIRS } from './statistics/signed-rank.js';
import { type Estimate, pairedEstimate, studentInterval, studentTest, welchEstimate } from './statistics/student.js';

/** A shift must be at least this share of the whole call's latency to count. */
const LEAST_SHARE_OF_CALL = 0.005;

interface Pair {
  readonly baseline: Frame | null;
  readonly candidate: Frame | null;
  readonly estimate: Estimate;
  readonly children: readonly Pair[];
}

/** Calls on each side: a frame missing on one side is zero in all of that side's calls. */
interface Sides {
  readonly baseline: Frame;
  readonly candidate: Frame;
}

/** Compares two trees of the same model. `clockResolutionNanos`: shifts below twice this are never significant. */
export function diffFrames(baseline: Frame, candidate: Frame, clockResolutionNanos: number, settings: Settings): DiffNode {
  const sides: Sides = { baseline, candidate };
  const root = pairUp(baseline, candidate, sides);
  const pairs = preOrder(root, childrenOf).nodes;
  const adjusted = adjustFalseDiscovery(pairs.map(({ estimate }) => studentTest(estimate)));
  const callNanos = Math.max(baseline.perCall.meanTotalNanos, candidate.perCall.meanTotalNanos);
  const least = Math.max(LEAST_SHARE_OF_CALL * callNanos, 2 * clockResolutionNanos);
  const significant = new Set<Pair>();
  pairs.forEach((pair, index) => {
    const larger = Math.max(meanTotal(pair.baseline), meanTotal(pair.candidate));
    const practical = Math.max(least, settings.practicalThreshold * larger);
    const clear = (adjusted[index] ?? 1) <= 1 - settings.confidence;
    if (clear && Math.abs(pair.estimate.value) > practical) significant.add(pair);
  });
  return toNode(root, significant, settings.confidence, sides);
}

function pairUp(baseline: Frame | null, candidate: Frame | null, sides: Sides): Pair {
  const rest = new Map((candidate?.children ?? []).map((child) => [keyOf(child), child]));
  const children: Pair[] = [];
  for (const child of baseline?.children ?? []) {
    const match = rest.get(keyOf(child)) ?? null;
    rest.delete(keyOf(child));
    children.push(pairUp(child, match, sides));
  }
  for (const child of rest.values()) children.push(pairUp(null, child, sides));
  return { baseline, candidate, estimate: estimateShift(baseline, candidate, sides), children };
}

/** A frame whose self time belongs to another stage is still the same frame of the same path. */
const keyOf = (frame: Frame): string => `${frame.kind} ${frame.name}`;

function estimateShift(baseline: Frame | null, candidate: Frame | null, sides: Sides): Estimate {
  const shift = meanTotal(candidate) - meanTotal(baseline);
  const differences = blockDifferences(baseline, candidate, sides);
  if (differences.length >= FEWEST_PAIRS) {
    return { ...pairedEstimate(differences), value: shift };
  }
  const a = momentsOf(baseline, sides.baseline);
  const b = momentsOf(candidate, sides.candidate);
  if (a.n < 2 || b.n < 2) return { value: shift, standardError: Infinity, df: 1 };
  return welchEstimate(a, b);
}

function blockDifferences(baseline: Frame | null, candidate: Frame | null, sides: Sides): number[] {
  const grafted = (frame: Frame | null): boolean => frame !== null && frame.blocks.length === 0;
  if (grafted(baseline) || grafted(candidate)) return [];
  const differences: number[] = [];
  sides.baseline.blocks.forEach((left, block) => {
    const right = sides.candidate.blocks[block] ?? null;
    if (left === null || right === null) return;
    differences.push((candidate?.blocks[block] ?? 0) - (baseline?.blocks[block] ?? 0));
  });
  return differences;
}

const meanTotal = (frame: Frame | null): number => frame?.perCall.meanTotalNanos ?? 0;

const momentsOf = (frame: Frame | null, side: Frame): { mean: number; standardError: number; n: number } => ({
  mean: meanTotal(frame),
  standardError: frame?.perCall.standardErrorTotalNanos ?? 0,
  n: frame?.perCall.calls ?? side.perCall.calls,
});

function toNode(pair: Pair, significant: ReadonlySet<Pair>, confidence: number, sides: Sides): DiffNode {
  const shown = pair.baseline ?? pair.candidate;
  const other = pair.candidate ?? pair.baseline;
  if (shown === null || other === null) throw new Error('a pair has at least one side');
  const [low, high] = studentInterval(pair.estimate, confidence);
  const bound = (value: number): number => Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
  return {
    name: shown.name === other.name ? shown.name : `${shown.name} → ${other.name}`,
    kind: shown.kind,
    stage: shown.stage,
    baseline: sideOf(pair.baseline, sides.baseline),
    candidate: sideOf(pair.candidate, sides.candidate),
    shiftNanos: pair.estimate.value,
    interval: [bound(low), bound(high)],
    significant: significant.has(pair),
    children: pair.children.map((child) => toNode(child, significant, confidence, sides)),
  };
}

/** Counts are over all calls of the side, also of frames whose times are from a few traced calls. */
const sideOf = (frame: Frame | null, side: Frame): DiffSide => ({
  count: frame === null ? 0 : frame.count / Math.max(1, side.perCall.calls),
  totalNanosPerCall: meanTotal(frame),
  selfNanosPerCall: frame?.perCall.meanSelfNanos ?? 0,
});
