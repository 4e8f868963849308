import { STAGES } from '../../model/stage.js';
import { assignLanes } from '../lanes.js';
import type { PackedSpans } from '../page/page-spans.js';
import { criticalPath } from './critical-path.js';
import { at, nesting, type Frames } from './frames.js';
import type { Layout } from './layout.js';

/** One call in time order, ready to draw: row 0 is the time axis, every other row a span or a collection pause. */
export interface CallPicture {
  readonly frames: Frames;
  readonly layout: Layout;
  /** Length of the axis, nanoseconds: the call's own duration. */
  readonly spanNanos: number;
  readonly start: Float64Array;
  /** Nanoseconds of each row on the critical path of the call. */
  readonly onPath: Float64Array;
  readonly node: readonly string[];
  readonly bytes: Float64Array;
  /** Lanes that spans needed: 1 when nothing ran beside anything else. */
  readonly lanes: number;
  /** Rows of collection pauses. */
  readonly pauses: readonly number[];
}

const CALL_KIND = 0;
const GC = STAGES.indexOf('gc');

/** Lays a call out: time to the right, callers above what they called, what ran at the same time on lanes below. */
export function pictureOf(spans: PackedSpans, strings: readonly string[]): CallPicture {
  const order = inPreOrder(spans);
  const { lane, depth, lanes } = placeInLanes(spans);
  const path = criticalPath(spans, spans.root);
  const pick = <T>(axis: T, of: (row: number) => T, pause: (index: number) => T): T[] => [axis, ...order.map(of), ...spans.gcStart.map((_, i) => pause(i))];
  const spanNanos = Math.max(1, at(spans.duration, spans.root));
  const place = new Map(order.map((row, index) => [row, index + 1]));
  const parent = Int32Array.from(pick(-1, (row) => place.get(at(spans.parent, row)) ?? 0, () => 0));
  const start = Float64Array.from(pick(0, (row) => at(spans.start, row), (i) => at(spans.gcStart, i)));
  const duration = Float64Array.from(pick(spanNanos, (row) => at(spans.duration, row), (i) => at(spans.gcDuration, i)));
  const bottom = lane.reduce((most, _, row) => Math.max(most, at(depth, row)), 0) + 1;
  const rows = Int32Array.from(pick(0, (row) => at(depth, row), () => bottom));
  const frames: Frames = {
    length: parent.length,
    names: pick('', (row) => strings[at(spans.name, row)] ?? '', (i) => `garbage collection (${strings[at(spans.gcType, i)] ?? ''})`),
    shapes: pick('', (row) => strings[at(spans.shapes, row)] ?? '', () => ''),
    parent,
    ...nesting(parent),
    depth: rows,
    stage: Uint8Array.from(pick(0, (row) => at(spans.stage, row), () => GC)),
    kind: Uint8Array.from(pick(CALL_KIND, (row) => at(spans.kind, row), () => CALL_KIND)),
    self: [ownTimes(parent, start, duration)],
    total: [duration],
    count: [],
    doubt: null,
  };
  return {
    frames,
    layout: layOutInTime(frames, start, duration, spanNanos),
    spanNanos,
    start,
    onPath: Float64Array.from(pick(0, (row) => at(path, row), () => 0)),
    node: pick('', (row) => strings[at(spans.node, row)] ?? '', () => ''),
    bytes: Float64Array.from(pick(0, (row) => at(spans.bytes, row), () => 0)),
    lanes,
    pauses: spans.gcStart.map((_, i) => order.length + 1 + i),
  };
}

/** Rows so that a subtree stands together, siblings by start. */
function inPreOrder(spans: PackedSpans): readonly number[] {
  const children = new Map<number, number[]>();
  spans.parent.forEach((parent, row) => {
    const known = children.get(parent);
    if (known === undefined) children.set(parent, [row]);
    else known.push(row);
  });
  const later = (rows: readonly number[]): number[] => [...rows].sort((a, b) => at(spans.start, b) - at(spans.start, a) || b - a);
  const order: number[] = [];
  const stack = later(children.get(-1) ?? []);
  for (let row = stack.pop(); row !== undefined; row = stack.pop()) {
    order.push(row);
    stack.push(...later(children.get(row) ?? []));
  }
  return order;
}

/** Depth counts over all lanes: the first lane's rows, then the second's below it. Row 0 is left to the axis. */
function placeInLanes(spans: PackedSpans): { lane: Int32Array; depth: Int32Array; lanes: number } {
  const list = spans.start.map((startNanos, row) => ({ startNanos, endNanos: startNanos + at(spans.duration, row), parent: at(spans.parent, row) }));
  const lane = assignLanes(list);
  const inLane = new Int32Array(list.length);
  const open: number[][] = [];
  const deepest: number[] = [];
  const order = list.map((_, row) => row).sort((a, b) => (list[a]?.startNanos ?? 0) - (list[b]?.startNanos ?? 0) || (list[b]?.endNanos ?? 0) - (list[a]?.endNanos ?? 0) || a - b);
  for (const row of order) {
    const ends = (open[at(lane, row)] ??= []);
    for (let end = ends.at(-1); end !== undefined && end <= (list[row]?.startNanos ?? 0); end = ends.at(-1)) ends.pop();
    inLane[row] = ends.length;
    ends.push(list[row]?.endNanos ?? 0);
    deepest[at(lane, row)] = Math.max(deepest[at(lane, row)] ?? 0, ends.length);
  }
  const above: number[] = [];
  deepest.forEach((_, i) => above.push(i === 0 ? 1 : (above[i - 1] ?? 1) + (deepest[i - 1] ?? 0)));
  return { lane, depth: inLane.map((depth, row) => depth + at(above, at(lane, row))), lanes: deepest.length };
}

/** Duration without the part that any child covers. */
function ownTimes(parent: Int32Array, start: Float64Array, duration: Float64Array): Float64Array {
  const own = duration.slice();
  const covered = start.slice();
  const order = Array.from(parent.keys()).sort((a, b) => at(start, a) - at(start, b));
  for (const row of order) {
    const up = at(parent, row);
    if (up < 0) continue;
    const from = Math.max(at(start, row), at(covered, up));
    const to = Math.min(at(start, row) + at(duration, row), at(start, up) + at(duration, up));
    if (to <= from) continue;
    own[up] = at(own, up) - (to - from);
    covered[up] = to;
  }
  return own;
}

/** Left and width as shares of the axis; what sticks out of it (a call that ran beside) is cut off. */
function layOutInTime(frames: Frames, start: Float64Array, duration: Float64Array, all: number): Layout {
  const left = start.map((value) => Math.max(0, Math.min(1, value / all)));
  const width = duration.map((value, row) => Math.max(0, Math.min(1, (at(start, row) + value) / all) - at(left, row)));
  const levels: number[][] = [];
  for (let row = 0; row < frames.length; row++) if (at(width, row) > 0) (levels[at(frames.depth, row)] ??= []).push(row);
  const byDepth = Array.from(levels, (level: number[] | undefined) => Int32Array.from((level ?? []).sort((a, b) => at(left, a) - at(left, b))));
  return { left, width, byDepth };
}
