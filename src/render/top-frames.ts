import type { FlameNode } from '../model/analysis.js';
import type { Stage } from '../model/stage.js';

/** A frame by its name, over the whole tree. */
export interface TopFrame {
  readonly name: string;
  readonly stage: Stage;
  readonly selfNanos: number;
  /** Share of the whole tree. */
  readonly share: number;
  /** Runs; null for JavaScript functions, of which only samples are known. */
  readonly count: number | null;
}

/** The frames with the most self time, by name, the heaviest first; frames without self time are left out. */
export function topFrames(tree: FlameNode, most: number): readonly TopFrame[] {
  const sums = new Map<string, { selfNanos: number; count: number | null; stage: Stage }>();
  const stack: { readonly node: FlameNode; readonly name: string }[] = [{ node: tree, name: tree.name }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { node, name } = top;
    const sum = sums.get(name) ?? { selfNanos: 0, count: node.kind === 'script' ? null : 0, stage: node.stage };
    const count = node.kind === 'native' ? 0 : node.count;
    sums.set(name, { ...sum, selfNanos: sum.selfNanos + node.selfNanos, count: sum.count === null ? null : sum.count + count });
    // The native part of an operation is the operation's.
    for (const child of node.children) stack.push({ node: child, name: child.kind === 'native' ? name : child.name });
  }
  const total = Math.max(1, tree.totalNanos);
  return [...sums]
    .filter(([, { selfNanos }]) => selfNanos > 0)
    .sort(([, a], [, b]) => b.selfNanos - a.selfNanos)
    .slice(0, most)
    .map(([name, sum]) => ({ name, ...sum, share: sum.selfNanos / total }));
}
