/**
 * The vendor's binding, built from the sources in its package, in the cache and not in node_modules:
 * a killed build leaves nothing behind there, and each TensorFlow version keeps its own.
 * A build per version, because the binding takes more than the C API from the headers: the layout of strings.
 */
import fs from 'node:fs';
import path from 'node:path';
import { withLock } from './lock.mjs';
import { newStaging, readJson, sha256OfFiles } from './paths.mjs';
import { SetupProblem } from './problem.mjs';
import { keepLog, run } from './run.mjs';
import { headerArguments, requireCompiler, requirePython, saysDiskFull, saysOffline } from './toolchain.mjs';
import { chooseNapi } from './vendor.mjs';

/** @typedef {import('./context.mjs').Context} Context */

/**
 * @param {Context['places']} places
 * @returns {{version: string, napi: number, folder: string, file: string}} of the installed package: where its binding belongs
 */
export function bindingOf(places) {
  const manifest = readJson(path.join(places.tfjs, 'package.json'));
  const binary = manifest?.binary;
  if (!Array.isArray(binary?.napi_versions)) throw new SetupProblem('unexpected', `${places.tfjs} is not the package that was expected: delete node_modules and run this again.`);
  const napi = chooseNapi(binary.napi_versions);
  const folder = path.join(places.tfjs, String(binary.module_path).replace('{napi_build_version}', String(napi)));
  return { version: manifest.version, napi, folder, file: path.join(folder, `${binary.module_name}.node`) };
}

/**
 * @param {Context} context
 * @param {string} tensorflow version
 * @param {string} library folder of that version in the cache
 * @returns {Promise<{file: string, built: 'now' | 'before'}>} the binding
 */
export async function ensureBinding(context, tensorflow, library) {
  const { places, progress } = context;
  const { version, napi } = bindingOf(places);
  const sources = ['binding.gyp', ...fs.readdirSync(path.join(places.tfjs, 'binding')).map((name) => path.join('binding', name))];
  const hash = sha256OfFiles(places.tfjs, sources).slice(0, 12);
  const folder = path.join(places.cache, 'bindings', `tfjs-node-${version}-napi${napi}-tensorflow-${tensorflow}-${process.arch}-${hash}`);
  const file = path.join(folder, 'tfjs_binding.node');
  if (fs.existsSync(file)) return { file, built: 'before' };
  requireCompiler(context.env);
  return withLock(`${folder}.lock`, {}, async () => {
    if (fs.existsSync(file)) return { file, built: 'before' };
    await progress.step(`TensorFlow binding: build for ${tensorflow}`, () => build(context, napi, library, folder));
    return { file, built: 'now' };
  });
}

/** @param {Context} context @param {number} napi @param {string} library @param {string} folder */
async function build({ places, env, verbose }, napi, library, folder) {
  const staging = newStaging(places);
  try {
    for (const name of ['binding', 'binding.gyp', 'package.json']) fs.cpSync(path.join(places.tfjs, name), path.join(staging, name), { recursive: true });
    fs.symlinkSync(path.join(library, 'deps'), path.join(staging, 'deps'));
    const out = path.join(staging, 'out');
    // These are what node-pre-gyp passes; it would build for six versions of N-API, and one is loaded.
    const variables = [`--napi_version=${process.versions['napi']}`, `--napi_build_version=${napi}`, `--module=${path.join(out, 'tfjs_binding.node')}`, '--module_name=tfjs_binding', `--module_path=${out}`];
    await nodeGyp(places, env, { cwd: staging, args: variables, log: 'build-binding', what: 'the TensorFlow binding', verbose });
    fs.mkdirSync(path.dirname(folder), { recursive: true });
    fs.rmSync(folder, { recursive: true, force: true });
    fs.renameSync(out, folder);
  } finally {
    fs.rmSync(staging, { recursive: true, force: true });
  }
}

/**
 * @param {Context['places']} places @param {NodeJS.ProcessEnv} env
 * @param {{cwd: string, args?: string[], log: string, what: string, verbose: boolean}} how
 */
export async function nodeGyp(places, env, { cwd, args = [], log: name, what, verbose }) {
  requireCompiler(env);
  const python = await requirePython(env);
  const gyp = [path.join(places.modules, 'node-gyp', 'bin', 'node-gyp.js'), path.join(places.modules, 'npm', 'node_modules', 'node-gyp', 'bin', 'node-gyp.js')].find((file) => fs.existsSync(file));
  if (gyp === undefined) throw new SetupProblem('missing', 'node-gyp is not in node_modules: run npm ci (with development dependencies) and run this again.');
  const headers = headerArguments(env);
  const { code, output } = await run(process.execPath, [gyp, 'rebuild', '--jobs=max', `--python=${python.path}`, ...headers, ...args], { cwd, env, verbose });
  if (code === 0) return;
  const log = keepLog(places.cache, name, output);
  if (saysDiskFull(output)) throw new SetupProblem('disk', `The disk filled up while building ${what}: free about 50 MB and run this again.`, { log });
  if (headers.length === 0 && saysOffline(output)) throw new SetupProblem('missing', `The headers of Node ${process.versions.node} are not on this machine and could not be downloaded: install them (Debian: apt install libnode-dev), or set npm_config_nodedir to the folder that holds include/node, and run this again.`, { log });
  throw new SetupProblem('build', `${what[0]?.toUpperCase()}${what.slice(1)} did not build: what the compiler said is in ${log}.`, { log });
}
