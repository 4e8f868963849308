import type { LatencySummary } from './latency-summary.js';

/**
 * When requests come. In an open loop they come by themselves, however long the answers take; in a closed one each of
 * several callers asks again once it has its answer.
 */
export type Arrivals =
  | { readonly kind: 'poisson' | 'constant'; readonly perSecond: number }
  /** Moments that somebody recorded; `name` is the file they came from. */
  | { readonly kind: 'trace'; readonly name: string; readonly perSecond: number }
  | { readonly kind: 'closed'; readonly callers: number };

/** One request, nanoseconds: when it was due, from the start of the load; how long it waited for its call; how long the call took. */
export type LoadRequest = readonly [dueNanos: number, waitNanos: number, callNanos: number];

/** Requests to one variant. */
export interface LoadRun {
  /** Key of the variant. */
  readonly variant: string;
  readonly arrivals: Arrivals;
  /** How long requests came; what was in flight then was waited for. */
  readonly lastedNanos: number;
  /** Those that were answered, in the order in which their calls began. */
  readonly requests: readonly LoadRequest[];
  /** Requests that were due and had not begun when the time was over. */
  readonly unserved: number;
  /** Why it ended before its time. */
  readonly failure?: string;
  /** Median call that answers so many requests at once, ascending; absent where the model takes no batch. */
  readonly together?: readonly TogetherCall[];
}

export interface TogetherCall {
  readonly requests: number;
  readonly nanos: number;
}

/** What a load came to. A request's latency counts from the moment at which it was due. */
export interface LoadFigure {
  readonly variant: string;
  readonly arrivals: Arrivals;
  readonly seconds: number;
  /** Requests that were due in this time, and answers, per second. */
  readonly offeredPerSecond: number;
  readonly answeredPerSecond: number;
  readonly answered: number;
  readonly unserved: number;
  readonly latencyNanos: LatencySummary;
  /** What of it was waiting for other calls; the longest and the mean. */
  readonly waitNanos: { readonly mean: number; readonly max: number };
  /**
   * Mean time by which a request began late although no call ran: the process was not given the processor, or something else held
   * its event loop.
   */
  readonly lateNanos: number;
  /** Mean time in which a call ran, for each answer. With waiting and lateness it is the mean latency. */
  readonly callNanos: number;
  /** Share of the time in which a call ran. */
  readonly busyShare: number;
  /** False where requests come faster than they are answered: the longer it lasts, the longer they wait. Of a closed loop always true. */
  readonly keepsUp: boolean;
  readonly failure?: string;
  /**
   * What collecting requests into one call would do to the same arrivals, worked out from measured calls; the first is of one
   * request a call. Empty where it cannot be tried.
   */
  readonly windows: readonly BatchWindow[];
}

/** Requests that come within a window are answered by one call. */
export interface BatchWindow {
  /** How long the first request of a call waits for others; 0: a call takes what waits already. */
  readonly windowNanos: number;
  /** Largest number of requests in a call. */
  readonly maxRequests: number;
  /** Mean number of them in a call. */
  readonly meanRequests: number;
  readonly latencyNanos: LatencySummary;
  readonly keepsUp: boolean;
}
