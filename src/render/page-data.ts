import type { Comparison, DiffNode, FlameNode, VariantAnalysis } from '../model/analysis.js';
import { SPAN_KINDS } from '../model/span.js';
import { STAGES } from '../model/stage.js';
import { variantLabel } from './words.js';

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
}

export interface PackedVariant {
  readonly key: string;
  readonly label: string;
  readonly calls: number;
  readonly tree: PackedTree;
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

/** The part of an analysis that is trees: also what a profile of another tool has. */
export interface Trees {
  readonly confidence: number;
  /** What a root stands for: a mean warm call, or all of a profile. */
  readonly whole?: Whole;
  readonly variants: readonly Pick<VariantAnalysis, 'key' | 'calls' | 'tree'>[];
  readonly comparisons: readonly Pick<Comparison, 'baseline' | 'candidate' | 'diff'>[];
}

/** Packs every tree of an analysis. */
export function packPageData(analysis: Trees): PageData {
  const strings = new Map<string, number>();
  const variants = analysis.variants.map(({ key, calls, tree }) => ({ key, label: variantLabel(key), calls, tree: packTree(tree, calls, strings) }));
  const diffs = analysis.comparisons.map((c) => packDiff(c.baseline, c.candidate, c.diff, strings));
  return { confidence: analysis.confidence, whole: analysis.whole ?? 'call', strings: [...strings.keys()], variants, diffs };
}

function packTree(root: FlameNode, calls: number, strings: Map<string, number>): PackedTree {
  const { nodes, parent } = preOrder(root);
  const per = Math.max(1, calls);
  return {
    ...common(nodes, parent, strings),
    shapes: nodes.map((node) => (node.shapes === undefined || node.shapes.length === 0 ? -1 : intern(strings, node.shapes.join('  ')))),
    self: [nodes.map((node) => tenth(node.selfNanos / per))],
    total: [nodes.map((node) => tenth(node.totalNanos / per))],
    count: [nodes.map((node) => hundredth(node.count / per))],
  };
}

function packDiff(baseline: string, candidate: string, root: DiffNode, strings: Map<string, number>): PackedDiff {
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

function common(nodes: readonly (FlameNode | DiffNode)[], parent: number[], strings: Map<string, number>) {
  return {
    name: nodes.map((node) => intern(strings, node.name)),
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

function intern(strings: Map<string, number>, text: string): number {
  const known = strings.get(text);
  if (known !== undefined) return known;
  strings.set(text, strings.size);
  return strings.size - 1;
}

const tenth = (value: number): number => (Number.isFinite(value) ? Math.round(value * 10) / 10 : 0);
const hundredth = (value: number): number => (Number.isFinite(value) ? Math.round(value * 100) / 100 : 0);
