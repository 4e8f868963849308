/** What runs the model. */
export const RUNTIMES = ['layers-model', 'graph-model', 'saved-model', 'keras'] as const;
export type Runtime = (typeof RUNTIMES)[number];

/**
 * One thing that is compared: a state of the model (`uncompiled`, `graph-xla`, …) and the way it is called.
 * Names are open strings because runtimes add their own; the README lists the known ones.
 */
export interface Variant {
  /** `uncompiled`, `compiled`, `compiled-train`, `eager`, `graph`, `graph-xla`, … */
  readonly name: string;
  /** `predict`, `predictOnBatch`, `apply`, `execute`, `predictAsync`, … */
  readonly call: string;
}

/** The stable key of a variant, `name/call`. */
export const variantKey = (variant: Variant): string => `${variant.name}/${variant.call}`;
