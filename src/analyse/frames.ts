/**
 * From frame tables to trees. A `Frame` is a `FlameNode` plus what comparisons need (totals by block of rounds).
 *
 * Calls whose native run was traced know the kernels inside it but run slower. So times come from the untraced calls,
 * and a leaf of theirs that has children in the traced tree gets these grafted on: as measured, and shortened only
 * when together they would not fit into the leaf.
 */
import type { FlameNode, FrameCalls, FrameStatistics } from '../model/analysis.js';
import { childrenOf, mapTree, preOrder } from '../model/pre-order.js';
import { spanKindFromCode } from '../model/span.js';
import { stageFromCode } from '../model/stage.js';
import type { FrameTable } from './frame-table.js';
import { pairChildren } from './pair-frames.js';
import type { Names } from './names.js';
import type { DetailPool } from './variant-data.js';

export interface Frame extends Omit<FlameNode, 'shapes' | 'calls' | 'children'> {
  readonly shapes: readonly string[];
  readonly calls: FrameCalls | null;
  readonly children: readonly Frame[];
  /** Mean total per call in each block, null in a block without calls. Empty when there are no rounds. */
  readonly blocks: readonly (number | null)[];
}

const NO_STATISTICS: FrameStatistics = {
  calls: 0,
  meanTotalNanos: 0,
  standardErrorTotalNanos: 0,
  meanSelfNanos: 0,
  standardErrorSelfNanos: 0,
};

/** The tree of a variant without a call. */
export const emptyFrame = (name: string): Frame => ({
  name,
  kind: 'call',
  stage: 'unexplained',
  count: 0,
  totalNanos: 0,
  selfNanos: 0,
  perCall: NO_STATISTICS,
  shapes: [],
  calls: null,
  children: [],
  blocks: [],
});

/** The merged tree of a table; several roots (calls of different names) come under one. */
export function framesOf(table: FrameTable, names: Names, details: DetailPool, callName: string): Frame {
  const children: Frame[][] = Array.from({ length: table.length + 1 }, () => []);
  const calls = table.perCall.summaries(table.length);
  for (let frame = table.length - 1; frame >= 0; frame -= 1) {
    const made = { ...frameOf(table, frame, names, details, (children[frame + 1] ?? []).reverse()), calls: calls[frame] ?? null };
    children[table.parent.at(frame) + 1]?.push(made);
  }
  const roots = (children[0] ?? []).reverse();
  const [only] = roots;
  if (only === undefined) return emptyFrame(callName);
  return roots.length === 1 ? only : joinRoots(roots, callName, table.calls);
}

function frameOf(table: FrameTable, frame: number, names: Names, details: DetailPool, children: Frame[]): Omit<Frame, 'calls'> {
  const { calls, blocks, blockCalls } = table;
  const total = table.total.moments(frame, calls);
  const self = table.self.moments(frame, calls);
  const shapes = new Set<string>();
  for (const id of table.details.get(frame) ?? []) {
    for (const shape of details.get(id)?.outputShapes ?? []) shapes.add(shape);
  }
  return {
    name: names.name(table.name.at(frame)),
    kind: spanKindFromCode(table.kind.at(frame)),
    stage: stageFromCode(table.stage.at(frame)),
    count: table.count.at(frame),
    totalNanos: table.total.sum(frame),
    selfNanos: table.self.sum(frame),
    perCall: {
      calls,
      meanTotalNanos: total.mean,
      standardErrorTotalNanos: total.standardError,
      meanSelfNanos: self.mean,
      standardErrorSelfNanos: self.standardError,
    },
    shapes: [...shapes],
    children,
    blocks: blockCalls.map((inBlock, block) => (inBlock === 0 ? null : table.blockTotals.at(frame * blocks + block) / inBlock)),
  };
}

function joinRoots(roots: readonly Frame[], callName: string, calls: number): Frame {
  const sum = (of: (frame: Frame) => number): number => roots.reduce((all, frame) => all + of(frame), 0);
  const root = emptyFrame(callName);
  const square = sum(({ perCall }) => perCall.standardErrorTotalNanos ** 2);
  return {
    ...root,
    count: sum(({ count }) => count),
    totalNanos: sum(({ totalNanos }) => totalNanos),
    perCall: {
      ...NO_STATISTICS,
      calls,
      meanTotalNanos: sum(({ perCall }) => perCall.meanTotalNanos),
      standardErrorTotalNanos: Math.sqrt(square),
    },
    children: roots,
    blocks: (roots[0]?.blocks ?? []).map((first, block) => (first === null ? null : sum(({ blocks }) => blocks[block] ?? 0))),
  };
}

/** `timed` with the children that only `traced` knows. */
export const graftTraced = (timed: Frame, traced: Frame): Frame =>
  mapTree<GraftPair, Frame>({ timed, traced }, pairsBelow, (pair, children) => {
    if (pair.traced === null || pair.traced.perCall.calls === 0) return pair.timed;
    if (pair.timed.perCall.calls === 0) return pair.traced;
    return pair.timed.children.length === 0 ? graftLeaf(pair.timed, pair.traced) : { ...pair.timed, children };
  });

interface GraftPair {
  readonly timed: Frame;
  /** Null where the traced calls did not come by. */
  readonly traced: Frame | null;
}

/** Below a side without calls nothing is paired: the other side is taken whole. */
function pairsBelow({ timed, traced }: GraftPair): readonly GraftPair[] {
  if (traced === null || traced.perCall.calls === 0 || timed.perCall.calls === 0) return [];
  return pairChildren(timed.children, traced.children).flatMap(([child, match]) =>
    child === null ? [] : [{ timed: child, traced: match }],
  );
}

function graftLeaf(leaf: Frame, traced: Frame): Frame {
  const room = leaf.perCall.meanTotalNanos;
  const wanted = traced.children.reduce((sum, child) => sum + child.perCall.meanTotalNanos, 0);
  if (wanted === 0) return leaf;
  const fit = fitOf(traced.children, room);
  const { calls } = leaf.perCall;
  const children = traced.children.map((child) => fitFrame(child, fit, calls));
  const inside = children.reduce((sum, child) => sum + child.perCall.meanTotalNanos, 0);
  const meanSelf = Math.max(0, room - inside);
  return {
    ...leaf,
    children,
    selfNanos: meanSelf * calls,
    perCall: {
      ...leaf.perCall,
      meanSelfNanos: meanSelf,
      standardErrorSelfNanos: Math.hypot(
        leaf.perCall.standardErrorTotalNanos,
        ...children.map((child) => child.perCall.standardErrorTotalNanos),
      ),
    },
  };
}

/** Factors on the own time of kernels, and of the calls around them. */
interface Fit {
  readonly leaf: number;
  readonly around: number;
}

/**
 * What does not fit is taken first from the calls around kernels: TensorFlow notes each kernel inside of them, which
 * makes them longer and the kernels not.
 */
function fitOf(frames: readonly Frame[], room: number): Fit {
  const own = { leaf: 0, around: 0 };
  for (const frame of frames.flatMap((each) => preOrder(each, childrenOf).nodes))
    own[frame.children.length === 0 ? 'leaf' : 'around'] += frame.perCall.meanSelfNanos;
  if (own.leaf > room) return { leaf: room / own.leaf, around: 0 };
  return { leaf: 1, around: own.around === 0 ? 1 : Math.min(1, (room - own.leaf) / own.around) };
}

/** A traced frame as it would be over `calls` calls with its times fitted in. */
const fitFrame = (root: Frame, fit: Fit, calls: number): Frame =>
  mapTree(root, childrenOf, (frame, children: Frame[]) => fitOne(frame, children, fit, calls));

function fitOne(frame: Frame, children: readonly Frame[], fit: Fit, calls: number): Frame {
  const { perCall } = frame;
  const meanSelf = perCall.meanSelfNanos * (children.length === 0 ? fit.leaf : fit.around);
  const meanTotal = children.reduce((sum, child) => sum + child.perCall.meanTotalNanos, meanSelf);
  const factor = perCall.meanTotalNanos === 0 ? 1 : meanTotal / perCall.meanTotalNanos;
  return {
    ...frame,
    count: Math.round((frame.count / Math.max(1, perCall.calls)) * calls),
    totalNanos: meanTotal * calls,
    selfNanos: meanSelf * calls,
    perCall: { ...rescaled(perCall, factor), meanTotalNanos: meanTotal, meanSelfNanos: meanSelf },
    calls: scaleCalls(frame.calls, factor),
    children,
    blocks: [],
  };
}

const scaleCalls = (calls: FrameCalls | null, factor: number): FrameCalls | null =>
  calls === null
    ? null
    : { ...calls, p50Nanos: calls.p50Nanos * factor, p99Nanos: calls.p99Nanos === null ? null : calls.p99Nanos * factor };

/** A tree with all its times multiplied. */
export const rescaleFrame = (root: Frame, factor: number): Frame =>
  mapTree(root, childrenOf, (frame, children: Frame[]): Frame => ({
    ...frame,
    totalNanos: frame.totalNanos * factor,
    selfNanos: frame.selfNanos * factor,
    perCall: rescaled(frame.perCall, factor),
    calls: scaleCalls(frame.calls, factor),
    children,
    blocks: frame.blocks.map((block) => (block === null ? null : block * factor)),
  }));

const rescaled = (perCall: FrameStatistics, factor: number): FrameStatistics => ({
  calls: perCall.calls,
  meanTotalNanos: perCall.meanTotalNanos * factor,
  standardErrorTotalNanos: perCall.standardErrorTotalNanos * factor,
  meanSelfNanos: perCall.meanSelfNanos * factor,
  standardErrorSelfNanos: perCall.standardErrorSelfNanos * factor,
});

/** Without what only comparisons need. */
export const flameNode = (root: Frame): FlameNode =>
  mapTree(root, childrenOf, ({ name, kind, stage, count, totalNanos, selfNanos, ...frame }, children: FlameNode[]): FlameNode => ({
    name,
    kind,
    stage,
    count,
    totalNanos,
    selfNanos,
    perCall: frame.perCall,
    children,
    ...(frame.shapes.length === 0 ? {} : { shapes: frame.shapes }),
    ...(frame.calls === null ? {} : { calls: frame.calls }),
  }));
