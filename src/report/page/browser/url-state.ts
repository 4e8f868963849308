/** Where the reader is, kept in the address after `#`: `#view:variant=1&zoom=12`. Plain anchors stay what they are. */
export class UrlState {
  readonly #values: URLSearchParams;

  constructor(hash: string) {
    this.#values = new URLSearchParams(hash.startsWith('#view:') ? hash.slice(6) : '');
  }

  get(name: string): string {
    return this.#values.get(name) ?? '';
  }

  set(name: string, value: string): void {
    if (value === '') this.#values.delete(name);
    else this.#values.set(name, value);
    const text = this.#values.toString();
    try {
      history.replaceState(null, '', text === '' ? location.pathname + location.search : `#view:${text}`);
    } catch {
      // A sandboxed frame may not change its address: the report works without it.
    }
  }
}
