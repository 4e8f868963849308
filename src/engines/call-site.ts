/** A call that a program makes by itself, and who decides whether it is recorded. The same of every engine. */
import type { CallStart } from '../model/recorder.js';
import type { Runtime } from '../model/variant.js';

/** A model's method that has been called outside of any recorded call. */
export interface CallSite {
  readonly runtime: Runtime;
  /** State of the model, where its kind tells it: `graph` or `graph-xla` of a compiled graph. */
  readonly variant?: string | undefined;
  /** `predict`, `execute`, `run`, … */
  readonly call: string;
  readonly model: object;
  readonly inputs: unknown;
}

/**
 * Decides, once a call, whether a call that a program makes by itself is recorded, and as what. Without a policy only
 * the calls that a driver has begun are looked into.
 */
export type CallPolicy = (site: CallSite) => CallStart | undefined;

/** Asked once for each call that the policy records: are its kernels recorded too? */
export type CallDepth = () => 'stages' | 'kernels';

/** Told of each call that the policy does not record, when someone wants its duration all the same. */
export type UnrecordedCall = (site: CallSite, nanos: number, outcome: 'returned' | 'threw') => void;
