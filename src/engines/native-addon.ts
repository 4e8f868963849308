import { createRequire } from 'node:module';
import { messageOf, SETUP_COMMAND } from '../model/errors.js';

/** A native add-on of ours, or the reason (a sentence with the remedy) why stage spans have to do. */
export type AddonStatus<Addon> =
  { readonly status: 'ready'; readonly addon: Addon; readonly path: string } | { readonly status: 'unavailable'; readonly reason: string };

export interface AddonFile<Addon> {
  /** Where `build/Release` or `prebuilds` are. */
  readonly directory: string;
  /** How a sentence names it: `session add-on`. */
  readonly name: string;
  /** What it makes visible: `operations inside a session run`. */
  readonly shows: string;
  /** Of `dlopen`; default Node's own. */
  readonly flags?: number;
  /** Functions by which it is known to be this one. */
  readonly exports: readonly (keyof Addon)[];
}

interface NodeGypBuild {
  path(directory: string): string;
}

const require = createRequire(import.meta.url);

/** Loads an add-on into this environment (main thread or worker). Never throws, and is harmless when it is loaded already. */
export function loadNativeAddon<Addon>({ directory, name, shows, flags, exports: known }: AddonFile<Addon>): AddonStatus<Addon> {
  if (process.platform !== 'linux') return unavailable(`${shows} are only seen on Linux, this is ${process.platform}`);
  const path = findBinary(directory);
  if (path === null)
    return unavailable(`the ${name} is not built for ${process.platform}-${process.arch}: run ${SETUP_COMMAND} (needs a C compiler)`);
  const holder: { exports: Partial<Addon> } = { exports: {} };
  try {
    if (flags === undefined) process.dlopen(holder, path);
    else process.dlopen(holder, path, flags);
  } catch (error) {
    return unavailable(`the ${name} ${path} could not be loaded (${messageOf(error)}): remove that file and run ${SETUP_COMMAND}`);
  }
  const { exports } = holder;
  if (known.some((name) => exports[name] === undefined))
    return unavailable(`${path} is not the ${name}: remove that file and run ${SETUP_COMMAND}`);
  return { status: 'ready', addon: exports as Addon, path };
}

function findBinary(directory: string): string | null {
  try {
    return (require('node-gyp-build') as NodeGypBuild).path(directory);
  } catch {
    return null;
  }
}

const unavailable = (reason: string) => ({ status: 'unavailable', reason }) as const;
