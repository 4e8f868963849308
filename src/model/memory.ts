/** Who holds memory of the process: an engine's tensors, objects of V8, array buffers, and what is left of the resident set. */
export const MEMORY_OWNERS = ['tensors', 'v8-heap', 'array-buffers', 'native'] as const;
export type MemoryOwner = (typeof MEMORY_OWNERS)[number];

/** Memory over the calls of one process, the one that was looked at most. */
export interface MemoryFigure {
  readonly calls: number;
  readonly looks: number;
  readonly highestRssBytes: number;
  /** Those that can be told here. */
  readonly owners: readonly OwnerFigure[];
}

export interface OwnerFigure {
  readonly owner: MemoryOwner;
  /** After the warm-up, and at the end. */
  readonly fromBytes: number;
  readonly toBytes: number;
  readonly growth: Growth;
}

/**
 * `unknown`: too few calls; too few garbage collections to tell what stays from what was not collected yet; or the inputs grew with
 * the calls, which would explain it.
 */
export type Growth =
  | { readonly kind: 'unknown'; readonly why: 'few-looks' | 'few-collections' | 'inputs-grow' }
  | { readonly kind: 'none' | 'grows'; readonly bytesPerCall: number; readonly interval: readonly [number, number] };
