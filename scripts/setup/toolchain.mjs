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
  throw new SetupProblem('missing', 'Python 3 was not found, and it is needed to fetch TensorFlow: install it (Debian: apt install python3 python3-pip; macOS: brew install python), or set PYTHON to its path, and run this again.');
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

/** Language → variable that names its compiler, and names to look for. */
const COMPILERS = Object.freeze({ c: ['CC', 'cc', 'gcc', 'clang'], 'c++': ['CXX', 'c++', 'g++', 'clang++'] });

/** @param {NodeJS.ProcessEnv} env @param {'c' | 'c++'} [language] @returns {string | undefined} path of the compiler */
export function findCompiler(env, language = 'c++') {
  const [variable = '', ...names] = COMPILERS[language];
  // The variable may hold a wrapper in front ("ccache g++") or flags behind; its first word must exist.
  const asked = env[variable]?.trim().split(/\s+/)[0];
  return (asked ? [asked] : names).map((name) => which(name, env)).find((found) => found !== undefined);
}

/**
 * The command line that starts the compiler, as words.
 * @param {NodeJS.ProcessEnv} env
 * @param {'c' | 'c++'} [language]
 * @returns {string[]}
 */
export function compilerWords(env, language = 'c++') {
  const [variable = '', ...names] = COMPILERS[language];
  const found = findCompiler(env, language);
  if (found) return [found, ...(env[variable]?.trim().split(/\s+/).slice(1) ?? [])];
  throw new SetupProblem('missing', `Compiling needs a ${language.toUpperCase()} compiler (${env[variable] || names.join(', ')}), not found here: install one (Debian: apt install g++; Fedora: dnf install gcc-c++; macOS: xcode-select --install) and run this again.`);
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
