import type { FrameClass, Place, TreeBuilder } from './foreign-profile.js';

/** What ran: the same for each run of it. */
export interface Kind {
  readonly name: string;
  readonly frame: FrameClass;
  readonly shapes: readonly string[];
  /** Nothing of its sort calls anything else, as on a stream of a GPU. */
  readonly flat: boolean;
}

/** What ran on one track, in columns: there may be millions. Times are nanoseconds. */
export class Intervals {
  readonly #start: number[] = [];
  /** Durations and not ends: a moment since 1970 has room for no nanoseconds. */
  readonly #duration: number[] = [];
  readonly #kind: Kind[] = [];

  push(kind: Kind, start: number, duration: number): void {
    this.#start.push(start);
    this.#duration.push(duration);
    this.#kind.push(kind);
  }

  /** By start, of equal ones the longer first, then as they came. */
  sorted(): Iterable<Interval> {
    const [start, duration] = [this.#start, this.#duration];
    const compare = (a: number, b: number): number => (start[a] ?? 0) - (start[b] ?? 0) || (duration[b] ?? 0) - (duration[a] ?? 0) || a - b;
    const order = Uint32Array.from(start, (_, row) => row);
    if (order.some((row) => row > 0 && compare(row - 1, row) > 0)) order.sort(compare);
    return this.#inOrder(order);
  }

  *#inOrder(order: Uint32Array): Iterable<Interval> {
    for (const row of order) {
      const kind = this.#kind[row];
      const [start, duration] = [this.#start[row] ?? 0, this.#duration[row] ?? 0];
      if (kind !== undefined) yield { kind, start, duration, end: start + duration };
    }
  }
}

/** How long at least one of them ran: work that waits beside other work is not twice as long. */
export function coveredNanos(tracks: readonly Intervals[]): number {
  const all = tracks.flatMap((track) => [...track.sorted()]).sort((a, b) => a.start - b.start);
  let [covered, until] = [0, -Infinity];
  for (const { start, end } of all) {
    covered += Math.max(0, end - Math.max(start, until));
    until = Math.max(until, end);
  }
  return covered;
}

interface Interval {
  readonly kind: Kind;
  readonly start: number;
  readonly duration: number;
  readonly end: number;
}

interface Open extends Interval {
  readonly place: Place;
  /** Until when what it called has been counted, and how long that was. */
  coveredUntil: number;
  coveredNanos: number;
}

/** Tools that write whole microseconds make a child up to this much longer than its parent. */
const ROUNDING_NANOS = 1000;

/**
 * Adds the intervals of one track below a frame. What lies within another one was called by it; what only overlaps with
 * it (streams of a GPU, rounded times, asynchronous work) stands beside it, and times in which several ran count once in
 * what holds them all. Gives how many only overlap.
 */
export function addNested(builder: TreeBuilder, top: Place, intervals: Intervals): number {
  let overlapping = 0;
  const open: Open[] = [];
  const close = (): void => {
    const last = open.pop();
    if (last === undefined) return;
    const totalNanos = last.duration;
    builder.addAt(last.place, Math.max(0, totalNanos - last.coveredNanos), { totalNanos, shapes: last.kind.shapes });
  };
  for (const interval of intervals.sorted()) {
    for (let above = open.at(-1); above !== undefined && above.end <= interval.start; above = open.at(-1)) close();
    const beside = open.length;
    for (let above = open.at(-1); above !== undefined && !holds(above, interval); above = open.at(-1)) close();
    if (open.length < beside) overlapping++;
    const above = open.at(-1);
    if (above !== undefined) cover(above, interval);
    open.push({
      kind: interval.kind,
      start: interval.start,
      duration: interval.duration,
      end: interval.end,
      place: builder.below(above?.place ?? top, interval.kind.name, interval.kind.frame),
      coveredUntil: interval.start,
      coveredNanos: 0,
    });
  }
  while (open.length > 0) close();
  return overlapping;
}

function cover(above: Open, { start, end }: Interval): void {
  const [from, until] = [Math.max(start, above.coveredUntil), Math.min(end, above.end)];
  if (until > from) above.coveredNanos += until - from;
  above.coveredUntil = Math.max(above.coveredUntil, until);
}

/** The inner one may be a rounding longer, as long as most of it lies inside. */
function holds(outer: Interval, inner: Interval): boolean {
  if (outer.kind.flat && inner.kind.flat) return false;
  const beyond = inner.end - outer.end;
  return beyond <= 0 || (beyond <= ROUNDING_NANOS && outer.end - inner.start > beyond);
}
