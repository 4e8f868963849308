/**
 * Shares the wall time out among intervals that overlap: each instant is divided equally among those that cover it.
 *
 * @param starts ascending
 * @param durations of the same length, none negative
 * @returns nanoseconds for each; they add up to the length of the union
 */
export function wallShares(starts: readonly number[], durations: readonly number[]): Float64Array {
  const edges = starts.flatMap((start, index) => [{ at: start, index, opens: true }, { at: start + (durations[index] ?? 0), index, opens: false }]);
  edges.sort((a, b) => a.at - b.at || Number(a.opens) - Number(b.opens));
  // Shared time per interval since the beginning; an interval's share is its difference between close and open.
  const shares = new Float64Array(starts.length);
  let shared = 0;
  let open = 0;
  let last = 0;
  for (const { at, index, opens } of edges) {
    if (open > 0) shared += (at - last) / open;
    last = at;
    open += opens ? 1 : -1;
    shares[index] = opens ? shared : shared - (shares[index] ?? 0);
  }
  return shares;
}
