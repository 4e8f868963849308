/** Puts spans on lanes on which they nest: what every time-ordered picture needs. */

export interface LaneSpan {
  readonly startNanos: number;
  readonly endNanos: number;
  /** Index of the parent in the same list, -1 for none; a parent comes before its children. */
  readonly parent: number;
}

/** Where spans lie: row for row with the list given. */
export interface Lanes {
  readonly lane: Int32Array;
  /** How many spans are open on the lane when it begins. */
  readonly depth: Int32Array;
  /** Rows by start, parents first. */
  readonly order: readonly number[];
}

/**
 * The lane of each span, 0 first. On one lane a span inside another is a descendant of it, and all others are disjoint.
 * A span goes on its parent's lane when it nests there, else on the first lane where nothing is open: kernels that
 * ran in parallel and concurrent calls end up beside each other.
 */
export function assignLanes(spans: readonly LaneSpan[]): Lanes {
  const lane = new Int32Array(spans.length).fill(-1);
  const depth = new Int32Array(spans.length);
  const open: number[][] = [];
  const order = spans.map((_, i) => i).sort((a, b) => byStart(spans, a, b));
  for (const index of order) {
    const parent = spans[index]?.parent ?? -1;
    const wanted = parent >= 0 ? (lane[parent] ?? -1) : -1;
    const own = place(spans, open, index, wanted);
    lane[index] = own;
    depth[index] = (open[own]?.length ?? 1) - 1;
  }
  return { lane, depth, order };
}

/** Earlier first, of equals the longer, of equals the one recorded first (the parent). */
function byStart(spans: readonly LaneSpan[], a: number, b: number): number {
  const [first, second] = [spans[a], spans[b]];
  if (first === undefined || second === undefined) return 0;
  return first.startNanos - second.startNanos || second.endNanos - first.endNanos || a - b;
}

function place(spans: readonly LaneSpan[], open: number[][], index: number, wanted: number): number {
  if (wanted >= 0 && fits(spans, open[wanted] ?? [], index)) return push(open, wanted, index);
  for (let lane = 0; lane < open.length; lane++) {
    if (lane !== wanted && isFree(spans, open[lane] ?? [], index)) return push(open, lane, index);
  }
  return push(open, open.length, index);
}

/** Whether the span ends inside of what is still open on the lane, and that is above it: nesting says "called by". */
function fits(spans: readonly LaneSpan[], lane: number[], index: number): boolean {
  closeBefore(spans, lane, startOf(spans, index));
  const innermost = lane.at(-1);
  if (innermost === undefined) return true;
  return endOf(spans, index) <= endOf(spans, innermost) && isAbove(spans, innermost, index);
}

function isAbove(spans: readonly LaneSpan[], above: number, index: number): boolean {
  let up = spans[index]?.parent ?? -1;
  while (up > above) up = spans[up]?.parent ?? -1;
  return up === above;
}

/** A lane that is not its parent's is used only when nothing is open there. */
function isFree(spans: readonly LaneSpan[], lane: number[], index: number): boolean {
  closeBefore(spans, lane, startOf(spans, index));
  return lane.length === 0;
}

const startOf = (spans: readonly LaneSpan[], index: number): number => spans[index]?.startNanos ?? 0;
const endOf = (spans: readonly LaneSpan[], index: number): number => spans[index]?.endNanos ?? 0;

function closeBefore(spans: readonly LaneSpan[], lane: number[], at: number): void {
  for (let last = lane.at(-1); last !== undefined && endOf(spans, last) <= at; last = lane.at(-1)) lane.pop();
}

function push(open: number[][], lane: number, index: number): number {
  (open[lane] ??= []).push(index);
  return lane;
}
