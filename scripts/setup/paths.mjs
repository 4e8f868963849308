import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/**
 * Where everything is.
 * @typedef {object} Places
 * @property {string} root the clone of Inferscope, or the user's project
 * @property {string} modules the node_modules that tfjs-node is in
 * @property {string} tfjs the package with the binding's sources
 * @property {string} native folder of the engines, with the sources of our add-ons
 * @property {string} stamps notes of what was done, inside node_modules so that they vanish with it
 * @property {string} cache downloads and builds, outside the repository
 */

/** @param {string} root @param {NodeJS.ProcessEnv} env @param {string} [native] @returns {Places} */
export function placesOf(root, env, native = path.join(root, 'src/engines')) {
  const tfjs = tfjsFolder(root);
  const modules = path.dirname(path.dirname(tfjs));
  return { root, modules, tfjs, native, stamps: path.join(modules, '.inferscope'), cache: cacheFolder(env) };
}

/**
 * Where Node would find it from the project: here, above (workspaces), or where a link leads (pnpm). The GPU package
 * only where there is no other.
 * @param {string} root @returns {string} need not exist
 */
function tfjsFolder(root) {
  for (const name of ['tfjs-node', 'tfjs-node-gpu']) {
    for (let at = root; ; at = path.dirname(at)) {
      const folder = path.join(at, 'node_modules', '@tensorflow', name);
      if (fs.existsSync(path.join(folder, 'package.json'))) return fs.realpathSync(folder);
      if (path.dirname(at) === at) break;
    }
  }
  return path.join(root, 'node_modules', '@tensorflow', 'tfjs-node');
}

/** Downloads and builds, outside the repository. @param {NodeJS.ProcessEnv} env @returns {string} */
export function cacheFolder(env) {
  if (env['INFERSCOPE_CACHE']) return path.resolve(env['INFERSCOPE_CACHE']);
  const home = env['HOME'] || os.homedir();
  // The XDG specification says to ignore a relative path.
  const base = env['XDG_CACHE_HOME'] && path.isAbsolute(env['XDG_CACHE_HOME']) ? env['XDG_CACHE_HOME'] : path.join(home, '.cache');
  return path.join(base, 'inferscope');
}

/** @param {string} file @returns {any} undefined when it is absent or was cut short */
export function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Whole or not at all, whenever the process dies. @param {string} file @param {unknown} value */
export function writeJson(file, value) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.tmp`;
  fs.writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`);
  fs.renameSync(draft, file);
}

/** @param {Places} places @param {'npm' | 'binding' | 'native'} name */
export function stampFile(places, name) {
  return path.join(places.stamps, `${name}.json`);
}

/** @param {string | Buffer} data */
export function sha256(data) {
  return createHash('sha256').update(data).digest('hex');
}

/** @param {string} file @returns {Promise<string>} */
export async function sha256OfFile(file) {
  const hash = createHash('sha256');
  for await (const chunk of fs.createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}

/** One hash over the names and contents of files. @param {string} folder @param {readonly string[]} names */
export function sha256OfFiles(folder, names) {
  const hash = createHash('sha256');
  for (const name of [...names].sort()) hash.update(`${name}\0`).update(fs.readFileSync(path.join(folder, name))).update('\0');
  return hash.digest('hex');
}

/**
 * A new folder for unfinished work. Its name holds our pid, so that what a killed setup left is recognised.
 * @param {Places} places
 */
export function newStaging(places) {
  const parent = path.join(places.cache, 'staging');
  fs.mkdirSync(parent, { recursive: true });
  for (const name of fs.readdirSync(parent)) {
    if (!isAlive(Number(name.split('-')[0]))) fs.rmSync(path.join(parent, name), { recursive: true, force: true });
  }
  return fs.mkdtempSync(path.join(parent, `${process.pid}-`));
}

/** @param {number} pid */
export function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
