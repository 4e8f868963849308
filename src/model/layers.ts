/** What the layers of a model cost on both sides of a comparison, out of its differential flamegraph. */
import type { Comparison, DiffNode, DiffSide } from './analysis.js';
import { childrenOf, preOrder } from './pre-order.js';

/** One side of a layer: its time per call and the operations that did its work, dearest first. */
export interface LayerSide {
  readonly nanosPerCall: number;
  readonly operations: readonly LayerOperation[];
}

export interface LayerOperation {
  readonly op: string;
  /** Executions per call. */
  readonly count: number;
  readonly nanosPerCall: number;
}

/** A layer of the model as both sides ran it: operations differ (fused, or one by one), the layer is the same. */
export interface LayerRow {
  readonly layer: string;
  readonly baseline: LayerSide;
  readonly candidate: LayerSide;
  readonly significant: boolean;
}

/** The layers of a comparison in the order of the tree; empty where neither side knows any. */
export function layersOf({ diff }: Comparison): readonly LayerRow[] {
  const rows = new Map<LayerPath, LayerRow>();
  const { nodes, parent } = preOrder(diff, childrenOf);
  const paths: LayerPath[] = [];
  const top: LayerPath = { name: '', below: new Map() };
  nodes.forEach((node, row) => {
    const above = paths[parent[row] ?? -1] ?? top;
    const path = node.kind === 'layer' ? pathBelow(above, node.name) : above;
    paths.push(path);
    if (node.kind === 'layer')
      rows.set(
        path,
        merged(rows.get(path), {
          layer: path.name,
          baseline: sideOf(node, 'baseline'),
          candidate: sideOf(node, 'candidate'),
          significant: node.significant,
        }),
      );
  });
  // A layer that only holds layers says nothing that they do not say.
  return [...rows.values()].filter(({ baseline, candidate }) => baseline.operations.length + candidate.operations.length > 0);
}

/** Where a layer is: the same object for the same path, so that no path is looked up by its whole text. */
interface LayerPath {
  readonly name: string;
  readonly below: Map<string, LayerPath>;
}

/** A layer's own name may be a path, too. */
function pathBelow(above: LayerPath, layer: string): LayerPath {
  let path = above;
  for (const part of layer.split('/')) {
    const known = path.below.get(part) ?? { name: path.name === '' ? part : `${path.name}/${part}`, below: new Map<string, LayerPath>() };
    path.below.set(part, known);
    path = known;
  }
  return path;
}

/** Whether both sides know layers, so that they can be lined up. */
export const linesUp = (rows: readonly LayerRow[]): boolean =>
  rows.some(({ baseline, candidate }) => baseline.operations.length > 0 && candidate.operations.length > 0);

/** A layer that runs twice (a nested call, another batch) is one row. */
function merged(known: LayerRow | undefined, next: LayerRow): LayerRow {
  if (known === undefined) return next;
  return {
    layer: next.layer,
    baseline: added(known.baseline, next.baseline),
    candidate: added(known.candidate, next.candidate),
    significant: known.significant || next.significant,
  };
}

const added = (a: LayerSide, b: LayerSide): LayerSide => ({
  nanosPerCall: a.nanosPerCall + b.nanosPerCall,
  operations: grouped([...a.operations, ...b.operations]),
});

/** What is below a frame without the layers in it, which are rows of their own. */
const outsideLayers = ({ children }: DiffNode): readonly DiffNode[] => children.filter(({ kind }) => kind !== 'layer');

function sideOf(layer: DiffNode, side: 'baseline' | 'candidate'): LayerSide {
  const operations: LayerOperation[] = [];
  for (const node of preOrder(layer, outsideLayers).nodes) {
    const { count, totalNanosPerCall, selfNanosPerCall }: DiffSide = node[side];
    // An eager operation's native part is under it; a call inside a session has its body under it.
    const nanosPerCall = node.children.every(({ kind }) => kind === 'native') ? totalNanosPerCall : selfNanosPerCall;
    if (node.kind === 'kernel' && count > 0) operations.push({ op: node.name, count, nanosPerCall });
  }
  return { nanosPerCall: layer[side].totalNanosPerCall, operations: grouped(operations) };
}

function grouped(operations: readonly LayerOperation[]): readonly LayerOperation[] {
  const byName = new Map<string, LayerOperation>();
  for (const { op, count, nanosPerCall } of operations) {
    const known = byName.get(op) ?? { op, count: 0, nanosPerCall: 0 };
    byName.set(op, { op, count: known.count + count, nanosPerCall: known.nanosPerCall + nanosPerCall });
  }
  return [...byName.values()].sort((a, b) => b.nanosPerCall - a.nanosPerCall || (a.op < b.op ? -1 : 1));
}

/** A comparison whose sides both know the layers. */
export interface LineUp {
  readonly comparison: Comparison;
  readonly rows: readonly LayerRow[];
}

/** Comparisons whose sides line up by layer and run other operations in them, those of the largest change first. */
export function lineUps(comparisons: readonly Comparison[]): readonly LineUp[] {
  return (
    comparisons
      .map((comparison) => ({ comparison, rows: layersOf(comparison) }))
      // Of variants that run the same operations the frames themselves line up: nothing to translate.
      .filter(({ rows }) => linesUp(rows) && rows.some(differentOperations))
      .sort((a, b) => a.comparison.ratio - b.comparison.ratio)
  );
}

const differentOperations = ({ baseline, candidate }: LayerRow): boolean => namesOf(baseline) !== namesOf(candidate);
const namesOf = ({ operations }: LayerSide): string =>
  operations
    .map(({ op }) => op)
    .sort()
    .join(' ');
