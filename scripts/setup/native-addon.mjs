import fs from 'node:fs';
import path from 'node:path';
import { compile } from './compile.mjs';
import { readJson, sha256OfFiles, stampFile, writeJson } from './paths.mjs';
import { SetupProblem } from './problem.mjs';

/** @typedef {import('./context.mjs').Context} Context */

/**
 * @typedef {object} Addon one library that Node loads to see inside an engine
 * @property {string} name of the file
 * @property {string} folder of its sources below `places.native`; its `prebuilds/` and `build/` are where node-gyp-build looks
 * @property {readonly string[]} sources
 * @property {readonly string[]} headers
 */

/** C and N-API only: neither the engines' headers nor their libraries are needed. @type {readonly Addon[]} */
export const ADDONS = [
  {
    name: 'inferscope_session',
    folder: 'tensorflow/native',
    sources: ['tensorflow/native/addon.c', 'tensorflow/native/interpose.c', 'tensorflow/native/library.c', 'tensorflow/native/got.c', 'native/elf.c', 'native/environment.c'],
    headers: ['tensorflow/native/session.h', 'native/elf.h', 'native/environment.h'],
  },
  {
    name: 'inferscope_onnx',
    folder: 'onnxruntime/native',
    sources: ['onnxruntime/native/addon.c', 'onnxruntime/native/table.c', 'onnxruntime/native/clock.c', 'native/elf.c', 'native/environment.c'],
    headers: ['onnxruntime/native/onnx.h', 'native/elf.h', 'native/environment.h'],
  },
];

/**
 * @param {Addon} addon
 * @param {string} engines the folder that holds the sources
 * @param {string} out
 * @returns {import('./compile.mjs').Unit}
 */
export function addonUnit({ name, sources }, engines, out) {
  return {
    language: 'c',
    what: `the native add-on ${name}`,
    log: `build-${name}`,
    out,
    sources: sources.map((file) => path.join(engines, file)),
    // nodelete: a worker's end must not unmap functions that the binding still points to.
    flags: ['-std=gnu11', '-Wall', '-Wextra', '-fvisibility=hidden', '-DNAPI_VERSION=8', '-D_GNU_SOURCE', '-Wl,-z,nodelete', '-Wl,-z,lazy', '-s'],
    libraries: ['-ldl'],
  };
}

/** One hash of all that it is made of. @param {Addon} addon @param {string} engines */
export function addonSources({ sources, headers }, engines) {
  return sha256OfFiles(engines, [...sources, ...headers]);
}

/** @param {Addon} addon @param {Context['places']} places */
function keyOf(addon, places) {
  return `${addonSources(addon, places.native)} abi${process.versions.modules} ${process.arch}`;
}

/** Where node-gyp-build looks first. @param {Addon} addon @param {Context['places']} places */
function builtFile({ name, folder }, places) {
  return path.join(places.native, folder, 'build', 'Release', `${name}.node`);
}

/** @param {string} folder */
function binariesIn(folder) {
  try {
    return fs.readdirSync(folder).filter((name) => name.endsWith('.node')).length;
  } catch {
    return 0;
  }
}

/** @param {Context['places']} places @returns {boolean} built, or there is none to build */
export function nativeFresh(places) {
  return ADDONS.every((addon) => isFresh(addon, places));
}

/** @param {Addon} addon @param {Context['places']} places */
function isFresh(addon, places) {
  if (!fs.existsSync(path.join(places.native, addon.folder, 'addon.c'))) return true;
  if (binariesIn(path.join(places.native, addon.folder, 'prebuilds', `${process.platform}-${process.arch}`)) > 0) return true;
  return stampOf(places)[addon.name] === keyOf(addon, places) && fs.existsSync(builtFile(addon, places));
}

/** What was built, by the add-on's name. @param {Context['places']} places @returns {Record<string, unknown>} */
function stampOf(places) {
  return readJson(stampFile(places, 'native')) ?? {};
}

/**
 * Our own add-ons. Everything but the view into session runs works without them, so a failure is a warning.
 * @param {Context} context
 */
export async function ensureNative(context) {
  const { places, progress } = context;
  if (process.platform !== 'linux') return;
  for (const addon of ADDONS.filter((each) => !isFresh(each, places))) {
    const key = keyOf(addon, places);
    try {
      await progress.step(`native add-on ${addon.name}: build`, () => compile(context, addonUnit(addon, places.native, builtFile(addon, places))));
      writeJson(stampFile(places, 'native'), { ...stampOf(places), [addon.name]: key });
    } catch (error) {
      if (!(error instanceof SetupProblem)) throw error;
      progress.line(`Warning: operations inside session runs will not be visible. ${error.message}`);
    }
  }
}
