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
  /** Identity of its model, where a run has several: only variants of one model are compared. */
  readonly model?: string;
}

/** The stable key of a variant, `name/call`. */
export const variantKey = (variant: Variant): string => `${variant.name}/${variant.call}`;

/** What changing to a variant does to the graph of a model: compiles it with XLA, makes one of it, or neither (null). */
export function graphChange(from: Pick<Variant, 'name'>, to: Pick<Variant, 'name'>): 'xla' | 'compile-to-graph' | null {
  if (to.name.includes('xla') && !from.name.includes('xla')) return 'xla';
  return to.name.startsWith('graph') && !from.name.startsWith('graph') ? 'compile-to-graph' : null;
}

/**
 * Controls are run among the variants and are not compared: the baseline once more from its own copy of the model
 * (`again`, the A/A control), and the baseline's calls without recording (`unrecorded`, our own cost). A suffix of the
 * name tells them, so that every format carries it.
 */
export const CONTROLS = ['again', 'unrecorded'] as const;
export type Control = (typeof CONTROLS)[number];

/** A variant as a control of itself. */
export const asControl = ({ name, call }: Variant, control: Control): Variant => ({ name: `${name} (${control})`, call });

/** Which control a variant is, or null for one that is compared. */
export const controlOf = ({ name }: Variant): Control | null => CONTROLS.find((control) => name.endsWith(` (${control})`)) ?? null;
