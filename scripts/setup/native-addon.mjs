import fs from 'node:fs';
import path from 'node:path';
import { compile } from './compile.mjs';
import { readJson, sha256OfFiles, stampFile, writeJson } from './paths.mjs';
import { SetupProblem } from './problem.mjs';

/** @typedef {import('./context.mjs').Context} Context */

const SOURCES = ['addon.c', 'interpose.c', 'library.c', 'got.c'];

/**
 * The session add-on: C and N-API only; neither TensorFlow's headers nor its library are needed.
 * @param {string} folder of the sources @param {string} out @returns {import('./compile.mjs').Unit}
 */
export function addonUnit(folder, out) {
  return {
    language: 'c',
    what: 'the native add-on',
    log: 'build-native',
    out,
    sources: SOURCES.map((name) => path.join(folder, name)),
    // nodelete: a worker's end must not unmap functions that the binding still points to.
    flags: ['-std=gnu11', '-Wall', '-Wextra', '-fvisibility=hidden', '-DNAPI_VERSION=8', '-D_GNU_SOURCE', '-Wl,-z,nodelete', '-Wl,-z,lazy', '-s'],
    libraries: ['-ldl'],
  };
}

/** One hash of all that it is made of. @param {string} folder */
export function addonSources(folder) {
  return sha256OfFiles(folder, [...SOURCES, 'session.h']);
}

/** @param {Context['places']} places */
function keyOf(places) {
  return `${addonSources(places.native)} abi${process.versions.modules} ${process.arch}`;
}

/** Where node-gyp-build looks first. @param {Context['places']} places */
function builtFile(places) {
  return path.join(places.native, 'build', 'Release', 'inferscope_session.node');
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
  if (!fs.existsSync(path.join(places.native, 'addon.c'))) return true;
  if (binariesIn(path.join(places.native, 'prebuilds', `${process.platform}-${process.arch}`)) > 0) return true;
  return readJson(stampFile(places, 'native'))?.key === keyOf(places) && fs.existsSync(builtFile(places));
}

/**
 * Our own add-on. Everything but the view into session runs works without it, so a failure is a warning.
 * @param {Context} context
 */
export async function ensureNative(context) {
  const { places, progress } = context;
  if (process.platform !== 'linux' || nativeFresh(places)) return;
  const key = keyOf(places);
  try {
    await progress.step('native add-on: build', () => compile(context, addonUnit(places.native, builtFile(places))));
    writeJson(stampFile(places, 'native'), { key });
  } catch (error) {
    if (!(error instanceof SetupProblem)) throw error;
    progress.line(`Warning: operations inside session runs will not be visible. ${error.message}`);
  }
}
