import type { WrappedTf } from '../../engines/tensorflow/seams/seams.js';

/** On the process, because the package's ESM and CommonJS builds, and two versions of it, must know of one another. */
const KEY = Symbol.for('inferscope.owners');

function owners(): WeakMap<object, object> {
  const holder = globalThis as Record<symbol, WeakMap<object, object> | undefined>;
  return (holder[KEY] ??= new WeakMap());
}

/** Engines, not modules: tfjs-node and the tfjs inside of it are two objects with one engine. */
const engineOf = (tf: WrappedTf): object => tf.engine();

/** True when `tf` is `owner`'s from now on; false when another one instruments it. */
export function claim(tf: WrappedTf, owner: object): boolean {
  const known = owners().get(engineOf(tf));
  if (known !== undefined && known !== owner) return false;
  owners().set(engineOf(tf), owner);
  return true;
}

export function release(tf: WrappedTf, owner: object): void {
  if (owners().get(engineOf(tf)) === owner) owners().delete(engineOf(tf));
}
