import type { SpanDetail } from '../model/span.js';

/** Strings and details stored once and named by number. Number 0 is the empty string and the empty detail. */
export class Interner {
  readonly strings: string[] = [''];
  readonly details: SpanDetail[] = [{}];
  readonly #stringIds = new Map<string, number>([['', 0]]);
  readonly #detailIds = new Map<string, number>();

  string(value: string): number {
    const known = this.#stringIds.get(value);
    if (known !== undefined) return known;
    const id = this.strings.length;
    this.strings.push(value);
    this.#stringIds.set(value, id);
    return id;
  }

  detail(value: SpanDetail): number {
    const key = JSON.stringify(value);
    const known = this.#detailIds.get(key);
    if (known !== undefined) return known;
    const id = this.details.length;
    this.details.push(value);
    this.#detailIds.set(key, id);
    return id;
  }
}
