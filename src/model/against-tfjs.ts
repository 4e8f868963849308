/** A Keras model in Python beside the same weights in tfjs-node. */
export type AgainstTfjs =
  | {
      readonly kind: 'compared';
      readonly rows: readonly AgainstRow[];
      readonly form: 'layers' | 'graph';
      /** Of the first output; null where outputs were not compared. */
      readonly largestRelativeDifference: number | null;
    }
  | { readonly kind: 'skipped'; readonly reason: string };

/** One variant of either side. Ratios are to the first variant of Keras. */
export interface AgainstRow {
  readonly runtime: 'keras' | 'tfjs-node';
  readonly variant: string;
  readonly medianNanos: number;
  readonly ratio: number;
  /** Both medians' 95 % intervals divided by one another: holds with at least 90 %. */
  readonly interval: readonly [number, number];
}

/** What the recordings of the two sides do not tell: the file beside them. */
export type AgainstFacts =
  | { readonly kind: 'compared'; readonly form: 'layers' | 'graph'; readonly largestRelativeDifference: number | null }
  | { readonly kind: 'skipped'; readonly reason: string };
