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
    }
  /** The outputs are of other numbers or shapes. */
  | { readonly kind: 'unlike'; readonly reason: string }
  | { readonly kind: 'not-compared'; readonly reason: string };
