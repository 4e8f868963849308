/**
 * The TensorFlow library out of its Python wheel. In the cache, one folder a version:
 *   tensorflow/2.18.1-x64/wheel.json            what it is; the folder appears when all is in it
 *                        /tensorflow/...        as in the wheel: two libraries, headers of the C API
 *                        /deps/{include,lib}    links that look like the vendor's libtensorflow package
 */
import fs from 'node:fs';
import path from 'node:path';
import { requireSpace } from './disk.mjs';
import { withLock } from './lock.mjs';
import { newStaging, readJson, sha256OfFile, writeJson } from './paths.mjs';
import { downloadWheel, hashFromIndex } from './pip.mjs';
import { SetupProblem } from './problem.mjs';
import { keepLog, run, which } from './run.mjs';
import { compilerWords, requirePip, requirePython, saysDiskFull } from './toolchain.mjs';
import { pinOf, thisHost, wheelPlatform } from './versions.mjs';

/** @typedef {import('./context.mjs').Context} Context */

/** Name in the package → name in the wheel. The framework library is asked for by both names. */
const LINKS = [
  ['libtensorflow.so', 'libtensorflow_cc.so.2'],
  ['libtensorflow.so.2', 'libtensorflow_cc.so.2'],
  ['libtensorflow_cc.so.2', 'libtensorflow_cc.so.2'],
  ['libtensorflow_framework.so', 'libtensorflow_framework.so.2'],
  ['libtensorflow_framework.so.2', 'libtensorflow_framework.so.2'],
];
const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

/** Only the headers that the C API can reach: all of them would be 150 MB in 10,000 files. */
const UNPACK = `
import re, sys, zipfile
keep = re.compile(r'tensorflow/(libtensorflow_(cc|framework)\\.so\\.2|include/(tensorflow|tsl|xla)/(.*/)?(c|platform)/.*\\.h)$')
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for item in wheel.infolist():
        if keep.match(item.filename):
            wheel.extract(item, sys.argv[2])
`;

/** @param {Context['places']} places @param {string} version */
export function libraryFolder(places, version) {
  return path.join(places.cache, 'tensorflow', `${version}-${process.arch}`);
}

/** @param {string} folder @returns {boolean} is the library there and whole? */
export function libraryComplete(folder) {
  const sizes = readJson(path.join(folder, 'wheel.json'))?.sizes;
  if (sizes === undefined) return false;
  return LIBRARIES.every((name) => fs.statSync(path.join(folder, 'tensorflow', name), { throwIfNoEntry: false })?.size === sizes[name]);
}

/** @param {Context} context @param {string} version @returns {Promise<string>} the folder in the cache */
export async function ensureLibrary(context, version) {
  const folder = libraryFolder(context.places, version);
  if (libraryComplete(folder)) return folder;
  const onWait = (/** @type {number} */ pid) => context.progress.line(`  ... another setup (process ${pid}) is fetching TensorFlow ${version}: waiting for it`);
  await withLock(`${folder}.lock`, { onWait }, async () => {
    if (!libraryComplete(folder)) await fetchLibrary(context, version, folder);
  });
  return folder;
}

/** @param {Context} context @param {string} version @param {string} folder */
async function fetchLibrary(context, version, folder) {
  const { places, env, progress } = context;
  const platform = wheelPlatform(thisHost());
  const python = await requirePython(env);
  const pip = await requirePip(python, env);
  // Needed only after the download, but nobody wants to hear of it 200 MB later.
  compilerWords(env);
  const pin = pinOf(version, platform.machine);
  requireSpace(places.cache, (pin?.wheelBytes ?? 350e6) + (pin?.libraryBytes ?? 1000e6) + 50e6);
  const staging = newStaging(places);
  try {
    const request = { pip, version, platform, staging };
    const expected = pin?.sha256 ?? await unpinnedHash(context, request);
    const wheel = await progress.step(`TensorFlow ${version}: download`, (note) => downloadWheel(context, request, { expected, bytes: pin?.wheelBytes, note }));
    const hash = await verifySha256(wheel, expected, version);
    if (!pin) rememberHash(context, version, platform.machine, hash);
    await progress.step(`TensorFlow ${version}: unpack`, () => unpack(context, python.path, wheel, path.join(staging, 'library')));
    finish(path.join(staging, 'library'), { version, sha256: hash }, folder);
  } finally {
    fs.rmSync(staging, { recursive: true, force: true });
  }
}

/** @param {Context} context @param {string} python @param {string} wheel @param {string} into */
async function unpack({ places, env, verbose }, python, wheel, into) {
  fs.mkdirSync(into, { recursive: true });
  const { code, output } = await run(python, ['-c', UNPACK, wheel, into], { env, verbose });
  if (code !== 0) {
    const log = keepLog(places.cache, 'unpack', output);
    if (saysDiskFull(output)) throw new SetupProblem('disk', `The disk filled up while unpacking TensorFlow into ${places.cache}: free about 1 GB, or set INFERSCOPE_CACHE to a folder on a larger disk, and run this again.`, { log });
    throw new SetupProblem('verification', `The TensorFlow wheel could not be unpacked (what Python said is in ${log}): run this again to fetch it anew.`, { log });
  }
  const missing = LIBRARIES.filter((name) => !fs.existsSync(path.join(into, 'tensorflow', name)));
  if (missing.length > 0) throw new SetupProblem('verification', `The TensorFlow wheel has no ${missing.join(' and no ')}, so it cannot be linked: choose another version with --tensorflow.`);
  await requireSystemLibraries(path.join(into, 'tensorflow', 'libtensorflow_cc.so.2'), env);
}

/** The dynamic linker's own message would name the first missing library only. @param {string} library @param {NodeJS.ProcessEnv} env */
async function requireSystemLibraries(library, env) {
  const ldd = which('ldd', env);
  if (ldd === undefined) return;
  const { output } = await run(ldd, [library], { env, timeoutMs: 60_000 });
  const missing = [...output.matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1]);
  if (missing.length > 0) throw new SetupProblem('missing', `TensorFlow needs ${missing.join(', ')}, which this system lacks: install the package that has it and run this again.`);
}

/** @param {string} staged @param {{version: string, sha256: string}} what @param {string} folder */
function finish(staged, what, folder) {
  const lib = path.join(staged, 'deps', 'lib');
  fs.mkdirSync(lib, { recursive: true });
  // Relative, so that the cache can be moved.
  fs.symlinkSync('../tensorflow/include', path.join(staged, 'deps', 'include'));
  for (const [name = '', target = ''] of LINKS) fs.symlinkSync(`../../tensorflow/${target}`, path.join(lib, name));
  const sizes = Object.fromEntries(LIBRARIES.map((name) => [name, fs.statSync(path.join(staged, 'tensorflow', name)).size]));
  writeJson(path.join(staged, 'wheel.json'), { ...what, sizes });
  fs.rmSync(folder, { recursive: true, force: true });
  fs.renameSync(staged, folder);
}

/**
 * A version without a pin: the hash of the first time holds from then on; the first time, what the index says.
 * @param {Context} context @param {import('./pip.mjs').Request} request
 */
async function unpinnedHash(context, request) {
  return readJson(rememberedFile(context))?.[`${request.version}-${request.platform.machine}`] ?? await hashFromIndex(context, request);
}

/** @param {Context} context @param {string} version @param {string} machine @param {string} hash */
function rememberHash(context, version, machine, hash) {
  writeJson(rememberedFile(context), { ...readJson(rememberedFile(context)), [`${version}-${machine}`]: hash });
}

/** @param {Context} context */
function rememberedFile({ places }) {
  return path.join(places.cache, 'hashes.json');
}

/**
 * @param {string} file @param {string | undefined} expected undefined: nobody has told us
 * @param {string} version
 * @returns {Promise<string>} the hash
 */
export async function verifySha256(file, expected, version) {
  const actual = await sha256OfFile(file);
  if (expected === undefined || actual === expected) return actual;
  throw new SetupProblem('verification', `The downloaded TensorFlow ${version} is not the one expected (sha256 ${actual}, not ${expected}) and was not used: run this again, and if it stays so, look at what pip's index or proxy delivers.`);
}
