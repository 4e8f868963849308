/** Strings of the page's data, each stored once and named by number. */
export class StringTable {
  readonly #numbers = new Map<string, number>();

  number(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  /** -1 for nothing to say. */
  optional(text: string | undefined): number {
    return text === undefined || text === '' ? -1 : this.number(text);
  }

  list(): readonly string[] {
    return [...this.#numbers.keys()];
  }
}
