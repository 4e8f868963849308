import fs from 'node:fs';
import path from 'node:path';
import { SetupProblem } from './problem.mjs';
import { run, which } from './run.mjs';

/**
 * @typedef {object} Python
 * @property {string} path
 * @property {string} version
 */

/**
 * The first Python 3 that starts: a shim of a version manager may be on the PATH and still fail.
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Python | undefined>}
 */
export async function findPython(env) {
  for (const name of [env['PYTHON'] || 'python3', 'python3', 'python']) {
    const found = which(name, env);
    if (!found) continue;
    const { code, output } = await run(found, ['-c', 'import sys; print("python", *sys.version_info[:3], sep=".")'], { env, timeoutMs: 20_000 });
    const version = /python\.(3\.\d+\.\d+)/.exec(output)?.[1];
    if (code === 0 && version) return { path: found, version };
  }
  return undefined;
}

/** @param {NodeJS.ProcessEnv} env @returns {Promise<Python>} */
export async function requirePython(env) {
  const python = await findPython(env);
  if (python) return python;
  throw new SetupProblem('missing', 'Python 3 was not found, and it is needed to fetch and link TensorFlow: install it (Debian: apt install python3 python3-pip; macOS: brew install python), or set PYTHON to its path, and run this again.');
}

/**
 * The command line that starts pip, as words.
 * @param {Python} python @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string[] | undefined>}
 */
export async function findPip(python, env) {
  const alone = ['pip3', 'pip'].map((name) => which(name, env)).filter((found) => found !== undefined).map((found) => [found]);
  for (const words of [[python.path, '-m', 'pip'], ...alone]) {
    const [command = '', ...args] = words;
    const { code, output } = await run(command, [...args, '--version'], { env, timeoutMs: 60_000 });
    if (code === 0 && /^pip \d/m.test(output)) return words;
  }
  return undefined;
}

/** @param {Python} python @param {NodeJS.ProcessEnv} env @returns {Promise<string[]>} */
export async function requirePip(python, env) {
  const pip = await findPip(python, env);
  if (pip) return pip;
  throw new SetupProblem('missing', `pip was not found for Python ${python.version} (${python.path}), and it is needed to fetch TensorFlow: install it (Debian: apt install python3-pip; elsewhere: ${python.path} -m ensurepip --user) and run this again.`);
}

/** @param {NodeJS.ProcessEnv} env @returns {{compiler: string | undefined, make: string | undefined}} */
export function findCompiler(env) {
  // CXX may hold a wrapper in front ("ccache g++") or flags behind; its first word must exist.
  const asked = env['CXX']?.trim().split(/\s+/)[0];
  const names = asked ? [asked] : ['c++', 'g++', 'clang++'];
  const first = (/** @type {string[]} */ list) => list.map((name) => which(name, env)).find((found) => found !== undefined);
  return { compiler: first(names), make: first([env['MAKE'] || 'make', 'gmake']) };
}

/** @param {NodeJS.ProcessEnv} env */
export function requireCompiler(env) {
  const { compiler, make } = findCompiler(env);
  if (compiler && make) return;
  const missing = [compiler ? '' : `a C++ compiler (${env['CXX'] || 'c++, g++ or clang++'})`, make ? '' : 'make'].filter(Boolean).join(' and ');
  throw new SetupProblem('missing', `Building the TensorFlow binding needs ${missing}, not found here: install the build tools (Debian: apt install build-essential; Fedora: dnf install gcc-c++ make; macOS: xcode-select --install) and run this again.`);
}

/**
 * Headers of Node on this machine, so that node-gyp need not download any. N-API is stable, so
 * headers of another Node will do when there are none of this one.
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined} what node-gyp calls nodedir
 */
export function findNodeHeaders(env) {
  const own = path.dirname(path.dirname(process.execPath));
  const places = [env['npm_config_nodedir'] || own, own, '/usr', '/usr/local']
    .filter((place) => fs.existsSync(path.join(place, 'include', 'node', 'node_api.h')));
  const exact = places.find((place) => majorOfHeaders(place) === process.versions.node.split('.')[0]);
  return exact ?? places[0];
}

/** @param {string} place */
function majorOfHeaders(place) {
  try {
    return /#define NODE_MAJOR_VERSION (\d+)/.exec(fs.readFileSync(path.join(place, 'include', 'node', 'node_version.h'), 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

/** Node on this machine, as node-gyp must know it to build. @param {NodeJS.ProcessEnv} env @returns {string[]} */
export function headerArguments(env) {
  const nodedir = findNodeHeaders(env);
  return nodedir === undefined ? [] : [`--nodedir=${nodedir}`];
}

const OFFLINE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|getaddrinfo|NewConnectionError|Failed to establish a new connection|Name or service not known|Temporary failure in name resolution|ProxyError|SSLError|Read timed out|ConnectTimeout|ConnectionResetError|Connection broken|IncompleteRead|HTTP error|network/i;

/** Does a command's output say that the network failed it? @param {string} output */
export function saysOffline(output) {
  return OFFLINE.test(output);
}

/** @param {string} output */
export function saysDiskFull(output) {
  return /ENOSPC|No space left on device|Errno 28|Disk quota exceeded/i.test(output);
}
