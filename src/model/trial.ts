/** A change of how the baseline is fed, tried after the rounds without recording; ratio = changed ÷ as it was. */
export interface Trial {
  readonly id: 'keep-tensors' | 'batch-up' | 'threads';
  /** The variant that was changed. */
  readonly variant: string;
  /** What was changed, in words: `the same input tensors in every call`. */
  readonly change: string;
  /** Of the time per row where the change is one of the batch, else per call. Null when it could not be run. */
  readonly ratio: number | null;
  readonly interval: readonly [number, number] | null;
  readonly rounds: number;
  /** Why it could not be run. */
  readonly failure?: string;
}
