import type { EngineCopy } from '../../engines/in-program.js';

/** On the process, because the package's ESM and CommonJS builds, and two versions of it, must know of one another. */
const KEY = Symbol.for('inferscope.owners');

function owners(): WeakMap<object, object> {
  const holder = globalThis as Record<symbol, WeakMap<object, object> | undefined>;
  return (holder[KEY] ??= new WeakMap());
}

/** True when the copy is `owner`'s from now on; false when another one instruments it. */
export function claim({ identity }: EngineCopy, owner: object): boolean {
  const known = owners().get(identity);
  if (known !== undefined && known !== owner) return false;
  owners().set(identity, owner);
  return true;
}

export function release({ identity }: EngineCopy, owner: object): void {
  if (owners().get(identity) === owner) owners().delete(identity);
}
