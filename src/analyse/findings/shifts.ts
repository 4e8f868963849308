import type { DiffNode } from '../../model/analysis.js';
import { childrenOf, preOrder } from '../../model/pre-order.js';

/** A frame of a difference with the way to it. */
export interface Shift {
  readonly path: readonly string[];
  readonly node: DiffNode;
}

/** Frames that differ for sure, the largest shift first. */
export function surestShifts(diff: DiffNode, most: number): readonly Shift[] {
  return flatten(diff)
    .filter(({ node }) => node.significant)
    .sort((a, b) => Math.abs(b.node.shiftNanos) - Math.abs(a.node.shiftNanos))
    .slice(0, most);
}

/** Frames whose own time moved most, sure or not: where a shift starts, rather than all that stands above it. */
export function largestSelfShifts(diff: DiffNode, most: number): readonly Shift[] {
  const moved = ({ node }: Shift): number => Math.abs(selfShift(node));
  return flatten(diff)
    .filter((shift) => moved(shift) > 0)
    .sort((a, b) => moved(b) - moved(a))
    .slice(0, most);
}

export const selfShift = ({ baseline, candidate }: DiffNode): number => candidate.selfNanosPerCall - baseline.selfNanosPerCall;

/**
 * Every frame of a difference in pre-order; its path is put together when it is asked for, because few are, and a deep tree's would
 * fill the memory.
 */
export function flatten(diff: DiffNode): readonly Shift[] {
  const { nodes, parent } = preOrder(diff, childrenOf);
  return nodes.map((node, row) => ({
    node,
    get path() {
      const path: string[] = [];
      for (let at = row; at >= 0; at = parent[at] ?? -1) path.push(nodes[at]?.name ?? '');
      return path.reverse();
    },
  }));
}
