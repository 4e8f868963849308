import { addToGroup } from '../../../model/add-to-group.js';
import { stageCode } from '../../../model/stage.js';
import { criticalPath } from '../../../model/critical-path.js';
import { preOrder } from '../../../model/pre-order.js';
import { assignLanes, type Lanes } from '../../../formats/chrome-trace/lanes.js';
import type { PackedSpans } from '../page-spans.js';
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
const GC = stageCode('gc');

/** Lays a call out: time to the right, callers above what they called, what ran at the same time on lanes below. */
export function pictureOf(spans: PackedSpans, strings: readonly string[]): CallPicture {
  const placed = assignLanes(
    spans.start.map((startNanos, row) => ({ startNanos, endNanos: startNanos + at(spans.duration, row), parent: at(spans.parent, row) })),
  );
  const order = inPreOrder(spans, placed.order);
  const { depth, bottom, lanes } = stackLanes(placed);
  const own = ownTimes(spans, placed.order);
  const path = criticalPath({ ...spans, apart: new Set(spans.apart) }, [spans.root]);
  const pick = <T>(axis: T, of: (row: number) => T, pause: (index: number) => T): T[] => [
    axis,
    ...order.map(of),
    ...spans.gcStart.map((_, i) => pause(i)),
  ];
  const spanNanos = Math.max(1, at(spans.duration, spans.root));
  const place = new Map(order.map((row, index) => [row, index + 1]));
  const parent = Int32Array.from(
    pick(
      -1,
      (row) => place.get(at(spans.parent, row)) ?? 0,
      () => 0,
    ),
  );
  const start = Float64Array.from(
    pick(
      0,
      (row) => at(spans.start, row),
      (i) => at(spans.gcStart, i),
    ),
  );
  const duration = Float64Array.from(
    pick(
      spanNanos,
      (row) => at(spans.duration, row),
      (i) => at(spans.gcDuration, i),
    ),
  );
  const rows = Int32Array.from(
    pick(
      0,
      (row) => at(depth, row),
      () => bottom,
    ),
  );
  const pauses = spans.gcStart.map((_, i) => order.length + 1 + i);
  const frames: Frames = {
    length: parent.length,
    names: pick(
      '',
      (row) => strings[at(spans.name, row)] ?? '',
      (i) => `garbage collection (${strings[at(spans.gcType, i)] ?? ''})`,
    ),
    shapes: pick(
      '',
      (row) => strings[at(spans.shapes, row)] ?? '',
      () => '',
    ),
    parent,
    ...nesting(parent),
    depth: rows,
    stage: Uint8Array.from(
      pick(
        0,
        (row) => at(spans.stage, row),
        () => GC,
      ),
    ),
    kind: Uint8Array.from(
      pick(
        CALL_KIND,
        (row) => at(spans.kind, row),
        () => CALL_KIND,
      ),
    ),
    self: [
      Float64Array.from(
        pick(
          0,
          (row) => at(own, row),
          (i) => at(spans.gcDuration, i),
        ),
      ),
    ],
    total: [duration],
    count: [],
    doubt: null,
  };
  return {
    frames,
    layout: layOutInTime(frames, start, spanNanos, [0, ...placed.order.map((row) => place.get(row) ?? 0), ...pauses]),
    spanNanos,
    start,
    onPath: Float64Array.from(
      pick(
        0,
        (row) => at(path, row),
        () => 0,
      ),
    ),
    node: pick(
      '',
      (row) => strings[at(spans.node, row)] ?? '',
      () => '',
    ),
    bytes: Float64Array.from(
      pick(
        0,
        (row) => at(spans.bytes, row),
        () => 0,
      ),
    ),
    lanes,
    pauses,
  };
}

/** Rows so that a subtree stands together, siblings by start. */
function inPreOrder(spans: PackedSpans, byStart: readonly number[]): readonly number[] {
  const children = new Map<number, number[]>();
  for (const row of byStart) addToGroup(children, at(spans.parent, row), row);
  return preOrder(-1, (row) => children.get(row) ?? []).nodes.slice(1);
}

/** Depth over all lanes: the first lane's rows, then the second's below it. Row 0 is left to the axis. */
function stackLanes({ lane, depth }: Lanes): { depth: Int32Array; bottom: number; lanes: number } {
  const deepest: number[] = [];
  depth.forEach((inLane, row) => (deepest[at(lane, row)] = Math.max(deepest[at(lane, row)] ?? 0, inLane + 1)));
  const above: number[] = [];
  let bottom = 1;
  for (const rows of deepest) {
    above.push(bottom);
    bottom += rows;
  }
  return { depth: depth.map((inLane, row) => inLane + at(above, at(lane, row))), bottom, lanes: deepest.length };
}

/** Duration without the part that any child covers. */
function ownTimes({ parent, start, duration }: PackedSpans, byStart: readonly number[]): Float64Array {
  const own = Float64Array.from(duration);
  const covered = Float64Array.from(start);
  for (const row of byStart) {
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
function layOutInTime(frames: Frames, start: Float64Array, all: number, byStart: readonly number[]): Layout {
  const left = start.map((value) => Math.max(0, Math.min(1, value / all)));
  const width = (frames.total[0] ?? start).map((value, row) => Math.max(0, Math.min(1, (at(start, row) + value) / all) - at(left, row)));
  const levels: number[][] = [];
  for (const row of byStart) if (at(width, row) > 0) (levels[at(frames.depth, row)] ??= []).push(row);
  const byDepth = Array.from(levels, (level: number[] | undefined) => Int32Array.from(level ?? []));
  return { left, width, byDepth };
}
