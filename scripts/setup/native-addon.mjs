import fs from 'node:fs';
import path from 'node:path';
import { nodeGyp } from './build-binding.mjs';
import { readJson, sha256OfFiles, stampFile, writeJson } from './paths.mjs';
import { SetupProblem } from './problem.mjs';

/** @typedef {import('./context.mjs').Context} Context */

/** @param {Context['places']} places */
function folderOf(places) {
  return path.join(places.root, 'src', 'native');
}

/** @param {Context['places']} places */
function keyOf(places) {
  const folder = folderOf(places);
  const sources = fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile() && /\.(c|cc|cpp|h|gyp|gypi)$/.test(entry.name)).map((entry) => entry.name);
  return `${sha256OfFiles(folder, sources)} abi${process.versions.modules} ${process.arch}`;
}

/** @param {Context['places']} places @returns {boolean} built, or there is none to build */
export function nativeFresh(places) {
  if (!fs.existsSync(path.join(folderOf(places), 'binding.gyp'))) return true;
  return readJson(stampFile(places, 'native'))?.key === keyOf(places) && builtFiles(places).length > 0;
}

/** @param {Context['places']} places */
function builtFiles(places) {
  try {
    return fs.readdirSync(path.join(folderOf(places), 'build', 'Release')).filter((name) => name.endsWith('.node'));
  } catch {
    return [];
  }
}

/**
 * Our own add-on. Everything but the view into session runs works without it, so a failure is a warning.
 * @param {Context} context
 */
export async function ensureNative(context) {
  const { places, env, progress, verbose } = context;
  if (nativeFresh(places)) return;
  const key = keyOf(places);
  try {
    await progress.step('native add-on: build', () => nodeGyp(places, env, { cwd: folderOf(places), log: 'build-native', what: 'the native add-on', verbose }));
    writeJson(stampFile(places, 'native'), { key });
  } catch (error) {
    if (!(error instanceof SetupProblem)) throw error;
    progress.line(`Warning: operations inside session runs will not be visible. ${error.message}`);
  }
}
