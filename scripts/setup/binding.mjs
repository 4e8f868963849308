import fs from 'node:fs';
import path from 'node:path';
import { bindingOf, ensureBinding } from './build-binding.mjs';
import { loadBinding } from './load-check.mjs';
import { readJson, stampFile, writeJson } from './paths.mjs';
import { SetupProblem } from './problem.mjs';
import { tryVendor } from './vendor.mjs';
import { DEFAULT_VERSION, thisHost, wheelPlatform } from './versions.mjs';
import { ensureLibrary } from './wheel.mjs';

/** @typedef {import('./context.mjs').Context} Context */
/** @typedef {'found' | 'vendor' | 'wheel'} Source who put the binding there */

/**
 * What was seen to work, and how to tell cheaply that it is still the same.
 * @typedef {object} BindingStamp
 * @property {string} tfjs version of the package
 * @property {string} tensorflow version of the library
 * @property {string} node version and ABI of the Node that loaded it
 * @property {Source} source
 * @property {Record<string, number>} files file that was linked or loaded → bytes
 */

const NODE = `${process.version} abi${process.versions.modules} ${process.arch}`;

/**
 * Without loading anything: TensorFlow alone takes longer to load than a no-op may take.
 * @param {Context['places']} places @param {string | undefined} requested
 * @returns {BindingStamp | undefined} the stamp, if it holds and is the version asked for
 */
export function freshBinding(places, requested) {
  /** @type {BindingStamp | undefined} */
  const stamp = readJson(stampFile(places, 'binding'));
  if (stamp === undefined || stamp.node !== NODE) return undefined;
  if (requested !== undefined && stamp.tensorflow !== requested) return undefined;
  if (stamp.tfjs !== bindingOf(places).version) return undefined;
  const same = Object.entries(stamp.files).every(([name, bytes]) => fs.statSync(name, { throwIfNoEntry: false })?.size === bytes);
  return same ? stamp : undefined;
}

/**
 * @param {Context} context @param {string | undefined} requested
 * @returns {Promise<BindingStamp>}
 */
export async function ensureTensorFlow(context, requested) {
  const { places } = context;
  const fresh = freshBinding(places, requested);
  if (fresh) return fresh;
  const found = await stampIfLoads(context, 'found', requested);
  if (found) return found;
  if (requested === undefined && await tryVendor(context)) {
    const vendors = await stampIfLoads(context, 'vendor', undefined);
    if (vendors) return vendors;
    context.progress.line('  --  what the vendor\'s installer left does not load: using the TensorFlow wheel instead');
  }
  return fromWheel(context, requested ?? DEFAULT_VERSION);
}

/**
 * @param {Context} context @param {Source} source @param {string | undefined} requested
 * @returns {Promise<BindingStamp | undefined>}
 */
async function stampIfLoads(context, source, requested) {
  const { places, env, progress } = context;
  if (!fs.existsSync(bindingOf(places).file)) return undefined;
  const loaded = await progress.step('TensorFlow binding: does it load?', () => loadBinding(places, env));
  if (!loaded.loads || (requested !== undefined && loaded.tensorflow !== requested)) return undefined;
  return writeStamp(places, source, loaded);
}

/** @param {Context['places']} places @param {Source} source @param {import('./load-check.mjs').Loaded} loaded */
function writeStamp(places, source, loaded) {
  const { version, file } = bindingOf(places);
  const lib = path.join(places.tfjs, 'deps', 'lib');
  const linked = fs.existsSync(lib) ? fs.readdirSync(lib).map((name) => path.join(lib, name)).filter((name) => fs.existsSync(name)) : [];
  const files = Object.fromEntries([file, ...linked, ...loaded.libraries].map((name) => [name, fs.statSync(name).size]));
  /** @type {BindingStamp} */
  const stamp = { tfjs: version, tensorflow: loaded.tensorflow, node: NODE, source, files };
  writeJson(stampFile(places, 'binding'), stamp);
  return stamp;
}

/** @param {Context} context @param {string} version */
async function fromWheel(context, version) {
  wheelPlatform(thisHost());
  if (context.places.tfjs.endsWith('-gpu')) throw new SetupProblem('missing', 'The library of @tensorflow/tfjs-node-gpu does not load, and only its vendor\'s installer has one with CUDA: let that reach its download host, or install @tensorflow/tfjs-node for the CPU, and run this again.');
  const library = await ensureLibrary(context, version);
  let binding = await ensureBinding(context, version, library);
  let loaded = await selectAndLoad(context, library, binding.file);
  if (!loaded.loads && binding.built === 'before') {
    // A cache shared between machines, or a compiler since replaced: build once more before giving up.
    fs.rmSync(path.dirname(binding.file), { recursive: true, force: true });
    binding = await ensureBinding(context, version, library);
    loaded = await selectAndLoad(context, library, binding.file);
  }
  if (loaded.loads === false) throw new SetupProblem('verification', `TensorFlow ${version} was built and does not load (${loaded.reason}): try another version with --tensorflow, or delete ${context.places.cache} and run this again.`);
  return writeStamp(context.places, 'wheel', loaded);
}

/** @param {Context} context @param {string} library @param {string} binding */
async function selectAndLoad({ places, env, progress }, library, binding) {
  return progress.step('TensorFlow binding: put in place and load', async () => {
    select(places, library, binding);
    return loadBinding(places, env);
  });
}

/**
 * Puts a library and its binding into the package. The stamp goes first and comes back last, so that
 * dying between the two steps is noticed by the next run.
 * @param {Context['places']} places @param {string} library @param {string} binding
 */
export function select(places, library, binding) {
  fs.rmSync(stampFile(places, 'binding'), { force: true });
  const { folder, file } = bindingOf(places);
  const deps = path.join(places.tfjs, 'deps');
  const link = `${deps}.new`;
  fs.rmSync(link, { force: true });
  fs.symlinkSync(path.join(library, 'deps'), link);
  // A folder cannot be replaced by a link in one step, a link by a link can.
  if (!fs.lstatSync(deps, { throwIfNoEntry: false })?.isSymbolicLink()) fs.rmSync(deps, { recursive: true, force: true });
  fs.renameSync(link, deps);
  // A copy and not a link: the binding looks for the library beside its own real path. Renamed into
  // place, because overwriting a file that a running program has mapped would crash that program.
  fs.mkdirSync(folder, { recursive: true });
  fs.copyFileSync(binding, `${file}.new`);
  fs.renameSync(`${file}.new`, file);
}
