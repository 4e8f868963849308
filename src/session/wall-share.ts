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
  const edges = intervals.flatMap(({ startNanos, durationNanos, role }, index) => [
    { at: startNanos, index, role, step: 1 },
    { at: startNanos + durationNanos, index, role, step: -1 },
  ]);
  // At one moment closing comes first; an empty interval opens and closes in its own order (the sort is stable).
  edges.sort((a, b) => a.at - b.at || (a.index === b.index ? b.step - a.step : a.step - b.step));
  // Time shared so far by each role; an interval's share is the difference between its end and its start.
  const shared = { kernel: 0, call: 0 };
  const open = { kernel: 0, call: 0 };
  const shares = new Float64Array(intervals.length);
  let last = 0;
  for (const { at, index, role, step } of edges) {
    const running = open.kernel > 0 ? 'kernel' : 'call';
    if (open[running] > 0) shared[running] += (at - last) / open[running];
    last = at;
    open[role] += step;
    shares[index] = step > 0 ? shared[role] : Math.max(0, shared[role] - (shares[index] ?? 0));
  }
  return shares;
}
