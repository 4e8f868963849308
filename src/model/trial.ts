import type { BatchCalls } from './signatures.js';

/** A change of how the baseline is run or fed, tried after the rounds without recording; ratio = changed ÷ as it was. */
export interface Trial {
  readonly id: 'keep-tensors' | 'batch-up' | 'threads' | 'spinning' | 'xla' | 'compile-to-graph' | 'pad-to-buckets' | 'open-batch';
  /** The variant that was changed. */
  readonly variant: string;
  /** What was changed, in words: `the same input tensors in every call`. */
  readonly change: string;
  /** Of the time per row where more rows go into a call, else per call. Null when it could not be run. */
  readonly ratio: number | null;
  readonly interval: readonly [number, number] | null;
  readonly rounds: number;
  /** Threads inside an operation, where that was changed. */
  readonly threads?: number;
  /** Median call of the baseline in the trial, nanoseconds. Missing when it could not be run. */
  readonly baselineNanos?: number;
  /** What the changed side's first call took beyond a warm one, nanoseconds: its graph was built. Missing where it needs no new graph. */
  readonly buildingNanos?: number;
  /** What else is known of padding and of an open batch; missing where it could not be run. */
  readonly traffic?: TriedTraffic;
  /** Why it could not be run. */
  readonly failure?: string;
}

/** What a trial changes; the report has its words. */
export type TriedChange =
  | { readonly kind: 'same-tensors' | 'spinning' | 'buckets' | 'open-batch' }
  | { readonly kind: 'more-rows'; readonly rows: number; readonly insteadOf: number }
  | { readonly kind: 'session-threads'; readonly count: number }
  | { readonly kind: 'padded'; readonly sizes: readonly number[] }
  | { readonly kind: 'in-place'; readonly variant: string }
  | { readonly kind: 'threads'; readonly variable: string; readonly count: number; readonly insteadOf: number };

/** Why a trial could not be run, or showed nothing. */
export type NotTried =
  | { readonly kind: 'threw'; readonly thrown: unknown }
  | { readonly kind: 'no-such-variant' | 'rows-depend' | 'too-few-rounds' }
  | { readonly kind: 'slow-to-build'; readonly seconds: number };

/**
 * Batches padded with rows of zeros to a few sizes, or one graph with an open batch, beside a graph for each size.
 * `dependent`: further rows change the result of the real ones.
 */
export type TriedTraffic = {
  /** Ascending; calls between two starts of the program. */
  readonly sizes: readonly BatchCalls[];
  /** Sizes that are padded to, ascending; none where the batch is open. */
  readonly buckets: readonly number[];
} & (
  | { readonly rows: 'dependent'; /** Between results with and without further rows. */ readonly largestDifference: number }
  | { readonly rows: 'independent'; readonly building: TriedBuilding }
);

/** Building all graphs once, beyond warm calls. */
export interface TriedBuilding {
  /** A graph for each size, nanoseconds (median). */
  readonly exactNanos: number;
  /** The graphs of the changed side ÷ a graph for each size. */
  readonly ratio: number;
  readonly interval: readonly [number, number];
}
