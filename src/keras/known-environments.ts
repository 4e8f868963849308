import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** The version that was asked about, and today's: scripts/keras-envs.mjs makes both. */
const NAMES = ['tf-2.0.0', 'keras-3'];

/** Pythons of environments that scripts/keras-envs.mjs has made and verified, and the names of those it has not. */
export function knownEnvironments(env: NodeJS.ProcessEnv = process.env): { readonly pythons: readonly string[]; readonly missing: readonly string[] } {
  const root = path.join(env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache'), 'inferscope', 'keras');
  const python = (name: string): string => path.join(root, name, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const ready = (name: string): boolean => existsSync(path.join(root, name, '.verified.json')) && existsSync(python(name));
  return { pythons: NAMES.filter(ready).map(python), missing: NAMES.filter((name) => !ready(name)) };
}
