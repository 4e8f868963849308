import type { Comparison, DiffNode, FlameNode, VariantAnalysis } from '../../model/analysis.js';
import { SPAN_KINDS } from '../../model/span.js';
import { STAGES } from '../../model/stage.js';
import type { ReportExtras } from '../input.js';
import { variantLabel } from '../words.js';
import { CallList, type PackedCalls } from './page-calls.js';
import { StringTable } from './strings.js';

/**
 * The trees as the page's script reads them: columns instead of objects, names once. 50,000 frames take about
 * 1.5 MB this way, a fifth of the same tree as nested objects. Rows are in pre-order, parents before children.
 */
export interface PageData {
  /** Of the intervals, 0..1. */
  readonly confidence: number;
  readonly strings: readonly string[];
  readonly whole: Whole;
  readonly variants: readonly PackedVariant[];
  readonly diffs: readonly PackedDiff[];
  readonly calls: PackedCalls;
}

export interface PackedVariant {
  readonly key: string;
  readonly label: string;
  readonly calls: number;
  readonly tree: PackedTree;
  readonly frameCalls: PackedFrameCalls;
}

/** Row for row with the tree: in how many calls the frame was seen (0: not known), how long, and where longest. */
export interface PackedFrameCalls {
  readonly seen: readonly number[];
  readonly p50: readonly number[];
  /** -1 with too few calls to state it. */
  readonly p99: readonly number[];
  /** Numbers in `PageData.calls`, slowest first. */
  readonly slowest: readonly (readonly number[])[];
}

/** Times are nanoseconds per call. `self`, `total`, `count` hold one array per side. */
export interface PackedTree {
  readonly name: readonly number[];
  readonly parent: readonly number[];
  readonly stage: readonly number[];
  readonly kind: readonly number[];
  /** Index into `strings` of the shapes, -1 for none. */
  readonly shapes: readonly number[];
  readonly self: readonly (readonly number[])[];
  readonly total: readonly (readonly number[])[];
  readonly count: readonly (readonly number[])[];
}

export interface PackedDiff {
  readonly baseline: string;
  readonly candidate: string;
  readonly label: string;
  readonly tree: PackedTree;
  /** Interval of candidate − baseline of the total per call. */
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** 1 where the analysis calls the shift real. */
  readonly significant: readonly number[];
}

export type Whole = 'call' | 'profile';

/** `timeline`: the single calls, where there are any. */
export type VariantTree = Pick<VariantAnalysis, 'key' | 'calls' | 'tree'> & Partial<Pick<VariantAnalysis, 'timeline'>>;

/** The part of an analysis that is trees: also what a profile of another tool has. */
export interface Trees {
  readonly confidence: number;
  /** What a root stands for: a mean warm call, or all of a profile. */
  readonly whole?: Whole;
  readonly variants: readonly VariantTree[];
  readonly comparisons: readonly Pick<Comparison, 'baseline' | 'candidate' | 'diff'>[];
}

/** Packs every tree of an analysis, and the calls that say most. */
export function packPageData(analysis: Trees, extras: ReportExtras = {}): PageData {
  const strings = new StringTable();
  const calls = new CallList(analysis.variants, extras);
  const variants = analysis.variants.map((variant, index) => packVariant(variant, index, strings, calls));
  const diffs = analysis.comparisons.map((c) => packDiff(c.baseline, c.candidate, c.diff, strings));
  calls.addSpans(strings);
  return { confidence: analysis.confidence, whole: analysis.whole ?? 'call', calls: calls.pack(), variants, diffs, strings: strings.list() };
}

/** Frames below this share of a call do not name their slowest calls: there may be tens of thousands of them. */
const LEAST_SHARE = 0.001;

function packVariant({ key, calls, tree }: VariantTree, index: number, strings: StringTable, list: CallList): PackedVariant {
  const { nodes } = preOrder(tree);
  const least = tree.perCall.meanTotalNanos * LEAST_SHARE;
  return {
    key,
    label: variantLabel(key),
    calls,
    tree: packTree(tree, calls, strings),
    frameCalls: {
      seen: nodes.map((node) => node.calls?.seen ?? 0),
      p50: nodes.map((node) => tenth(node.calls?.p50Nanos ?? 0)),
      p99: nodes.map((node) => tenth(node.calls?.p99Nanos ?? -1)),
      slowest: nodes.map((node) => (node.perCall.meanTotalNanos < least ? [] : (node.calls?.slowest ?? []).map((place) => list.refer(index, place)).filter((call) => call >= 0))),
    },
  };
}

function packTree(root: FlameNode, calls: number, strings: StringTable): PackedTree {
  const { nodes, parent } = preOrder(root);
  const per = Math.max(1, calls);
  return {
    ...common(nodes, parent, strings),
    shapes: nodes.map((node) => (node.shapes === undefined || node.shapes.length === 0 ? -1 : strings.number(node.shapes.join('  ')))),
    self: [nodes.map((node) => tenth(node.selfNanos / per))],
    total: [nodes.map((node) => tenth(node.totalNanos / per))],
    count: [nodes.map((node) => hundredth(node.count / per))],
  };
}

function packDiff(baseline: string, candidate: string, root: DiffNode, strings: StringTable): PackedDiff {
  const { nodes, parent } = preOrder(root);
  return {
    baseline,
    candidate,
    label: `${variantLabel(baseline)} → ${variantLabel(candidate)}`,
    tree: {
      ...common(nodes, parent, strings),
      shapes: nodes.map(() => -1),
      self: [nodes.map((n) => tenth(n.baseline.selfNanosPerCall)), nodes.map((n) => tenth(n.candidate.selfNanosPerCall))],
      total: [nodes.map((n) => tenth(n.baseline.totalNanosPerCall)), nodes.map((n) => tenth(n.candidate.totalNanosPerCall))],
      count: [nodes.map((n) => hundredth(n.baseline.count)), nodes.map((n) => hundredth(n.candidate.count))],
    },
    low: nodes.map((n) => tenth(n.interval[0])),
    high: nodes.map((n) => tenth(n.interval[1])),
    significant: nodes.map((n) => (n.significant ? 1 : 0)),
  };
}

function common(nodes: readonly (FlameNode | DiffNode)[], parent: number[], strings: StringTable) {
  return {
    name: nodes.map((node) => strings.number(node.name)),
    parent,
    stage: nodes.map((node) => STAGES.indexOf(node.stage)),
    kind: nodes.map((node) => SPAN_KINDS.indexOf(node.kind)),
  };
}

/** Nodes in pre-order with the row of each one's parent; no recursion, so that depth is no limit. */
function preOrder<Node extends { readonly children: readonly Node[] }>(root: Node): { nodes: Node[]; parent: number[] } {
  const nodes: Node[] = [];
  const parent: number[] = [];
  const stack: [Node, number][] = [[root, -1]];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const [node, above] = top;
    const row = nodes.push(node) - 1;
    parent.push(above);
    for (let i = node.children.length - 1; i >= 0; i--) {
      const child = node.children[i];
      if (child !== undefined) stack.push([child, row]);
    }
  }
  return { nodes, parent };
}

const tenth = (value: number): number => (Number.isFinite(value) ? Math.round(value * 10) / 10 : 0);
const hundredth = (value: number): number => (Number.isFinite(value) ? Math.round(value * 100) / 100 : 0);
