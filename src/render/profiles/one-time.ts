import type { FlameNode } from '../../model/analysis.js';
import type { ForeignProfile } from '../../model/foreign.js';
import { formatShare, formatTime } from '../words.js';

/** A profile without what its session did once, before the first call; `frames` did that, the longest first. */
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
  const without = (node: FlameNode): FlameNode => {
    const children = node.children.flatMap((child) => {
      if (!isOneTime(child)) return [without(child)];
      frames.push(child);
      return [];
    });
    return { ...node, children, totalNanos: children.reduce((sum, child) => sum + child.totalNanos, node.selfNanos) };
  };
  const recurring = without(tree);
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
