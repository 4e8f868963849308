/** Copies of tfjs that a program has loaded and whose calls cannot be seen: named, so that no silence passes for an answer. */
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** A copy of tfjs whose classes cannot be reached. */
export type UnseenCopy = { readonly file: string } &
  /** `bundled`: inside a file that does not export it; `loader`: loaded by something that shows us no source; `unknown`: not as we know it. */
  ({ readonly reason: 'bundled' | 'loader' | 'unknown' } | { readonly reason: 'failed'; readonly message: string });

const ENGINE_NAME = '_tfengine';
const FILE_NAME = 'unseen-copies.jsonl';

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

/** Notes a copy in a run folder, for the process that reports. */
export function noteUnseen(folder: string, copy: UnseenCopy): void {
  mkdirSync(folder, { recursive: true });
  appendFileSync(path.join(folder, FILE_NAME), `${JSON.stringify(copy)}\n`);
}

/** The copies that the processes of a run have noted, each once. */
export function unseenCopies(folder: string): UnseenCopy[] {
  let text = '';
  try {
    text = readFileSync(path.join(folder, FILE_NAME), 'utf8');
  } catch {
    return [];
  }
  const lines = new Set(text.split('\n').filter((line) => line !== ''));
  return [...lines].map((line) => JSON.parse(line) as UnseenCopy);
}

/** Which copy it is, why its calls are not there, and what helps. */
export function unseenSentence(copy: UnseenCopy): string {
  const { file } = copy;
  const whose = `${path.relative(process.cwd(), file)}${packageOf(file)}`;
  switch (copy.reason) {
    case 'bundled':
      return `Calls of the TensorFlow.js that is bundled into ${whose} are not recorded: build it with @tensorflow/* left external (esbuild: --external:@tensorflow/*), or export tf from it.`;
    case 'loader':
      return `Calls of the TensorFlow.js in ${whose} are not recorded, because it came past require: build with @tensorflow/* left external, or load @tensorflow/tfjs-node with require.`;
    case 'unknown':
      return `Calls of the TensorFlow.js in ${whose} are not recorded: Inferscope does not know this version; it knows 4.0 to 4.22.`;
    case 'failed':
      return `Calls of the TensorFlow.js in ${whose} are not recorded, because it could not be instrumented (${copy.message}): run with --verbose, and report it.`;
  }
}

/** Name and version of the package that a file belongs to, in brackets. */
function packageOf(file: string): string {
  for (let folder = path.dirname(file); folder !== path.dirname(folder); folder = path.dirname(folder)) {
    try {
      const { name, version } = createRequire(file)(path.join(folder, 'package.json')) as {
        readonly name?: string;
        readonly version?: string;
      };
      if (name !== undefined) return ` (${name}${version === undefined ? '' : ` ${version}`})`;
    } catch {
      // The next folder up.
    }
  }
  return '';
}
