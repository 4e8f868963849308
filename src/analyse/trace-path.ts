import { criticalPath } from '../model/critical-path.js';
import type { SpanColumns } from '../model/span.js';
import { ROUNDING_NANOS, type PathFrame, type SpanTraces, type TracePath } from '../model/span-traces.js';

/** The critical paths of all traces of a file, added up by the names of spans. */
export function tracePath({ spans, strings, calls, apart }: SpanTraces): TracePath {
  const { startNanos: start, durationNanos: duration, parent } = spans;
  const onPath = criticalPath(
    { start, duration, parent, apart },
    calls.map(({ rootSpan }) => rootSpan),
  );
  const isApart = belowAny(spans, apart);
  const isReached = reaching(spans, onPath);
  const frames = new Map<number, { nanos: number; spans: number }>();
  let [besideSpans, outsideSpans, apartSpans] = [0, 0, 0];
  for (let row = 0; row < spans.length; row++) {
    const nanos = onPath[row] ?? 0;
    if (isApart[row] === 1) apartSpans++;
    else if (isReached[row] === 0 && (duration[row] ?? 0) > 0) besideSpans++;
    else if (isReached[row] === 1 && sticksOut(spans, row)) outsideSpans++;
    if (nanos === 0) continue;
    const frame = frames.get(spans.name[row] ?? 0) ?? { nanos: 0, spans: 0 };
    frames.set(spans.name[row] ?? 0, { nanos: frame.nanos + nanos, spans: frame.spans + 1 });
  }
  return {
    traces: calls.length,
    totalNanos: calls.reduce((sum, { latencyNanos }) => sum + latencyNanos, 0),
    frames: [...frames].map(([name, frame]): PathFrame => ({ name: strings[name] ?? '', ...frame })).sort(longestFirst),
    besideSpans,
    outsideSpans,
    apartSpans,
  };
}

/** 1 for these rows and all below them; parents come before their children. */
function belowAny({ length, parent }: SpanColumns, rows: ReadonlySet<number>): Uint8Array {
  const below = new Uint8Array(length);
  for (let row = 0; row < length; row++) below[row] = rows.has(row) ? 1 : (below[parent[row] ?? -1] ?? 0);
  return below;
}

/** 1 for rows on a path and all above them. */
function reaching({ length, parent }: SpanColumns, onPath: Float64Array): Uint8Array {
  const reached = Uint8Array.from(onPath, (nanos) => (nanos > 0 ? 1 : 0));
  for (let row = length - 1; row >= 0; row--) if (reached[row] === 1 && (parent[row] ?? -1) >= 0) reached[parent[row] ?? 0] = 1;
  return reached;
}

function sticksOut({ startNanos, durationNanos, parent }: SpanColumns, row: number): boolean {
  const up = parent[row] ?? -1;
  if (up < 0) return false;
  const [from, above] = [startNanos[row] ?? 0, startNanos[up] ?? 0];
  const [to, aboveTo] = [from + (durationNanos[row] ?? 0), above + (durationNanos[up] ?? 0)];
  return from < above - ROUNDING_NANOS || to > aboveTo + ROUNDING_NANOS;
}

const longestFirst = (a: PathFrame, b: PathFrame): number => b.nanos - a.nanos || (a.name < b.name ? -1 : 1);
