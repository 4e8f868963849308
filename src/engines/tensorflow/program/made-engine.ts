import { fileURLToPath } from 'node:url';

const ENGINE_NAME = '_tfengine';

/**
 * Tells the file that makes the process's engine, however it was loaded: an ES module bundle never comes by where
 * CommonJS sources do. Every tfjs-core looks for the engine on the global object, and makes it when it is not there.
 */
export function watchEngine(made: (file: string) => void): void {
  // Above the global object, not on it: test runners copy what it owns into their sandboxes.
  const above = Object.getPrototypeOf(globalThis) as object;
  if (Object.hasOwn(globalThis, ENGINE_NAME) || above === Object.prototype) return;
  Object.defineProperty(above, ENGINE_NAME, {
    configurable: true,
    enumerable: false,
    get: () => undefined,
    // Sandboxes may stand below the same object (jest's do): each keeps the engine that it makes, and is watched elsewhere.
    set(this: object, engine: unknown) {
      Object.defineProperty(this, ENGINE_NAME, { value: engine, writable: true, enumerable: true, configurable: true });
      const file = this === globalThis ? callingFile() : undefined;
      if (file !== undefined) made(file);
    },
  });
}

/** The file that called the function that calls this one; past source maps, which would name the bundle's sources. */
function callingFile(): string | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error;
  Error.stackTraceLimit = 4;
  Error.prepareStackTrace = (_error, sites) => sites.map((site) => site.getFileName() ?? '');
  try {
    const file = (new Error().stack as unknown as readonly string[])[2];
    return file?.startsWith('file:') === true ? fileURLToPath(file) : file;
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}
