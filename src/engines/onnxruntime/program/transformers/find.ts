import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { callingFiles } from '../../../calling-files.js';

/** A copy of transformers.js that the program has loaded. */
export type FoundTransformers = { readonly file: string } & (
  | {
      readonly kind: 'package';
      /** Its exports: it is loaded already, so that nothing is loaded for us. */
      exports(): Promise<Exports> | Exports;
    }
  /** Inside a file of the program's, which keeps its classes to itself. */
  | { readonly kind: 'bundled' }
);

export type Exports = Readonly<Record<string, unknown>>;

const FILE = /^(.*[\\/]@(?:huggingface|xenova)[\\/]transformers)[\\/](dist|src)[\\/]/;
const MAX_FRAMES = 30;

/**
 * transformers.js among the callers of the function that calls this one: it makes its sessions itself. `carriers`: of files that
 * were looked at before, whether they carry it.
 */
export function callingTransformers(carriers: Map<string, boolean>): FoundTransformers | undefined {
  const names = callingFiles(MAX_FRAMES);
  return firstOf(names, packaged) ?? firstOf(names, (name) => bundled(name, carriers));
}

function firstOf(names: readonly string[], look: (name: string) => FoundTransformers | undefined): FoundTransformers | undefined {
  for (const name of names) {
    const found = look(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

const pathOf = (name: string): string => (name.startsWith('file:') ? fileURLToPath(name) : name);

function packaged(name: string): FoundTransformers | undefined {
  const file = pathOf(name);
  const [, folder, part] = FILE.exec(file) ?? [];
  if (folder === undefined) return undefined;
  // Built, it is one file; of the sources, one brings all classes together.
  const entry = part === 'dist' ? file : path.join(folder, 'src/transformers.js');
  if (!name.startsWith('file:')) return { kind: 'package', file: entry, exports: () => createRequire(entry)(entry) as Exports };
  const url = part === 'dist' ? name : pathToFileURL(entry).href;
  return { kind: 'package', file: entry, exports: () => import(url) as Promise<Exports> };
}

/** What its downloads say of themselves: a bundler keeps this text, whatever names it shortens. */
const MARK = /transformers\.js\/.{1,60}; is_ci\//;
/** Packages whose files are on the way from a program to its session, whatever the program is. */
const RUNTIME = /[\\/]node_modules[\\/]onnxruntime-/;
const MAX_BUNDLE_BYTES = 64 * 2 ** 20;

function bundled(name: string, carriers: Map<string, boolean>): FoundTransformers | undefined {
  if (name === '' || name.startsWith('node:') || RUNTIME.test(name)) return undefined;
  const file = pathOf(name);
  const carries = carriers.get(file) ?? carriesTransformers(file);
  carriers.set(file, carries);
  return carries ? { kind: 'bundled', file } : undefined;
}

function carriesTransformers(file: string): boolean {
  try {
    return statSync(file).size <= MAX_BUNDLE_BYTES && MARK.test(readFileSync(file, 'latin1'));
  } catch {
    // Not a file: a text that was evaluated.
    return false;
  }
}
