import type { NameTable } from '../model/recorder.js';

/** Names to numbers with one map look-up; names are few. */
export class NameIds {
  readonly #ids = new Map<string, number>();
  constructor(private readonly table: NameTable) {}

  of(name: string): number {
    let id = this.#ids.get(name);
    if (id === undefined) {
      id = this.table.string(name);
      this.#ids.set(name, id);
    }
    return id;
  }
}
