/**
 * The differential tree: frames matched by path, both sides kept. Each frame's shifts (candidate − baseline of its total
 * and of its self time per call) have an interval each: over blocks of rounds, paired, when both sides were measured in
 * rounds (drift cancels); over pairs of processes that took turns; over processes, when two runs are compared; by Welch
 * over calls where there is nothing but calls. Frames are called significant after Benjamini–Hochberg over all
 * frames, total and self times apart, and only past the practical threshold.
 */
import type { DiffNode, DiffSide } from '../model/analysis.js';
import { childrenOf, mapTree, preOrder } from '../model/pre-order.js';
import type { Settings } from './options.js';
import type { Frame } from './frames.js';
import { adjustFalseDiscovery } from './statistics/false-discovery.js';
import { betweenProcesses, type ProcessValues } from './process-ratio.js';
import { pairChildren } from './pair-frames.js';
import { MIN_PAIRS } from './statistics/signed-rank.js';
import { type Estimate, pairedEstimate, studentReach, studentTest, welchEstimate } from './statistics/student.js';

/** A shift must be at least this share of the whole call's latency to count. */
const MIN_SHARE_OF_CALL = 0.005;

/** What the two sides' blocks are: rounds that both ran in, pairs of processes, or processes of either run. */
export type DiffUnit = 'rounds' | 'pairs' | 'processes';

/** Standard deviation, as a share, of a frame's mean between processes of one program: measured, decision 0014. */
const FRAME_SPREAD = 0.3;

interface Pair {
  readonly baseline: Frame | null;
  readonly candidate: Frame | null;
  readonly estimates: Readonly<Record<Measure, Estimate>>;
  readonly children: readonly Pair[];
}

/** What one measure of a frame is known by. */
interface Measured {
  readonly mean: (frame: Frame) => number;
  readonly standardError: (frame: Frame) => number;
  /** As {@link Frame.blocks}. */
  readonly blocks: (frame: Frame) => readonly (number | null)[];
}

const MEASURES = {
  total: {
    mean: ({ perCall }) => perCall.meanTotalNanos,
    standardError: ({ perCall }) => perCall.standardErrorTotalNanos,
    blocks: ({ blocks }) => blocks,
  },
  self: {
    mean: ({ perCall }) => perCall.meanSelfNanos,
    standardError: ({ perCall }) => perCall.standardErrorSelfNanos,
    blocks: selfBlocks,
  },
} as const satisfies Readonly<Record<string, Measured>>;
type Measure = keyof typeof MEASURES;

/** A frame's own part of each block: without its children. None where some of them were grafted on. */
function selfBlocks({ blocks, children }: Frame): readonly (number | null)[] {
  if (children.some((child) => child.blocks.length === 0)) return [];
  return blocks.map((total, block) => (total === null ? null : children.reduce((rest, child) => rest - (child.blocks[block] ?? 0), total)));
}

/** Calls on each side: a frame missing on one side is zero in all of that side's calls. */
interface Sides {
  readonly baseline: Frame;
  readonly candidate: Frame;
  readonly unit: DiffUnit;
}

/** Compares two trees. `clockResolutionNanos`: shifts below twice this are never significant. */
export function diffFrames(
  baseline: Frame,
  candidate: Frame,
  clockResolutionNanos: number,
  settings: Settings,
  unit: DiffUnit = 'rounds',
): DiffNode {
  const sides: Sides = { baseline, candidate, unit };
  const root = pairUp([baseline, candidate], sides);
  const pairs = preOrder(root, childrenOf).nodes;
  const callNanos = Math.max(baseline.perCall.meanTotalNanos, candidate.perCall.meanTotalNanos);
  const least = Math.max(MIN_SHARE_OF_CALL * callNanos, 2 * clockResolutionNanos);
  return toNode(
    root,
    { total: significantPairs(pairs, 'total', least, settings), self: significantPairs(pairs, 'self', least, settings) },
    intervals(settings.confidence),
    sides,
  );
}

/** `leastNanos`: smaller shifts do not matter whatever their share of the frame. */
function significantPairs(pairs: readonly Pair[], measure: Measure, leastNanos: number, settings: Settings): ReadonlySet<Pair> {
  const adjusted = adjustFalseDiscovery(pairs.map(({ estimates }) => studentTest(estimates[measure])));
  return new Set(
    pairs.filter(({ baseline, candidate, estimates }, index) => {
      const larger = Math.max(meanOf(baseline, measure), meanOf(candidate, measure));
      const practical = Math.max(leastNanos, settings.practicalThreshold * larger);
      return (adjusted[index] ?? 1) <= 1 - settings.confidence && Math.abs(estimates[measure].value) > practical;
    }),
  );
}

/** The two frames of one path, null where a side has none. */
type Match = readonly [baseline: Frame | null, candidate: Frame | null];

const pairUp = (root: Match, sides: Sides): Pair =>
  mapTree(root, matchesBelow, ([baseline, candidate], children: Pair[]): Pair => {
    const total = estimateShift(baseline, candidate, sides, 'total');
    // Of tens of thousands of frames most are leaves: all of their time is their own.
    const self = children.length === 0 ? total : estimateShift(baseline, candidate, sides, 'self');
    return { baseline, candidate, estimates: { total, self }, children };
  });

const matchesBelow = ([baseline, candidate]: Match): readonly Match[] => pairChildren(baseline?.children ?? [], candidate?.children ?? []);

function estimateShift(baseline: Frame | null, candidate: Frame | null, sides: Sides, measure: Measure): Estimate {
  const shift = meanOf(candidate, measure) - meanOf(baseline, measure);
  if (sides.unit === 'processes') return { ...shiftBetweenProcesses(baseline, candidate, sides, measure), value: shift };
  const differences = blockDifferences(baseline, candidate, sides, measure);
  if (differences.length >= MIN_PAIRS || (sides.unit === 'pairs' && differences.length >= 2)) {
    return { ...pairedEstimate(differences), value: shift };
  }
  // Frames grafted from traced calls know no pairs.
  if (sides.unit === 'pairs') return { ...shiftBetweenProcesses(baseline, candidate, sides, measure), value: shift };
  const a = momentsOf(baseline, sides.baseline, measure);
  const b = momentsOf(candidate, sides.candidate, measure);
  if (a.n < 2 || b.n < 2) return { value: shift, standardError: Infinity, df: 1 };
  return welchEstimate(a, b);
}

/** From the frame's mean in each process; where it knows none, from its calls and what processes are known to differ by. */
function shiftBetweenProcesses(baseline: Frame | null, candidate: Frame | null, sides: Sides, measure: Measure): Estimate {
  const frames = [
    [baseline, sides.baseline],
    [candidate, sides.candidate],
  ] as const;
  const [a, b] = frames.map(([frame, side]) => processValues(frame, side, measure));
  const withinCalls = frames.map(([frame]) =>
    frame === null || MEASURES[measure].blocks(frame).length > 0 ? 0 : MEASURES[measure].standardError(frame),
  );
  return betweenProcesses(a ?? NO_PROCESS, b ?? NO_PROCESS, Math.hypot(...withinCalls));
}

const NO_PROCESS: ProcessValues = { values: [0], spread: 0 };

function processValues(frame: Frame | null, side: Frame, measure: Measure): ProcessValues {
  const blocks = frame === null ? [] : MEASURES[measure].blocks(frame);
  const inCall = side.blocks.map((value, process) => (value === null ? null : process)).filter((process) => process !== null);
  const average = meanOf(frame, measure);
  const values = inCall.map((process) => (blocks.length === 0 ? average : (blocks[process] ?? 0)));
  return { values: values.length === 0 ? [average] : values, spread: FRAME_SPREAD * average };
}

function blockDifferences(baseline: Frame | null, candidate: Frame | null, sides: Sides, measure: Measure): number[] {
  const [before, after] = [baseline, candidate].map((frame) => (frame === null ? null : MEASURES[measure].blocks(frame)));
  // Grafted frames know no blocks.
  if (before?.length === 0 || after?.length === 0) return [];
  const differences: number[] = [];
  sides.baseline.blocks.forEach((left, block) => {
    const right = sides.candidate.blocks[block] ?? null;
    if (left === null || right === null) return;
    differences.push((after?.[block] ?? 0) - (before?.[block] ?? 0));
  });
  return differences;
}

const meanOf = (frame: Frame | null, measure: Measure): number => (frame === null ? 0 : MEASURES[measure].mean(frame));

const momentsOf = (frame: Frame | null, side: Frame, measure: Measure): { mean: number; standardError: number; n: number } => ({
  mean: meanOf(frame, measure),
  standardError: frame === null ? 0 : MEASURES[measure].standardError(frame),
  n: frame?.perCall.calls ?? side.perCall.calls,
});

const toNode = (
  root: Pair,
  significant: Readonly<Record<Measure, ReadonlySet<Pair>>>,
  intervalOf: (estimate: Estimate) => readonly [number, number],
  sides: Sides,
): DiffNode => mapTree(root, childrenOf, (pair, children: DiffNode[]) => nodeOf(pair, children, significant, intervalOf, sides));

function nodeOf(
  pair: Pair,
  children: readonly DiffNode[],
  significant: Readonly<Record<Measure, ReadonlySet<Pair>>>,
  intervalOf: (estimate: Estimate) => readonly [number, number],
  sides: Sides,
): DiffNode {
  const shown = pair.baseline ?? pair.candidate;
  const other = pair.candidate ?? pair.baseline;
  if (shown === null || other === null) throw new Error('a pair has at least one side');
  const interval = intervalOf(pair.estimates.total);
  return {
    name: shown.name === other.name ? shown.name : `${shown.name} → ${other.name}`,
    kind: shown.kind,
    stage: shown.stage,
    baseline: sideOf(pair.baseline, sides.baseline),
    candidate: sideOf(pair.candidate, sides.candidate),
    shiftNanos: pair.estimates.total.value,
    interval,
    significant: significant.total.has(pair),
    selfInterval: pair.estimates.self === pair.estimates.total ? interval : intervalOf(pair.estimates.self),
    selfSignificant: significant.self.has(pair),
    children,
  };
}

/** Intervals of estimates, bounded because JSON has no infinity. Student's quantile is dear and frames share a few `df`. */
function intervals(confidence: number): (estimate: Estimate) => readonly [number, number] {
  const reaches = new Map<number, number>();
  return ({ value, standardError, df }) => {
    const known = reaches.get(df) ?? studentReach(confidence, df);
    reaches.set(df, known);
    const half = standardError === 0 ? 0 : known * standardError;
    return [Math.max(-Number.MAX_VALUE, value - half), Math.min(Number.MAX_VALUE, value + half)];
  };
}

/** Counts are over all calls of the side, also of frames whose times are from a few traced calls. */
const sideOf = (frame: Frame | null, side: Frame): DiffSide => ({
  count: frame === null ? 0 : frame.count / Math.max(1, side.perCall.calls),
  totalNanosPerCall: meanOf(frame, 'total'),
  selfNanosPerCall: meanOf(frame, 'self'),
});

/** A difference without colour, whatever its intervals say. */
export const greyed = (root: DiffNode): DiffNode =>
  mapTree(root, childrenOf, (node, children: DiffNode[]): DiffNode => ({ ...node, significant: false, selfSignificant: false, children }));
