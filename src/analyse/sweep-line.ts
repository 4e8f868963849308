import type { Recording } from '../model/recording.js';
import type { GcClock } from './gc-clock.js';

interface Clipped {
  readonly row: number;
  readonly start: number;
  readonly end: number;
  readonly depth: number;
}

/**
 * Gives each moment of a call to the deepest span open at that moment; of spans equally deep, to the one started
 * last (in one JavaScript thread that is the one running). Spans are clipped to their ancestors first.
 * Overwrites `wallSelf` and `gc` of the call's rows.
 */
export function sweep(
  recording: Recording,
  own: Uint32Array,
  root: number,
  clock: GcClock,
  result: { readonly wallSelf: Float64Array; readonly gc: Float64Array },
): void {
  const { wallSelf, gc } = result;
  for (const row of own) {
    wallSelf[row] = 0;
    gc[row] = 0;
  }
  const spans = clip(recording, own, root).sort((a, b) => a.start - b.start || a.depth - b.depth);
  const end = spans[0]?.end ?? 0;
  let time = spans[0]?.start ?? 0;
  const open: Clipped[] = [];
  let next = 0;
  while (time < end) {
    for (let span = spans[next]; span !== undefined && span.start <= time; span = spans[next]) {
      push(open, span);
      next += 1;
    }
    while ((open[0]?.end ?? Infinity) <= time) pop(open);
    const owner = open[0];
    if (owner === undefined) return;
    const until = Math.min(owner.end, spans[next]?.start ?? Infinity);
    wallSelf[owner.row] = (wallSelf[owner.row] ?? 0) + until - time;
    gc[owner.row] = (gc[owner.row] ?? 0) + clock.between(time, until);
    time = until;
  }
}

/** The call's spans within their ancestors; those with no time left are dropped. The root comes first after sorting. */
function clip(recording: Recording, own: Uint32Array, root: number): Clipped[] {
  const { startNanos, durationNanos, parent } = recording.spans;
  const byRow = new Map<number, Clipped>();
  const kept: Clipped[] = [];
  for (const row of own) {
    const up = byRow.get(parent[row] ?? -1);
    if (up === undefined && row !== root) continue;
    const from = startNanos[row] ?? 0;
    const to = from + (durationNanos[row] ?? 0);
    const start = up === undefined ? from : Math.min(up.end, Math.max(up.start, from));
    const end = up === undefined ? to : Math.max(start, Math.min(up.end, to));
    const span: Clipped = { row, start, end, depth: up === undefined ? 0 : up.depth + 1 };
    byRow.set(row, span);
    if (end > start) kept.push(span);
  }
  return kept;
}

const above = (a: Clipped, b: Clipped): boolean =>
  a.depth !== b.depth ? a.depth > b.depth : a.start !== b.start ? a.start > b.start : a.row > b.row;

/** Binary heap, the owner of the moment on top; spans that have ended are popped when they come up. */
function push(heap: Clipped[], span: Clipped): void {
  let place = heap.length;
  while (place > 0) {
    const up = (place - 1) >> 1;
    const other = heap[up];
    if (other === undefined || !above(span, other)) break;
    heap[place] = other;
    place = up;
  }
  heap[place] = span;
}

function pop(heap: Clipped[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let place = 0;
  for (;;) {
    let child = 2 * place + 1;
    const left = heap[child];
    if (left === undefined) break;
    const right = heap[child + 1];
    let top = left;
    if (right !== undefined && above(right, left)) {
      child += 1;
      top = right;
    }
    if (!above(top, last)) break;
    heap[place] = top;
    place = child;
  }
  heap[place] = last;
}
