import { at } from './frames.js';

export interface PathSpans {
  readonly start: ArrayLike<number>;
  readonly duration: ArrayLike<number>;
  readonly parent: ArrayLike<number>;
}

/**
 * What a call had to wait for: nanoseconds of each span that lie on the critical path. From the end of the root
 * backwards, each instant goes to the child that ended last before the one that is known already; what no child
 * covers is the span's own. A child that was still running then ran beside the path. The sum is the root's duration.
 */
export function criticalPath(spans: PathSpans, root: number): Float64Array {
  const onPath = new Float64Array(spans.start.length);
  const children = childrenByEnd(spans);
  const waiting: [number, number, number][] = [[root, at(spans.start, root), endOf(spans, root)]];
  for (let top = waiting.pop(); top !== undefined; top = waiting.pop()) {
    const [row, from, until] = top;
    let edge = until;
    for (const child of children[row] ?? []) {
      const end = Math.min(endOf(spans, child), endOf(spans, row));
      const start = Math.max(from, at(spans.start, child));
      if (end > edge || end <= start) continue;
      onPath[row] = at(onPath, row) + edge - end;
      waiting.push([child, start, end]);
      edge = start;
    }
    onPath[row] = at(onPath, row) + edge - from;
  }
  return onPath;
}

const endOf = ({ start, duration }: PathSpans, row: number): number => at(start, row) + at(duration, row);

/** Children of each span, the one that ended last first; of equals the one that began last. */
function childrenByEnd(spans: PathSpans): readonly number[][] {
  const children: number[][] = Array.from({ length: spans.start.length }, () => []);
  for (let row = 0; row < spans.start.length; row++) children[at(spans.parent, row)]?.push(row);
  for (const inner of children) inner.sort((a, b) => endOf(spans, b) - endOf(spans, a) || at(spans.start, b) - at(spans.start, a));
  return children;
}
