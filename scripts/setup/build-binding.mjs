/**
 * The vendor's binding, built from the sources in its package, in the cache and not in node_modules:
 * a killed build leaves nothing behind there, and each TensorFlow version keeps its own.
 * A build per version, because the binding takes more than the C API from the headers: the layout of strings.
 */
import fs from 'node:fs';
import path from 'node:path';
import { compile } from './compile.mjs';
import { withLock } from './lock.mjs';
import { newStaging, readJson, sha256OfFiles } from './paths.mjs';
import { SetupProblem } from './problem.mjs';
import { compilerWords } from './toolchain.mjs';
import { chooseNapi } from './vendor.mjs';

/** @typedef {import('./context.mjs').Context} Context */

/**
 * @param {Context['places']} places
 * @returns {{version: string, napi: number, folder: string, file: string}} of the installed package: where its binding belongs
 */
export function bindingOf(places) {
  const manifest = readJson(path.join(places.tfjs, 'package.json'));
  const binary = manifest?.binary;
  if (!Array.isArray(binary?.napi_versions)) throw new SetupProblem('unexpected', `${places.tfjs} is not the package that was expected: delete it and run this again.`);
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
  const sources = fs.readdirSync(path.join(places.tfjs, 'binding')).map((name) => path.join('binding', name));
  const hash = sha256OfFiles(places.tfjs, sources).slice(0, 12);
  const folder = path.join(places.cache, 'bindings', `tfjs-node-${version}-napi${napi}-tensorflow-${tensorflow}-${process.arch}-${hash}`);
  const file = path.join(folder, 'tfjs_binding.node');
  if (fs.existsSync(file)) return { file, built: 'before' };
  compilerWords(context.env);
  return withLock(`${folder}.lock`, {}, async () => {
    if (fs.existsSync(file)) return { file, built: 'before' };
    await progress.step(`TensorFlow binding: build for ${tensorflow}`, () => build(context, napi, library, folder));
    return { file, built: 'now' };
  });
}

/**
 * Only Linux has wheels, so its part of the package's binding.gyp is all that is needed.
 * @param {Context} context
 * @param {number} napi
 * @param {string} library
 * @param {string} folder
 */
async function build(context, napi, library, folder) {
  const staging = newStaging(context.places);
  try {
    const sources = path.join(context.places.tfjs, 'binding');
    const out = path.join(staging, 'out');
    await compile(context, {
      language: 'c++',
      what: 'the TensorFlow binding',
      log: 'build-binding',
      out: path.join(out, 'tfjs_binding.node'),
      sources: fs.readdirSync(sources).filter((name) => name.endsWith('.cc')).map((name) => path.join(sources, name)),
      // C++17: the headers of TensorFlow 2.16 and later.
      flags: ['-std=c++17', '-w', `-DNAPI_VERSION=${napi}`, `-I${path.join(library, 'deps', 'include')}`],
      libraries: [`-L${path.join(library, 'deps', 'lib')}`, '-Wl,-rpath,$ORIGIN/../../deps/lib', '-ltensorflow', '-ltensorflow_framework'],
    });
    fs.mkdirSync(path.dirname(folder), { recursive: true });
    fs.rmSync(folder, { recursive: true, force: true });
    fs.renameSync(out, folder);
  } finally {
    fs.rmSync(staging, { recursive: true, force: true });
  }
}
