import fs from 'node:fs';
import path from 'node:path';
import { freshBinding } from './binding.mjs';
import { bindingOf } from './build-binding.mjs';
import { freeBytes } from './disk.mjs';
import { loadBinding } from './load-check.mjs';
import { nativeFresh } from './native-addon.mjs';
import { packagesFresh } from './npm-packages.mjs';
import { megabytes } from './progress.mjs';
import { findCompiler, findPip, findPython } from './toolchain.mjs';
import { DEFAULT_VERSION } from './versions.mjs';

/** @typedef {import('./context.mjs').Context} Context */

/** What to type. */
export const COMMANDS = Object.freeze({ clone: 'npm run setup', project: 'npx inferscope setup' });

/**
 * What is there, changing nothing.
 * @param {Context} context @param {string | undefined} requested
 */
export async function report({ places, env, where }, requested) {
  const packages = where === 'clone' ? packagesFresh(places) : fs.existsSync(path.join(places.tfjs, 'package.json'));
  const tensorflow = packages ? await bindingState(places, env, requested) : { state: 'missing' };
  const native = packages && nativeFresh(places);
  const python = await findPython(env);
  const pip = python && await findPip(python, env);
  return {
    ready: packages && tensorflow.state === 'works',
    packages: packages ? 'fresh' : 'to be installed',
    command: COMMANDS[where],
    tensorflow: { ...tensorflow, wanted: requested ?? null, default: DEFAULT_VERSION },
    nativeAddon: native ? 'fresh' : 'to be built',
    tools: { node: process.version, python: python ? `${python.path} ${python.version}` : null, pip: pip?.join(' ') ?? null, compiler: findCompiler(env) ?? null },
    cache: { folder: places.cache, freeBytes: freeBytes(places.cache), versions: cachedVersions(places) },
  };
}

/** @param {Context['places']} places @param {NodeJS.ProcessEnv} env @param {string | undefined} requested */
async function bindingState(places, env, requested) {
  const stamp = freshBinding(places, requested);
  if (stamp) return { state: 'works', version: stamp.tensorflow, source: stamp.source };
  if (!fs.existsSync(bindingOf(places).file)) return { state: 'missing' };
  const loaded = await loadBinding(places, env);
  if (loaded.loads === false) return { state: 'broken', reason: loaded.reason };
  return { state: requested === undefined || requested === loaded.tensorflow ? 'works' : 'another version', version: loaded.tensorflow };
}

/** @param {Context['places']} places */
function cachedVersions(places) {
  try {
    const folder = path.join(places.cache, 'tensorflow');
    return fs.readdirSync(folder).filter((name) => fs.existsSync(path.join(folder, name, 'wheel.json')));
  } catch {
    return [];
  }
}

/** @param {Awaited<ReturnType<typeof report>>} state @returns {string} */
export function reportText(state) {
  const { tensorflow, tools, cache } = state;
  const lines = [
    `npm packages   ${state.packages}`,
    `TensorFlow     ${[tensorflow.state, tensorflow.version, tensorflow.reason].filter(Boolean).join(', ')}`,
    `native add-on  ${state.nativeAddon}`,
    ...Object.entries(tools).map(([name, value]) => `${name.padEnd(14)} ${value ?? 'not found'}`),
    `cache          ${cache.folder} (${megabytes(cache.freeBytes)} free; ${cache.versions.join(', ') || 'empty'})`,
    state.ready ? 'Ready.' : `Not ready: run \`${state.command}\`.`,
  ];
  return `${lines.join('\n')}\n`;
}
