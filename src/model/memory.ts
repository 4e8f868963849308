/**
 * Who holds memory of the process: an engine's tensors, objects of V8, array buffers, and what is left of the resident set. Python tells
 * nobody apart: `process` is all of it.
 */
export const MEMORY_OWNERS = ['tensors', 'v8-heap', 'array-buffers', 'native', 'process'] as const;
export type MemoryOwner = (typeof MEMORY_OWNERS)[number];

/** Memory over the calls of one process, the one that was looked at most. */
export interface MemoryFigure {
  /** Whose calls these were: a program's, or those that were made to be measured. */
  readonly madeBy: 'program' | 'inferscope';
  readonly calls: number;
  readonly looks: number;
  /** Between calls. */
  readonly highestRssBytes: number;
  /** The most that was resident, in calls or before them, and within how many calls; absent where the system does not tell. */
  readonly peak?: { readonly bytes: number; readonly calls: number };
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
