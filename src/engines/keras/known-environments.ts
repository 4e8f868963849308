import { existsSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder } from '../cache-folder.js';

/** The version that was asked about, and today's: scripts/keras-envs.mjs makes both. */
const NAMES = ['tf-2.0.0', 'keras-3'];

/** Pythons of environments that scripts/keras-envs.mjs has made and verified, and the names of those it has not. */
export function knownEnvironments(env: NodeJS.ProcessEnv = process.env): {
  readonly pythons: readonly string[];
  readonly missing: readonly string[];
} {
  const found = NAMES.map((name) => ({ name, python: environmentPython(name, env) }));
  return {
    pythons: found.flatMap(({ python }) => (python === null ? [] : [python])),
    missing: found.flatMap(({ name, python }) => (python === null ? [name] : [])),
  };
}

/** The Python of one of these environments; null where it was not made. */
export function environmentPython(name: string, env: NodeJS.ProcessEnv = process.env): string | null {
  const folder = path.join(cacheFolder(env), 'keras', name);
  const python = path.join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  return existsSync(path.join(folder, '.verified.json')) && existsSync(python) ? python : null;
}
