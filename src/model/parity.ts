/** How far the answers of two models to the same input are apart. */
export type Parity =
  | {
      readonly kind: 'compared';
      /** Outputs compared. */
      readonly outputs: number;
      /** Largest difference of any value; null where one side gave a value that is no finite number and the other did not. */
      readonly absolute: number | null;
      /** The same, relative to the largest magnitude of that output. */
      readonly relative: number | null;
      /** Which output differs most relative to its size, by name or place; absent where there is one only, or none differs. */
      readonly output?: string;
      /** Both sides were fed the same images, one with the channels first, one with them last. */
      readonly inputs?: 'channels moved';
    }
  /** The outputs are of other numbers or shapes. */
  | { readonly kind: 'unlike'; readonly reason: string }
  | { readonly kind: 'not-compared'; readonly reason: string };

/** How far a variant's answers are from those of the first. */
export interface VariantParity {
  readonly variant: string;
  readonly parity: Parity;
}

/** Why outputs were not compared, or in what they are unlike; the report has the words. */
export type ParityReason =
  | { readonly kind: 'no-values' | 'another-process' | 'unsteady' }
  | { readonly kind: 'other-inputs'; readonly baseline: string; readonly candidate: string }
  | { readonly kind: 'other-number'; readonly baseline: number; readonly candidate: number }
  /** Types with shapes, `float32[1,2]`; null: the candidate has no such output. */
  | { readonly kind: 'other-shape'; readonly output: string; readonly baseline: string; readonly candidate: string | null };

/** Something in which two runs differ. */
export interface Difference {
  /** What it is, in words: `batch size`, `Node.js`, `flag TF_NUM_INTRAOP_THREADS`. */
  readonly field: string;
  readonly baseline: string;
  readonly candidate: string;
  /** `machine`: follows from having been recorded on another machine. */
  readonly scope: 'run' | 'machine';
}
