/** Latency over size: what a sweep measures and gives. Times are nanoseconds. */

/** One measurement: a call of `size` items took `nanos`. Several of a size are wanted. */
export interface SweepPoint {
  readonly size: number;
  readonly nanos: number;
  /** The process that made it, from 1; absent where all was measured in one. */
  readonly process?: number;
}

export interface Bounded {
  readonly value: number;
  readonly interval: readonly [number, number];
}

export interface SweepFit {
  readonly fixedNanos: Bounded;
  readonly perItemNanos: Bounded;
  /** Per size: mean, what the line says, and the residual as a share of the mean. */
  readonly residuals: readonly { readonly size: number; readonly nanos: number; readonly fitted: number; readonly share: number }[];
  /** p-value of the lack-of-fit test; null without repeats. */
  readonly lackOfFitP: number | null;
  /** Degrees of freedom and covariance of (fixed, perItem), for the crossover. */
  readonly df: number;
  readonly covariance: readonly [fixed: number, mixed: number, perItem: number];
  /** How much faster or slower each process was as a whole (log), and the variance that this leaves in the log of the line. */
  readonly processes?: { readonly shifts: readonly number[]; readonly variance: number };
}

/** Why no line is given. */
export type Refusal =
  | { readonly kind: 'few-sizes'; readonly sizes: number }
  | { readonly kind: 'few-points' }
  | { readonly kind: 'no-line'; readonly size: number; readonly share: number };

/** A line, or why there is none, before it is put into words. */
export type FoundResult =
  | { readonly kind: 'line'; readonly fit: SweepFit }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly fit: SweepFit | null };

export type SweepResult =
  Extract<FoundResult, { kind: 'line' }> | { readonly kind: 'refused'; readonly reason: string; readonly fit: SweepFit | null };

/** Where the candidate's line meets the baseline's, before it is put into words. */
export type FoundCrossover =
  | { readonly kind: 'crossover'; readonly size: Bounded; readonly fasterBelow: 'baseline' | 'candidate' }
  | { readonly kind: 'none'; readonly faster: 'baseline' | 'candidate' | 'neither' }
  | { readonly kind: 'cannot-tell'; readonly because: 'close-at-one-end' | 'nearly-parallel' };

/** The same in words. */
export type Crossover = Exclude<FoundCrossover, { kind: 'cannot-tell' }> | { readonly kind: 'cannot-tell'; readonly reason: string };

/** What is swept, and what counts as an item of it. */
export const DIMENSIONS = {
  batch: { item: 'row', what: 'batch size' },
  sequence: { item: 'step', what: 'sequence length' },
  image: { item: 'pixel', what: 'image side' },
  width: { item: 'parameter', what: 'model width' },
} as const;
export type Dimension = keyof typeof DIMENSIONS;

export interface SweptVariant {
  readonly key: string;
  readonly points: readonly SweepPoint[];
  readonly result: SweepResult;
  /** Share of a call at size `at` that does not depend on the size; null where no line fits. */
  readonly overheadShare: Bounded | null;
}

/** A sweep over one dimension of a model, or over the models of a family. */
export interface Sweep {
  readonly model: string;
  readonly dimension: Dimension;
  /** As given: batch sizes, steps, sides, widths. */
  readonly sizes: readonly number[];
  /** Items of each: the same but for images (pixels) and widths (parameters). */
  readonly items: readonly number[];
  /** The user's own size, in items. */
  readonly at: number;
  /** Of every interval here, 0..1. */
  readonly confidence: number;
  readonly variants: readonly SweptVariant[];
  readonly crossovers: readonly { readonly baseline: string; readonly candidate: string; readonly at: Crossover }[];
  readonly environment: readonly (readonly [what: string, value: string])[];
  readonly notes: readonly string[];
}

/** A sweep whose refusals are data. */
export interface FoundSweep extends Omit<Sweep, 'variants' | 'crossovers'> {
  readonly variants: readonly (Omit<SweptVariant, 'result'> & { readonly result: FoundResult })[];
  readonly crossovers: readonly { readonly baseline: string; readonly candidate: string; readonly at: FoundCrossover }[];
}

/** What was measured of it: the rest follows. */
export type MeasuredSweep = Omit<Sweep, 'variants' | 'crossovers'> & { readonly variants: readonly Pick<SweptVariant, 'key' | 'points'>[] };
