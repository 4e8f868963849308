/** Latency over size: what a sweep measures and gives. Times are nanoseconds. */

/** One measurement: a call of `size` items took `nanos`. Several of a size are wanted. */
export interface SweepPoint {
  readonly size: number;
  readonly nanos: number;
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
}

export type SweepResult =
  { readonly kind: 'line'; readonly fit: SweepFit } | { readonly kind: 'refused'; readonly reason: string; readonly fit: SweepFit | null };

/** Where the candidate's line meets the baseline's. */
export type Crossover =
  | { readonly kind: 'crossover'; readonly size: Bounded; readonly fasterBelow: 'baseline' | 'candidate' }
  | { readonly kind: 'none'; readonly faster: 'baseline' | 'candidate' | 'neither' }
  | { readonly kind: 'cannot-tell'; readonly reason: string };

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

/** What was measured of it: the rest follows. */
export type MeasuredSweep = Omit<Sweep, 'variants' | 'crossovers'> & { readonly variants: readonly Pick<SweptVariant, 'key' | 'points'>[] };
