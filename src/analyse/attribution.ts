/**
 * Gives every nanosecond of a call to exactly one span. The map of this file:
 *
 * - `attribute` goes over the calls. A call whose spans nest without overlap (nearly all) takes the fast path: self
 *   time = duration − children. A call whose children overlap, or stick out of their parent (parallel branches, native
 *   kernels on several threads, two clocks), takes the sweep: each moment goes to the deepest span open then, clipped
 *   to its ancestors. On calls that nest both give the same numbers, and both add up to the root's duration exactly,
 *   because all times are whole nanoseconds below 2^53.
 * - Garbage collection is taken out of the span in which it fell, and our own cost after it, never more than is there.
 */
import type { Recording } from '../model/recording.js';
import { type CallRows, rootRow } from './call-rows.js';
import { type GcClock, gcClocks } from './gc-clock.js';
import { sweep } from './sweep-line.js';

/** Per span row, whole nanoseconds; row for row with `Recording.spans`. */
export interface Attribution {
  /** Wall time in this span and in none of its children: over a call the sum is the root's duration. */
  readonly wallSelf: Float64Array;
  /** The part of `wallSelf` that was garbage collection. */
  readonly gc: Float64Array;
  /** The part of `wallSelf` that was Inferscope's own cost. */
  readonly tool: Float64Array;
  /** Sum of the children's durations, overlapping or not. */
  readonly childNanos: Float64Array;
}

/** Attributes all calls of a recording. O(spans), plus a sort of the spans of calls that overlap. */
export function attribute(recording: Recording, rows: CallRows): Attribution {
  const length = recording.spans.length;
  const result: Attribution = {
    wallSelf: new Float64Array(length),
    gc: new Float64Array(length),
    tool: new Float64Array(length),
    childNanos: new Float64Array(length),
  };
  const cursor = new Float64Array(length);
  const children = new Uint32Array(length);
  const clocks = gcClocks(recording.gc);
  for (let call = 0; call < recording.calls.length; call += 1) {
    const root = rootRow(recording, call);
    if (root < 0) continue;
    const own = rows.order.subarray(rows.offset[call], rows.offset[call + 1]);
    const clock = clocks(recording.calls[call]?.process);
    if (nestsExactly(recording, own, root, result, cursor, children)) takeOutGc(recording, own, root, clock, result.gc);
    else sweep(recording, own, root, clock, result);
    if (recording.calls[call]?.traced !== true) takeOutTool(recording, own, children, result);
  }
  return result;
}

/** Fast path. Fills `wallSelf` and `childNanos`; false when the call's spans overlap or stick out. */
function nestsExactly(
  recording: Recording,
  own: Uint32Array,
  root: number,
  { wallSelf, childNanos }: Attribution,
  cursor: Float64Array,
  children: Uint32Array,
): boolean {
  const { startNanos, durationNanos, parent } = recording.spans;
  let nests = true;
  for (const row of own) {
    const start = startNanos[row] ?? 0;
    const duration = durationNanos[row] ?? 0;
    const up = parent[row] ?? -1;
    wallSelf[row] = duration;
    cursor[row] = start;
    if (up < 0) {
      if (row !== root) nests = false;
      continue;
    }
    const upEnd = (startNanos[up] ?? 0) + (durationNanos[up] ?? 0);
    if (start < (cursor[up] ?? 0) || start + duration > upEnd) nests = false;
    cursor[up] = start + duration;
    wallSelf[up] = (wallSelf[up] ?? 0) - duration;
    childNanos[up] = (childNanos[up] ?? 0) + duration;
    children[up] = (children[up] ?? 0) + 1;
  }
  return nests;
}

function takeOutGc(recording: Recording, own: Uint32Array, root: number, clock: GcClock, gc: Float64Array): void {
  const { startNanos, durationNanos, parent } = recording.spans;
  const inside = (row: number): number => {
    const start = startNanos[row] ?? 0;
    return clock.between(start, start + (durationNanos[row] ?? 0));
  };
  if (inside(root) === 0) return;
  for (const row of own) {
    const here = inside(row);
    const up = parent[row] ?? -1;
    gc[row] = (gc[row] ?? 0) + here;
    if (up >= 0) gc[up] = (gc[up] ?? 0) - here;
  }
}

/**
 * A span costs `insideNanos` of its own time and `outsideNanos` of its parent's. The root's outside part lies before
 * and after the call, so it is not counted.
 */
function takeOutTool(recording: Recording, own: Uint32Array, children: Uint32Array, result: Attribution): void {
  const { insideNanos, outsideNanos } = recording.meta.tool;
  for (const row of own) {
    const cost = Math.round(insideNanos + outsideNanos * (children[row] ?? 0));
    const there = (result.wallSelf[row] ?? 0) - (result.gc[row] ?? 0);
    result.tool[row] = Math.max(0, Math.min(there, cost));
  }
}
