/** Spans as columns, parents before or after their children. */
export interface PathSpans {
  readonly start: ArrayLike<number>;
  readonly duration: ArrayLike<number>;
  /** Row of the parent, -1 for none. */
  readonly parent: ArrayLike<number>;
  /** Rows that their parent did not wait for: they and what is below them are on no path. */
  readonly apart?: ReadonlySet<number>;
}

/**
 * What was waited for: nanoseconds of each span that lie on the critical path of its root. From the end of a root backwards,
 * each instant goes to the child that ended last before the one that is known already; what no child covers is the span's own.
 * A child that was still running then ran beside the path; what sticks out of a parent is not looked at. The sum over each root
 * and what is below it is the root's duration.
 *
 * The walk is that of Jaeger's pages, but for a child that ended at the very instant at which the next one began: it is on the path.
 */
export function criticalPath(spans: PathSpans, roots: readonly number[]): Float64Array {
  const onPath = new Float64Array(spans.start.length);
  const children = childrenByEnd(spans);
  const waiting = roots.map((root): [number, number, number] => [root, startOf(spans, root), endOf(spans, root)]);
  for (let top = waiting.pop(); top !== undefined; top = waiting.pop()) {
    const [row, from, until] = top;
    let edge = until;
    let own = 0;
    for (const child of children[row] ?? []) {
      const end = Math.min(endOf(spans, child), until);
      const start = Math.max(from, startOf(spans, child));
      if (end > edge || end <= start) continue;
      own += edge - end;
      waiting.push([child, start, end]);
      edge = start;
    }
    onPath[row] = own + edge - from;
  }
  return onPath;
}

const startOf = ({ start }: PathSpans, row: number): number => start[row] ?? 0;
const endOf = ({ start, duration }: PathSpans, row: number): number => (start[row] ?? 0) + (duration[row] ?? 0);

/** Children of each span, the one that ended last first; of equals the one that began last. */
function childrenByEnd(spans: PathSpans): readonly number[][] {
  const children: number[][] = Array.from({ length: spans.start.length }, () => []);
  for (let row = 0; row < spans.start.length; row++) if (spans.apart?.has(row) !== true) children[spans.parent[row] ?? -1]?.push(row);
  for (const inner of children) inner.sort((a, b) => endOf(spans, b) - endOf(spans, a) || startOf(spans, b) - startOf(spans, a));
  return children;
}
