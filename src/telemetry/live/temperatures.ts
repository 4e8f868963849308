import type { Temperature } from '../../model/recording.js';

/** Signatures remembered of one model: a service with endless shapes must not fill the memory. */
const MAX_SIGNATURES = 10_000;

/** What is known of a call's temperature before it runs. */
export interface BeforeCall {
  /** `cold-session` for a model's first call, else `warm` until the call itself shows that it builds something. */
  readonly temperature: Exclude<Temperature, 'cold-signature'>;
  /** True for shapes and dtypes that the model has not had: cold only where a compiler builds for each shape (XLA). */
  readonly newSignature: boolean;
}

/**
 * Tells a model's first call from the rest. A new shape alone makes no call cold: TensorFlow's executor is found by feeds
 * and fetches, tfjs' by names, and both run any size with the graph they have built. What oneDNN prepares for a new size is
 * some tenths of a millisecond (measured: docs/decisions/0016-a-new-shape-alone-is-not-cold.md).
 */
export class Temperatures {
  readonly #seen = new WeakMap<object, Set<string>>();

  of(model: object, signature: string): BeforeCall {
    const known = this.#seen.get(model);
    if (known === undefined) {
      this.#seen.set(model, new Set([signature]));
      return { temperature: 'cold-session', newSignature: true };
    }
    if (known.has(signature)) return { temperature: 'warm', newSignature: false };
    if (known.size >= MAX_SIGNATURES) for (const oldest of known) if (known.delete(oldest)) break;
    known.add(signature);
    return { temperature: 'warm', newSignature: true };
  }
}
