import { createRequire, Module } from 'node:module';
import { innerSeamsOf, installLoadHook } from '../instrument/load-hook.js';
import type { InnerSeams, Tf } from '../instrument/seams.js';
import { restoreForTfjsNode } from '../runtime/node-compat.js';

/** A TensorFlow that the program has loaded by itself. */
export interface LoadedTensorFlow {
  readonly tf: Tf;
  readonly inner: InnerSeams;
}

export interface LoadingWatcher {
  /** Just before the package's own code runs: the last moment for anything that has to come first. */
  readonly before?: () => void;
  /** `stop` ends the watch. It may come before `watchTensorFlow` has returned. */
  readonly loaded: (tensorFlow: LoadedTensorFlow, stop: () => void) => void;
}

/** Main files of the packages. `@tensorflow/tfjs-node` loads `@tensorflow/tfjs` inside of its own, and counts as one. */
const ENTRIES = [
  /[\\/]@tensorflow[\\/]tfjs-node(?:-gpu)?[\\/]dist[\\/]index\.js$/,
  /[\\/]@tensorflow[\\/]tfjs[\\/]dist[\\/]tf\.node\.js$/,
];

/** The one state of this stage, on the process: the package's two builds (ESM and CommonJS) must share it. */
interface Watch {
  readonly watchers: Set<LoadingWatcher>;
  depth: number;
}

const KEY = Symbol.for('inferscope.tensorflow-watch');

/**
 * Tells when the program loads TensorFlow, with `require` or `import`, and at once when it has already. The package's
 * private functions are reachable only for a watch that began before.
 *
 * It hangs on `Module.prototype._compile`, where CommonJS sources come through whatever loads them; a loader that
 * compiles them itself, or a bundle, goes unnoticed, and the program then hands `tf` over.
 */
export function watchTensorFlow(watcher: LoadingWatcher): void {
  restoreForTfjsNode();
  const { watchers } = theWatch();
  watchers.add(watcher);
  for (const loaded of alreadyLoaded()) tell(watcher, loaded, watchers);
}

function tell(watcher: LoadingWatcher, loaded: LoadedTensorFlow, watchers: Set<LoadingWatcher>): void {
  if (watchers.has(watcher)) watcher.loaded(loaded, () => watchers.delete(watcher));
}

function theWatch(): Watch {
  const holder = globalThis as Record<symbol, Watch | undefined>;
  return (holder[KEY] ??= installWatch());
}

interface Compiling {
  _compile(this: NodeJS.Module, source: string, filename: string, ...rest: unknown[]): unknown;
}

function installWatch(): Watch {
  const watch: Watch = { watchers: new Set(), depth: 0 };
  installLoadHook();
  const prototype = Module.prototype as unknown as Compiling;
  const original = prototype._compile;
  prototype._compile = function (source, filename, ...rest) {
    if (watch.watchers.size === 0 || !isEntry(filename)) return original.call(this, source, filename, ...rest);
    for (const { before } of watch.watchers) before?.();
    watch.depth++;
    try {
      return original.call(this, source, filename, ...rest);
    } finally {
      // Not when it threw, and not for the tfjs that is loading inside of tfjs-node.
      if (--watch.depth === 0 && isTensorFlow(this.exports)) notify(watch, this.exports, filename);
    }
  };
  return watch;
}

function notify({ watchers }: Watch, tf: Tf, filename: string): void {
  const inner = innerSeamsOf(filename);
  for (const watcher of watchers) tell(watcher, { tf, inner }, watchers);
}

const isEntry = (filename: string): boolean => ENTRIES.some((entry) => entry.test(filename));

const isTensorFlow = (exports: unknown): exports is Tf => typeof exports === 'object' && exports !== null && 'engine' in exports && 'LayersModel' in exports;

/** What is in the module cache; tfjs-node hides the tfjs that it has loaded. */
function alreadyLoaded(): LoadedTensorFlow[] {
  const cache = Object.entries(createRequire(import.meta.url).cache);
  for (const entry of ENTRIES) {
    const found = cache.filter(([filename, module]) => entry.test(filename) && module?.loaded === true && isTensorFlow(module.exports));
    if (found.length > 0) return found.map(([filename, module]) => ({ tf: module?.exports as Tf, inner: innerSeamsOf(filename) }));
  }
  return [];
}
