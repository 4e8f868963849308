/**
 * Changes to other people's objects, each of which can be undone exactly.
 *
 * A patch replaces one property and remembers its descriptor (or that it had none of its own); `undo` puts all back,
 * last first, so that afterwards every function is the same object as before.
 */
export class Patches {
  readonly #undos: (() => void)[] = [];

  /**
   * Replaces the method `name` of `target` by what `make` gives for the original. Returns false, and changes
   * nothing, when there is no such method: seams differ by version.
   */
  wrap<F extends Callable>(target: object, name: string, make: (original: F) => F): boolean {
    const original: unknown = Reflect.get(target, name);
    if (typeof original !== 'function') return false;
    const wrapper = make(original as F);
    Object.defineProperty(wrapper, 'name', { value: original.name, configurable: true });
    this.replace(target, name, wrapper);
    return true;
  }

  /** Replaces a property's value. */
  replace(target: object, name: string, value: unknown): void {
    const own = Object.getOwnPropertyDescriptor(target, name);
    Object.defineProperty(target, name, { value, configurable: true, writable: true, enumerable: own?.enumerable ?? false });
    this.#undos.push(() => {
      if (own === undefined) Reflect.deleteProperty(target, name);
      else Object.defineProperty(target, name, own);
    });
  }

  /** Registers something else to undo. */
  onUndo(undo: () => void): void {
    this.#undos.push(undo);
  }

  undo(): void {
    while (this.#undos.length > 0) this.#undos.pop()?.();
  }
}

/** Any method; `this` is passed on unchanged. */
export type Callable = (this: never, ...args: never[]) => unknown;
