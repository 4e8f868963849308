import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** A copy of transformers.js that the program has loaded. */
export interface FoundTransformers {
  readonly file: string;
  /** Its exports: it is loaded already, so that nothing is loaded for us. */
  exports(): Promise<Exports> | Exports;
}

export type Exports = Readonly<Record<string, unknown>>;

const FILE = /^(.*[\\/]@(?:huggingface|xenova)[\\/]transformers)[\\/](dist|src)[\\/]/;

/** transformers.js among the callers of the function that calls this one: it makes its sessions itself. */
export function callingTransformers(): FoundTransformers | undefined {
  for (const name of callingFiles()) {
    const isModule = name.startsWith('file:');
    const file = isModule ? fileURLToPath(name) : name;
    const [, folder, part] = FILE.exec(file) ?? [];
    if (folder === undefined) continue;
    // Built, it is one file; of the sources, one brings all classes together.
    const entry = part === 'dist' ? file : path.join(folder, 'src/transformers.js');
    if (!isModule) return { file: entry, exports: () => createRequire(entry)(entry) as Exports };
    const url = part === 'dist' ? name : pathToFileURL(entry).href;
    return { file: entry, exports: () => import(url) as Promise<Exports> };
  }
  return undefined;
}

const MAX_FRAMES = 30;

/** Files of all callers, as they are loaded: past source maps, which would name what they were built of. */
function callingFiles(): readonly string[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  Error.stackTraceLimit = MAX_FRAMES;
  Error.prepareStackTrace = (_error, sites) => sites.map((site) => site.getFileName() ?? '');
  try {
    return new Error().stack as unknown as readonly string[];
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}
