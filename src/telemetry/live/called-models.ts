import { createHash } from 'node:crypto';
import type { CallSite } from '../../engines/call-site.js';
import type { EngineCopy, ModelIdentity } from '../../engines/in-program.js';
import type { CalledModel } from '../../model/called-model.js';

/** What is known of a model the first time it is called. */
export interface Identified {
  readonly model: CalledModel;
  /** Ids of its weights' tensors; empty from the second call on. */
  readonly weights: readonly number[];
}

/** Tells which model a call is of: two loads of one file are one model. */
export class CalledModels {
  readonly #known = new WeakMap<object, CalledModel>();
  readonly #instances = new Map<string, number>();
  #names = 0;

  of(site: Pick<CallSite, 'model' | 'runtime'>, copy: Pick<EngineCopy, 'identify' | 'sourceOf'>): Identified {
    const object = copy.sourceOf(site.model);
    const known = this.#known.get(object);
    if (known !== undefined) return { model: known, weights: [] };
    const identity = identityOf({ model: object, runtime: site.runtime }, copy);
    const model = this.#describe(identity, site.runtime);
    this.#known.set(object, model);
    return { model, weights: identity.weights };
  }

  #describe({ architecture: parts, values, name, parameters }: ModelIdentity, runtime: string): CalledModel {
    const architecture = hash([runtime, ...(parts.length === 0 ? [`object ${this.#names++}`] : parts)]);
    const more = [...values];
    const id = more.length === 0 && parameters === null ? architecture : hash([architecture, ...more]);
    const instance = (this.#instances.get(id) ?? 0) + 1;
    this.#instances.set(id, instance);
    return { id, architecture, name, runtime, parameters, instance };
  }
}

/** What cannot be looked at (a disposed model, one of another copy) is a model of its own; the call must go on. */
function identityOf(site: Pick<CallSite, 'model' | 'runtime'>, copy: Pick<EngineCopy, 'identify'>): ModelIdentity {
  try {
    const identity = copy.identify(site);
    // Values are read as they are hashed: what fails then must fail here.
    return { ...identity, values: [...identity.values] };
  } catch {
    return { architecture: [], values: [], name: site.runtime, parameters: null, weights: [] };
  }
}

const hash = (parts: readonly (string | Uint8Array)[]): string => {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part).update('\0');
  return sum.digest('hex').slice(0, 32);
};
