/** Values stored once, numbered in the order met. */
export class Interned<T> {
  readonly values: T[] = [];
  readonly #numbers = new Map<string, number>();

  /** `first`: what has the first numbers, as a table whose number 0 is the empty entry needs it. */
  constructor(
    private readonly keyOf: (value: T) => string,
    ...first: readonly T[]
  ) {
    for (const value of first) this.add(value);
  }

  /** @returns its number */
  add(value: T): number {
    const key = this.keyOf(value);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.values.length);
    return this.values.push(value) - 1;
  }
}
