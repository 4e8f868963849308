import { fileURLToPath } from 'node:url';
import { callingFiles } from '../../calling-files.js';

/** Where the copies of tfjs-core of a process keep what they share: a map on the global object. */
const GLOBALS_NAME = '_tfGlobals';
/** What every copy asks that map for as it loads, and never again. */
const ASKED_ONCE = 'kernelRegistry';

type Globals = Map<unknown, unknown>;

/**
 * Tells the file of each tfjs-core that is loaded, however it was: an ES module bundle never comes by where CommonJS sources
 * do, and beside a copy that was there before it makes no engine.
 */
export function watchLoadedCopies(told: (file: string) => void): void {
  // Above the global object, not on it: test runners copy what it owns into their sandboxes.
  const above = Object.getPrototypeOf(globalThis) as object;
  if (Object.hasOwn(globalThis, GLOBALS_NAME) || above === Object.prototype) return;
  Object.defineProperty(above, GLOBALS_NAME, {
    configurable: true,
    enumerable: false,
    get: () => undefined,
    // Sandboxes may stand below the same object (jest's do): each keeps the map that it makes, and is watched elsewhere.
    set(this: object, globals: Globals) {
      Object.defineProperty(this, GLOBALS_NAME, { value: globals, writable: true, enumerable: true, configurable: true });
      if (this === globalThis) watchAsking(globals, told);
    },
  });
}

function watchAsking(globals: Globals, told: (file: string) => void): void {
  const has = globals.has.bind(globals);
  const value = (key: unknown): boolean => {
    // The first is this function.
    const file = key === ASKED_ONCE ? callingFiles(2)[1] : undefined;
    if (file !== undefined) told(file.startsWith('file:') ? fileURLToPath(file) : file);
    return has(key);
  };
  Object.defineProperty(globals, 'has', { value, writable: true, enumerable: false, configurable: true });
}
