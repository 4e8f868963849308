/** A change of how the baseline is run or fed, tried after the rounds without recording; ratio = changed ÷ as it was. */
export interface Trial {
  readonly id: 'keep-tensors' | 'batch-up' | 'threads' | 'xla' | 'compile-to-graph';
  /** The variant that was changed. */
  readonly variant: string;
  /** What was changed, in words: `the same input tensors in every call`. */
  readonly change: string;
  /** Of the time per row where the change is one of the batch, else per call. Null when it could not be run. */
  readonly ratio: number | null;
  readonly interval: readonly [number, number] | null;
  readonly rounds: number;
  /** Median call of the baseline in the trial, nanoseconds. Missing when it could not be run. */
  readonly baselineNanos?: number;
  /** What the changed side's first call took beyond a warm one, nanoseconds: its graph was built. Missing where it needs no new graph. */
  readonly buildingNanos?: number;
  /** Why it could not be run. */
  readonly failure?: string;
}
