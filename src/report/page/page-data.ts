import type { Comparison, DiffNode, FlameNode } from '../../model/analysis.js';
import { childrenOf, preOrder } from '../../model/pre-order.js';
import { SPAN_KINDS } from '../../model/span.js';
import { STAGES, stageCode } from '../../model/stage.js';
import type { ReportExtras } from '../input.js';
import { CallList, type PackedCalls } from './page-calls.js';
import type { PackedSpans } from './page-spans.js';
import { StringTable } from './strings.js';
import type { VariantTree } from './variant-tree.js';

/**
 * What the page's script reads: this first, and parts that it reads when a view needs them. Trees are columns instead of
 * objects, names once. 50,000 frames take about 1.5 MB this way, a fifth of the same tree as nested objects. Rows are in
 * pre-order, parents before children.
 */
export interface PageData {
  /** Of the intervals, 0..1. */
  readonly confidence: number;
  readonly strings: readonly string[];
  readonly whole: Whole;
  readonly variants: readonly PageVariant[];
  readonly diffs: readonly PageDiff[];
  readonly calls: PackedCalls;
  /** Codes of the stages in which any variant spends time of its own. */
  readonly stages: readonly number[];
  /** Native and dispatched operations, each with the first variant that runs it. */
  readonly operations: readonly PageOperation[];
}

export interface PageVariant {
  readonly label: string;
}

export interface PageDiff {
  readonly label: string;
  /** Nanoseconds per call of the two calls, and whether they differ for sure. */
  readonly total: readonly [number, number];
  readonly significant: boolean;
}

export interface PageOperation {
  readonly name: string;
  /** Code of the span kind. */
  readonly kind: number;
  readonly variant: number;
}

/** Data of one view, by name: a tree, how its frames fared in single calls, a difference, the spans of one call. */
export type PartName = `${'tree' | 'frames' | 'diff' | 'call'}-${number}`;

export interface PagePart {
  readonly name: PartName;
  readonly content: PackedTree | PackedFrameCalls | PackedDiff | PackedSpans;
}

/** Everything that a page's script draws. */
export interface PageContent {
  readonly data: PageData;
  /** The first view's part first. */
  readonly parts: readonly PagePart[];
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
  readonly tree: PackedTree;
  readonly total: PackedShift;
  readonly self: PackedShift;
}

/** How sure the shift of each row is. */
export interface PackedShift {
  /** Half the width of its interval, nanoseconds per call; -1 for one without end. */
  readonly half: readonly number[];
  /** 1 where the analysis calls the shift real. */
  readonly significant: readonly number[];
}

export type Whole = 'call' | 'profile';

/** The part of an analysis that is trees: also what a profile of another tool has. */
export interface Trees {
  readonly confidence: number;
  /** What a root stands for: a mean warm call, or all of a profile. */
  readonly whole?: Whole;
  readonly variants: readonly VariantTree[];
  readonly comparisons: readonly Pick<Comparison, 'baseline' | 'candidate' | 'diff'>[];
}

/** Packs every tree of an analysis, and the calls that say most. */
export function packPage(analysis: Trees, extras: ReportExtras = {}): PageContent {
  const strings = new StringTable();
  const calls = new CallList(analysis.variants, extras);
  const walks = analysis.variants.map(({ tree }) => preOrder(tree, childrenOf));
  const trees = analysis.variants.flatMap((variant, index): PagePart[] => {
    const walk = walks[index] ?? NO_WALK;
    return [
      { name: `tree-${index}`, content: packTree(walk, variant.calls, strings) },
      { name: `frames-${index}`, content: packFrameCalls(variant, walk.nodes, index, calls) },
    ];
  });
  const diffs = analysis.comparisons.map(({ diff }, index): PagePart => ({ name: `diff-${index}`, content: packDiff(diff, strings) }));
  const spans = calls.packSpans(strings).map((content, index): PagePart => ({ name: `call-${index}`, content }));
  return {
    data: {
      confidence: analysis.confidence,
      whole: analysis.whole ?? 'call',
      variants: analysis.variants.map(({ key }) => ({ label: key })),
      diffs: analysis.comparisons.map(({ baseline, candidate, diff }) => ({
        label: `${baseline} → ${candidate}`,
        total: [diff.baseline.totalNanosPerCall, diff.candidate.totalNanosPerCall],
        significant: diff.significant,
      })),
      calls: calls.pack(),
      stages: STAGES.flatMap((stage) =>
        walks.some(({ nodes }) => nodes.some((node) => node.stage === stage && node.selfNanos > 0)) ? [stageCode(stage)] : [],
      ),
      operations: operationsOf(walks),
      strings: strings.list(),
    },
    parts: [...trees, ...diffs, ...spans],
  };
}

interface Walk<Node> {
  readonly nodes: readonly Node[];
  readonly parent: readonly number[];
}

const NO_WALK: Walk<FlameNode> = { nodes: [], parent: [] };

/** Native ones win over dispatched ones of the same name, earlier variants over later ones. */
function operationsOf(walks: readonly Walk<FlameNode>[]): readonly PageOperation[] {
  const found = new Map<string, PageOperation>();
  for (const kind of ['kernel', 'dispatch'] as const) {
    walks.forEach(({ nodes }, variant) => {
      for (const node of nodes)
        if (node.kind === kind && !found.has(node.name)) found.set(node.name, { name: node.name, kind: SPAN_KINDS.indexOf(kind), variant });
    });
  }
  return [...found.values()];
}

/** Frames below this share of a call do not name their slowest calls: there may be tens of thousands of them. */
const MIN_SHARE = 0.001;

function packFrameCalls({ tree }: VariantTree, nodes: readonly FlameNode[], index: number, list: CallList): PackedFrameCalls {
  const least = tree.perCall.meanTotalNanos * MIN_SHARE;
  return {
    seen: nodes.map((node) => node.calls?.seen ?? 0),
    p50: nodes.map((node) => tenth(node.calls?.p50Nanos ?? 0)),
    p99: nodes.map((node) => tenth(node.calls?.p99Nanos ?? -1)),
    slowest: nodes.map((node) =>
      node.perCall.meanTotalNanos < least
        ? []
        : (node.calls?.slowest ?? []).map((place) => list.refer(index, place)).filter((call) => call >= 0),
    ),
  };
}

function packTree(walk: Walk<FlameNode>, calls: number, strings: StringTable): PackedTree {
  const { nodes } = walk;
  const per = Math.max(1, calls);
  return {
    ...common(walk, strings),
    shapes: nodes.map((node) => (node.shapes === undefined || node.shapes.length === 0 ? -1 : strings.number(node.shapes.join('  ')))),
    self: [nodes.map((node) => tenth(node.selfNanos / per))],
    total: [nodes.map((node) => tenth(node.totalNanos / per))],
    count: [nodes.map((node) => hundredth(node.count / per))],
  };
}

function packDiff(root: DiffNode, strings: StringTable): PackedDiff {
  const walk = preOrder(root, childrenOf);
  const { nodes } = walk;
  return {
    tree: {
      ...common(walk, strings),
      shapes: nodes.map(() => -1),
      self: [nodes.map((n) => tenth(n.baseline.selfNanosPerCall)), nodes.map((n) => tenth(n.candidate.selfNanosPerCall))],
      total: [nodes.map((n) => tenth(n.baseline.totalNanosPerCall)), nodes.map((n) => tenth(n.candidate.totalNanosPerCall))],
      count: [nodes.map((n) => hundredth(n.baseline.count)), nodes.map((n) => hundredth(n.candidate.count))],
    },
    total: { half: nodes.map((n) => halfOf(n.interval)), significant: nodes.map((n) => (n.significant ? 1 : 0)) },
    self: { half: nodes.map((n) => halfOf(n.selfInterval)), significant: nodes.map((n) => (n.selfSignificant ? 1 : 0)) },
  };
}

function common({ nodes, parent }: Walk<FlameNode | DiffNode>, strings: StringTable) {
  return {
    name: nodes.map((node) => strings.number(node.name)),
    parent,
    stage: nodes.map((node) => stageCode(node.stage)),
    kind: nodes.map((node) => SPAN_KINDS.indexOf(node.kind)),
  };
}

/** Up to the next tenth: rounding must not make a frame surer. */
function halfOf([low, high]: readonly [number, number]): number {
  const half = Math.ceil((high / 2 - low / 2) * 10) / 10;
  return Number.isFinite(half) ? half : -1;
}

const tenth = (value: number): number => (Number.isFinite(value) ? Math.round(value * 10) / 10 : 0);
const hundredth = (value: number): number => (Number.isFinite(value) ? Math.round(value * 100) / 100 : 0);
