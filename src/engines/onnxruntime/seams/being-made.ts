import { AsyncLocalStorage } from 'node:async_hooks';
import type { Creation } from './native-calls.js';

/** A session on its way through the public class; what it was made of is known once the native call has come. */
export interface Making {
  creation: Creation | null;
}

/** Tells which `create` a native call belongs to. */
export class BeingMade {
  readonly #storage = new AsyncLocalStorage<Making>();
  #count = 0;

  current(): Making | undefined {
    return this.#count === 0 ? undefined : this.#storage.getStore();
  }

  async run<T>(making: Making, body: () => Promise<T>): Promise<T> {
    this.#count++;
    try {
      return await this.#storage.run(making, body);
    } finally {
      // Where it watches promises by hooks (before Node.js 24), each promise of the program pays for it.
      if (--this.#count === 0) this.#storage.disable();
    }
  }
}
