import { mean } from 'simple-statistics';
import type { BatchWindow, LoadRun, TogetherCall } from '../model/load.js';
import { summarise } from './latency.js';

/** How long the first request of a call waits for others, nanoseconds; 0: a call takes what waits already. */
const WINDOWS = [0, 1e6, 2e6, 5e6, 10e6, 20e6, 50e6, 100e6];
/** A queue that is longer than this share of all requests when the last one comes has grown all the time. */
const GROWN_SHARE = 0.05;

/**
 * What collecting requests into one call would do to the requests of a load that came: each window is played through with
 * calls that take as much longer than the load's as those measured with so many requests, one call at a time. Empty for a closed
 * loop, and where no more than one request goes into a call. The first is of one request a call: what the others are to be held
 * against, on a machine that nothing disturbs.
 */
export function batchWindows({ arrivals, requests, together = [], unserved, lastedNanos }: LoadRun): BatchWindow[] {
  const maxRequests = together.at(-1)?.requests ?? 1;
  if (arrivals.kind === 'closed' || together.length < 2 || requests.length === 0) return [];
  const answered = requests.map(([moment]) => moment);
  const due = [...answered, ...unservedMoments(answered, unserved, lastedNanos)].sort((a, b) => a - b);
  // Calls under this load take another time than calls in rounds: only how much longer a fuller call takes is from there.
  const scale = mean(requests.map(([, , call]) => call)) / (together[0]?.nanos ?? 1);
  const callNanos = callWith(together.map(({ requests, nanos }) => ({ requests, nanos: nanos * scale })));
  const play = (windowNanos: number, most: number): BatchWindow => {
    const { latencies, calls, left } = playWindow(due, { windowNanos, maxRequests: most, callNanos });
    return {
      windowNanos,
      maxRequests: most,
      meanRequests: due.length / calls,
      latencyNanos: summarise(latencies),
      keepsUp: left <= GROWN_SHARE * due.length,
    };
  };
  return [play(0, 1), ...WINDOWS.map((windowNanos) => play(windowNanos, maxRequests))];
}

/** When those were due of which only the number is known: evenly over what was left of the time. */
function unservedMoments(due: readonly number[], count: number, until: number): number[] {
  const from = due.at(-1) ?? 0;
  return Array.from({ length: count }, (_, at) => from + ((at + 1) / (count + 1)) * Math.max(0, until - from));
}

/** Between two measured numbers of requests, a straight line. */
function callWith(measured: readonly TogetherCall[]): (requests: number) => number {
  return (requests) => {
    const above = measured.find((one) => one.requests >= requests) ?? measured.at(-1);
    const below = measured.findLast((one) => one.requests <= requests) ?? measured[0];
    if (above === undefined || below === undefined) return 0;
    if (above.requests === below.requests) return above.nanos;
    const share = (requests - below.requests) / (above.requests - below.requests);
    return below.nanos + share * (above.nanos - below.nanos);
  };
}

interface Batcher {
  readonly windowNanos: number;
  readonly maxRequests: number;
  readonly callNanos: (requests: number) => number;
}

interface Played {
  readonly latencies: readonly number[];
  readonly calls: number;
  /** Requests that waited when the last one came. */
  readonly left: number;
}

/**
 * One call at a time: it begins once its first request has waited for the window, or the call is full, and the call
 * before it is over; it takes all that is due by then.
 *
 * @param due moments in nanoseconds, ascending
 */
export function playWindow(due: readonly number[], { windowNanos, maxRequests, callNanos }: Batcher): Played {
  const latencies: number[] = [];
  const last = due.at(-1) ?? 0;
  let [free, first, calls, left] = [0, 0, 0, 0];
  while (first < due.length) {
    const full = due[first + maxRequests - 1] ?? Infinity;
    const begins = Math.max(free, Math.min((due[first] ?? 0) + windowNanos, full));
    let end = first;
    while (end < due.length && end < first + maxRequests && (due[end] ?? Infinity) <= begins) end++;
    free = begins + callNanos(end - first);
    for (let at = first; at < end; at++) latencies.push(free - (due[at] ?? 0));
    if (begins > last && begins > (due[first] ?? 0) + windowNanos) left += end - first;
    calls++;
    first = end;
  }
  return { latencies, calls, left };
}
