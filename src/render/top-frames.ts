import type { FlameNode } from '../model/analysis.js';
import type { SpanKind } from '../model/span.js';
import type { Stage } from '../model/stage.js';

/** A frame by its name and what it is, over the whole tree. */
export interface TopFrame {
  readonly name: string;
  readonly stage: Stage;
  readonly selfNanos: number;
  /** Share of the whole tree. */
  readonly share: number;
  /** Runs; null for JavaScript functions, of which only samples are known. */
  readonly count: number | null;
}

/** Kinds that are one thing under one name: a dispatched operation, what it runs natively, and the native part of that. */
const groupOf = (kind: SpanKind): string => (kind === 'dispatch' || kind === 'kernel' || kind === 'native' ? 'operation' : kind);

interface Visit {
  readonly node: FlameNode;
  readonly name: string;
  /** Operations around it, whose runs are counted. */
  readonly around: ReadonlySet<string>;
}

/**
 * The frames with the most self time, by name, the heaviest first; frames without self time are left out. A layer and an
 * operation of one name are two rows. A dispatched operation and the native one of the same name inside of it are one, and
 * run once.
 */
export function topFrames(tree: FlameNode, most: number): readonly TopFrame[] {
  const sums = new Map<string, { name: string; selfNanos: number; count: number | null; stage: Stage; stageNanos: number }>();
  const stack: Visit[] = [{ node: tree, name: tree.name, around: new Set() }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { node, name, around } = top;
    const group = groupOf(node.kind);
    const key = `${group} ${name}`;
    const sum = sums.get(key) ?? { name, selfNanos: 0, count: node.kind === 'script' ? null : 0, stage: node.stage, stageNanos: -1 };
    const counted = node.kind === 'native' || (node.kind === 'kernel' && around.has(name)) ? 0 : node.count;
    const heavier = node.selfNanos > sum.stageNanos;
    sums.set(key, {
      ...sum,
      selfNanos: sum.selfNanos + node.selfNanos,
      count: sum.count === null ? null : sum.count + counted,
      ...(heavier ? { stage: node.stage, stageNanos: node.selfNanos } : {}),
    });
    const inside = node.kind === 'dispatch' ? new Set([...around, name]) : around;
    // The native part of an operation is the operation's.
    for (const child of node.children) stack.push({ node: child, name: child.kind === 'native' ? name : child.name, around: inside });
  }
  const total = Math.max(1, tree.totalNanos);
  return [...sums.values()]
    .filter(({ selfNanos }) => selfNanos > 0)
    .sort((a, b) => b.selfNanos - a.selfNanos)
    .slice(0, most)
    .map(({ name, stage, selfNanos, count }) => ({ name, stage, selfNanos, share: selfNanos / total, count }));
}
