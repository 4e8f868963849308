import type { Recording } from '../../model/recording.js';
import { spanKindFromCode } from '../../model/span.js';
import { stageFromCode } from '../../model/stage.js';
import type { SpanStep } from '../../model/script.js';

/** Finds the innermost span that was open at a moment. */
export interface SpanIndex {
  /** Row of the span, -1 when no call was running. Nanoseconds of the recording's clock. */
  at(nanos: number): number;
  /** The same within the call of a root span, whatever other calls were under way: -1 for a moment outside of it. */
  within(root: number, nanos: number): number;
  /** From the call's root (left out) down to a row. */
  path(row: number): readonly SpanStep[];
}

/** Calls must not overlap, as those of one loop do not: the last one begun before a moment is the only candidate. */
export function spanIndex(recording: Recording): SpanIndex {
  const { spans, calls, strings } = recording;
  const children: number[][] = Array.from({ length: spans.length }, () => []);
  for (let row = 0; row < spans.length; row++) children[spans.parent[row] ?? -1]?.push(row);
  const roots = calls
    .map(({ rootSpan }) => rootSpan)
    .filter((row) => row >= 0)
    .sort((a, b) => start(a) - start(b));
  function start(row: number): number {
    return spans.startNanos[row] ?? 0;
  }
  const holds = (row: number, nanos: number): boolean => nanos >= start(row) && nanos < start(row) + (spans.durationNanos[row] ?? 0);
  const within = (root: number, nanos: number): number => {
    if (root < 0 || !holds(root, nanos)) return -1;
    let row = root;
    for (let inner: number | undefined = row; inner !== undefined; inner = children[row]?.findLast((child) => holds(child, nanos)))
      row = inner;
    return row;
  };
  const paths = new Map<number, readonly SpanStep[]>();
  return {
    at: (nanos) => within(roots[lastAtOrBefore(roots, start, nanos)] ?? -1, nanos),
    within,
    path: (row) => {
      const known = paths.get(row);
      if (known !== undefined) return known;
      const path: SpanStep[] = [];
      for (let at = row; at >= 0 && (spans.parent[at] ?? -1) >= 0; at = spans.parent[at] ?? -1) {
        path.push({
          name: strings[spans.name[at] ?? 0] ?? '',
          kind: spanKindFromCode(spans.kind[at] ?? 0),
          stage: stageFromCode(spans.stage[at] ?? 0),
        });
      }
      paths.set(row, path.reverse());
      return path;
    },
  };
}

function lastAtOrBefore(rows: readonly number[], start: (row: number) => number, nanos: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (start(rows[middle] ?? 0) <= nanos) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
