import type { Temperature } from '../model/recording.js';

/** Signatures remembered of one model: a service with endless shapes must not fill the memory. */
const MOST_SIGNATURES = 10_000;

/** Tells a model's first call, the first one of an input signature, and the rest apart. */
export class Temperatures {
  private readonly seen = new WeakMap<object, Set<string>>();

  of(model: object, signature: string): Temperature {
    const known = this.seen.get(model);
    if (known === undefined) {
      this.seen.set(model, new Set([signature]));
      return 'cold-session';
    }
    if (known.has(signature)) return 'warm';
    if (known.size >= MOST_SIGNATURES) for (const oldest of known) if (known.delete(oldest)) break;
    known.add(signature);
    return 'cold-signature';
  }
}
