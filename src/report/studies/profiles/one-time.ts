import { append } from '../../../model/append.js';
import type { FlameNode } from '../../../model/analysis.js';
import type { ForeignProfile } from '../../../model/foreign.js';
import { mapTree } from '../../../model/pre-order.js';
import { formatShare, formatTime } from '../../words.js';

/** A profile without what its process did once, before the first call; `frames` did that, the longest first. */
export interface Recurring {
  readonly tree: FlameNode;
  readonly frames: readonly FlameNode[];
}

/** Loading and initialising, as readers mark it; optimiser passes of our own runs happen in calls. */
const isOneTime = ({ stage, kind }: FlameNode): boolean => stage === 'graph-building' && kind === 'pass';

/** What recurs in a profile, and what does not. A profile of nothing but one-time work recurs as it is. */
export function recurringPart({ format, tree }: ForeignProfile): Recurring {
  if (format === 'inferscope') return { tree, frames: [] };
  const frames: FlameNode[] = [];
  const staying = (node: FlameNode): readonly FlameNode[] => node.children.filter((child) => !isOneTime(child));
  const recurring = mapTree(tree, staying, (node, children: FlameNode[]): FlameNode => {
    const left = node.children.filter(isOneTime);
    append(frames, left);
    const gone =
      left.reduce((sum, child) => sum + child.totalNanos, 0) +
      node.children
        .filter((child) => !isOneTime(child))
        .reduce((sum, child, i) => sum + child.totalNanos - (children[i]?.totalNanos ?? 0), 0);
    return { ...node, children, totalNanos: Math.max(0, node.totalNanos - gone) };
  });
  return recurring.totalNanos > 0 ? { tree: recurring, frames: frames.sort((a, b) => b.totalNanos - a.totalNanos) } : { tree, frames: [] };
}

/** How much of a profile was one-time work, and of what; null where there was none. */
export function oneTimeWords(profile: ForeignProfile): string | null {
  const { tree, frames } = recurringPart(profile);
  if (frames.length === 0) return null;
  const whole = profile.tree.totalNanos;
  const nanos = whole - tree.totalNanos;
  return `${formatTime(nanos)} (${formatShare(nanos / whole)}) is one-time work: ${frames.map(({ name, totalNanos }) => `${name} ${formatTime(totalNanos)}`).join(', ')}`;
}
