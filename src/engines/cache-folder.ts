import os from 'node:os';
import path from 'node:path';

/** Where what is downloaded and built is kept: the same folder as scripts/setup/paths.mjs gives, which runs before there is a build. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env['INFERSCOPE_CACHE']) return path.resolve(env['INFERSCOPE_CACHE']);
  const home = env['HOME'] || os.homedir();
  // The XDG specification says to ignore a relative path.
  const base = env['XDG_CACHE_HOME'] && path.isAbsolute(env['XDG_CACHE_HOME']) ? env['XDG_CACHE_HOME'] : path.join(home, '.cache');
  return path.join(base, 'inferscope');
}
