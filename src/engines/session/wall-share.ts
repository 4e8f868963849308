/** An interval to share out. `call`: a function's call, which covers the kernels of its body. */
export interface Share {
  readonly startNanos: number;
  readonly durationNanos: number;
  readonly role: 'kernel' | 'call';
}

/**
 * Shares the wall time out among intervals that overlap: each instant is divided equally among the kernels that cover
 * it, and where only calls do, among those.
 *
 * @returns nanoseconds for each; they add up to the length of the union
 */
export function wallShares(intervals: readonly Share[]): Float64Array {
  const shares = new Float64Array(intervals.length);
  // Time shared so far by each role; an interval's share is the difference between its end and its start.
  const shared = { kernel: 0, call: 0 };
  const open = { kernel: 0, call: 0 };
  let last = 0;
  for (const edge of orderedEdges(intervals)) {
    const index = edge >> 1;
    const opens = (edge & 1) === 0;
    const interval = intervals[index];
    if (interval === undefined) continue;
    const at = interval.startNanos + (opens ? 0 : interval.durationNanos);
    const running = open.kernel > 0 ? 'kernel' : 'call';
    if (open[running] > 0) shared[running] += (at - last) / open[running];
    last = at;
    open[interval.role] += opens ? 1 : -1;
    shares[index] = opens ? shared[interval.role] : Math.max(0, shared[interval.role] - (shares[index] ?? 0));
  }
  return shares;
}

/** Starts (twice the index) and ends (one more) in order of time; ties need no order, because no time passes. */
function orderedEdges(intervals: readonly Share[]): Uint32Array {
  const times = new Float64Array(2 * intervals.length);
  intervals.forEach(({ startNanos, durationNanos }, index) => {
    times[2 * index] = startNanos;
    times[2 * index + 1] = startNanos + durationNanos;
  });
  // An interval's start has the smaller number, so it comes first at the same moment.
  return Uint32Array.from(times.keys()).sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b);
}
