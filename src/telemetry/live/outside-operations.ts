import type { OutsideKernel } from '../../model/outside-operations.js';
import { nowMillis } from '../../record/clock.js';

/** Noted each time that so many times as many have run: a killed program leaves a count that is not far off. */
const NOTE_GROWTH = 2;

/**
 * Counts the operations that a program runs outside of any call of a model, and their time, by kernel. A program that
 * trains, or calls operations by itself, has no call; what it did must not pass for nothing.
 */
export class OutsideOperations {
  readonly #kernels = new Map<string, { count: number; millis: number }>();
  #count = 0;
  #noted = 0;
  /** One that runs within another is part of it; and those of ours do not count. */
  #within = false;

  constructor(private readonly note: (kernels: readonly OutsideKernel[]) => void) {}

  readonly run = <T>(name: string, kernel: () => T): T => {
    if (this.#within) return kernel();
    this.#within = true;
    const start = nowMillis();
    try {
      return kernel();
    } finally {
      this.#within = false;
      this.#add(name, nowMillis() - start);
    }
  };

  /** Runs operations that are not the program's. */
  without<T>(body: () => T): T {
    const outer = this.#within;
    this.#within = true;
    try {
      return body();
    } finally {
      this.#within = outer;
    }
  }

  /** Notes what is new. */
  flush(): void {
    if (this.#count === this.#noted) return;
    this.#noted = this.#count;
    this.note([...this.#kernels].map(([name, { count, millis }]) => ({ name, count, nanos: Math.round(millis * 1e6) })));
  }

  #add(name: string, millis: number): void {
    const known = this.#kernels.get(name);
    if (known === undefined) this.#kernels.set(name, { count: 1, millis });
    else {
      known.count++;
      known.millis += millis;
    }
    this.#count++;
    if (this.#count >= NOTE_GROWTH * this.#noted) this.flush();
  }
}
