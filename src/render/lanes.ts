/** Puts spans on lanes on which they nest: what every time-ordered picture needs. */

export interface LaneSpan {
  readonly startNanos: number;
  readonly endNanos: number;
  /** Index of the parent in the same list, -1 for none; a parent comes before its children. */
  readonly parent: number;
}

/**
 * The lane of each span, 0 first. On one lane any two spans are either disjoint or one holds the other. A span goes
 * on its parent's lane when it nests there, else on the first lane where it does: kernels that ran in parallel and
 * concurrent calls end up beside each other.
 */
export function assignLanes(spans: readonly LaneSpan[]): Int32Array {
  const lanes = new Int32Array(spans.length).fill(-1);
  const open: number[][] = [];
  const order = spans.map((_, i) => i).sort((a, b) => byStart(spans, a, b));
  for (const index of order) {
    const span = spans[index];
    if (span === undefined) continue;
    const wanted = span.parent >= 0 ? (lanes[span.parent] ?? -1) : -1;
    lanes[index] = place(open, span, wanted);
  }
  return lanes;
}

/** Earlier first, of equals the longer, of equals the one recorded first (the parent). */
function byStart(spans: readonly LaneSpan[], a: number, b: number): number {
  const [first, second] = [spans[a], spans[b]];
  if (first === undefined || second === undefined) return 0;
  return first.startNanos - second.startNanos || second.endNanos - first.endNanos || a - b;
}

function place(open: number[][], span: LaneSpan, wanted: number): number {
  if (wanted >= 0 && fits(open[wanted] ?? [], span)) return push(open, wanted, span);
  for (let lane = 0; lane < open.length; lane++) {
    if (lane !== wanted && isFree(open[lane] ?? [], span)) return push(open, lane, span);
  }
  return push(open, open.length, span);
}

/** Whether the span ends inside of what is still open on the lane. */
function fits(ends: number[], span: LaneSpan): boolean {
  closeBefore(ends, span.startNanos);
  const innermost = ends.at(-1);
  return innermost === undefined || span.endNanos <= innermost;
}

/** A lane that is not its parent's is used only when nothing is open there: nesting would say "called by". */
function isFree(ends: number[], span: LaneSpan): boolean {
  closeBefore(ends, span.startNanos);
  return ends.length === 0;
}

function closeBefore(ends: number[], at: number): void {
  for (let last = ends.at(-1); last !== undefined && last <= at; last = ends.at(-1)) ends.pop();
}

function push(open: number[][], lane: number, span: LaneSpan): number {
  (open[lane] ??= []).push(span.endNanos);
  return lane;
}
