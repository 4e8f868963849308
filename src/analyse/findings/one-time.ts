import { append } from '../../model/append.js';
import type { FlameNode } from '../../model/analysis.js';
import type { ForeignProfile } from '../../model/foreign.js';
import { mapTree } from '../../model/pre-order.js';

/** A profile without what its process did once, before the first call; `frames` did that, the longest first. */
export interface Recurring {
  readonly tree: FlameNode;
  readonly frames: readonly FlameNode[];
  /** What was done once, and its share of the whole. */
  readonly onceNanos: number;
  readonly onceShare: number;
}

/** Loading and initialising, as readers mark it; optimiser passes of our own runs happen in calls. */
const isOneTime = ({ stage, kind }: FlameNode): boolean => stage === 'graph-building' && kind === 'pass';

/** What recurs in a profile, and what does not. A profile of nothing but one-time work recurs as it is. */
export function recurringPart({ format, tree }: ForeignProfile): Recurring {
  const all = { tree, frames: [], onceNanos: 0, onceShare: 0 };
  if (format === 'inferscope') return all;
  const frames: FlameNode[] = [];
  const staying = (node: FlameNode): readonly FlameNode[] => node.children.filter((child) => !isOneTime(child));
  const recurring = mapTree(tree, staying, (node, children: FlameNode[]): FlameNode => {
    const left = node.children.filter(isOneTime);
    append(frames, left);
    const gone =
      left.reduce((sum, child) => sum + child.totalNanos, 0) +
      staying(node).reduce((sum, child, i) => sum + child.totalNanos - (children[i]?.totalNanos ?? 0), 0);
    return { ...node, children, totalNanos: Math.max(0, node.totalNanos - gone) };
  });
  if (recurring.totalNanos <= 0) return all;
  const onceNanos = tree.totalNanos - recurring.totalNanos;
  return {
    tree: recurring,
    frames: frames.sort((a, b) => b.totalNanos - a.totalNanos),
    onceNanos,
    onceShare: onceNanos / tree.totalNanos,
  };
}
