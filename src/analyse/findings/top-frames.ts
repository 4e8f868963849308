import type { FlameNode } from '../../model/analysis.js';
import type { SpanKind } from '../../model/span.js';
import type { Stage } from '../../model/stage.js';

/** A frame by its name, over the whole tree. */
export interface TopFrame {
  readonly name: string;
  readonly stage: Stage;
  readonly selfNanos: number;
  /** From begin to end with all that it called; where it calls itself, once. */
  readonly totalNanos: number;
  /** Share of the whole tree. */
  readonly share: number;
  /** Runs; null for JavaScript functions, of which only samples are known. */
  readonly count: number | null;
}

/** Kinds that are one thing under one name: a dispatched operation, what it runs natively, and the native part of that. */
const groupOf = (kind: SpanKind): string => (kind === 'dispatch' || kind === 'kernel' || kind === 'native' ? 'operation' : kind);

interface Sum {
  readonly name: string;
  selfNanos: number;
  totalNanos: number;
  count: number | null;
  stage: Stage;
  stageNanos: number;
  /** Frames of this row that are open above where the walk is, and how many of them are dispatched operations. */
  open: number;
  dispatched: number;
}

/** A frame that begins, or (`ends`) the end of one. */
interface Visit {
  readonly node: FlameNode;
  readonly name: string;
  readonly ends: boolean;
}

/**
 * The frames with the most self time, by name, the heaviest first; frames without self time are left out. A layer and an
 * operation of one name are two rows. A dispatched operation and the native one of the same name inside of it are one, and
 * run once.
 */
export function topFrames(tree: FlameNode, most: number): readonly TopFrame[] {
  const sums = new Map<string, Sum>();
  const stack: Visit[] = [{ node: tree, name: tree.name, ends: false }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { node, name } = top;
    const key = `${groupOf(node.kind)} ${name}`;
    const sum = sums.get(key) ?? {
      name,
      selfNanos: 0,
      totalNanos: 0,
      count: node.kind === 'script' ? null : 0,
      stage: node.stage,
      stageNanos: -1,
      open: 0,
      dispatched: 0,
    };
    sums.set(key, sum);
    const dispatched = node.kind === 'dispatch' ? 1 : 0;
    if (top.ends) {
      sum.open--;
      sum.dispatched -= dispatched;
      continue;
    }
    addTo(sum, node);
    sum.open++;
    sum.dispatched += dispatched;
    stack.push({ node, name, ends: true });
    // The native part of an operation is the operation's.
    for (const child of node.children) stack.push({ node: child, name: child.kind === 'native' ? name : child.name, ends: false });
  }
  const total = Math.max(1, tree.totalNanos);
  return [...sums.values()]
    .filter(({ selfNanos }) => selfNanos > 0)
    .sort((a, b) => b.selfNanos - a.selfNanos)
    .slice(0, most)
    .map(({ name, stage, selfNanos, totalNanos, count }) => ({ name, stage, selfNanos, totalNanos, share: selfNanos / total, count }));
}

function addTo(sum: Sum, node: FlameNode): void {
  if (node.selfNanos > sum.stageNanos) {
    sum.stage = node.stage;
    sum.stageNanos = node.selfNanos;
  }
  sum.selfNanos += node.selfNanos;
  if (sum.open === 0) sum.totalNanos += node.totalNanos;
  const isCountedAbove = node.kind === 'native' || (node.kind === 'kernel' && sum.dispatched > 0);
  if (sum.count !== null && !isCountedAbove) sum.count += node.count;
}
