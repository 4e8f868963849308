import fs from 'node:fs';
import path from 'node:path';
import { readJson, sha256, stampFile, writeJson } from './paths.mjs';
import { SetupProblem } from './problem.mjs';
import { keepLog, run, which } from './run.mjs';
import { saysDiskFull, saysOffline } from './toolchain.mjs';

/** @typedef {import('./context.mjs').Context} Context */

/** @param {Context['places']} places @returns {boolean} are the packages those of the lockfile? */
export function packagesFresh(places) {
  if (!fs.existsSync(path.join(places.tfjs, 'package.json'))) return false;
  const lockfile = readLockfile(places);
  if (readJson(stampFile(places, 'npm'))?.lock === sha256(lockfile)) return true;
  return installedByHand(places, lockfile);
}

/**
 * Somebody ran `npm ci` without us: npm's own note of what it put there says whether that was this lockfile.
 * Running npm again would throw away a binding that works.
 * @param {Context['places']} places @param {string} lockfile
 */
function installedByHand(places, lockfile) {
  const present = readJson(path.join(places.modules, '.package-lock.json'))?.packages;
  if (present === undefined) return false;
  const wanted = Object.entries(JSON.parse(lockfile).packages).filter(([name]) => name !== '');
  return wanted.every(([name, entry]) => {
    const there = present[name];
    return there === undefined ? Boolean(entry.optional || entry.devOptional) : there.version === entry.version && there.integrity === entry.integrity;
  });
}

/** @param {Context} context */
export async function ensurePackages(context) {
  const { places, progress } = context;
  const note = { lock: sha256(readLockfile(places)) };
  if (!packagesFresh(places)) {
    await progress.step('npm packages', async () => install(context));
  }
  if (readJson(stampFile(places, 'npm'))?.lock !== note.lock) writeJson(stampFile(places, 'npm'), note);
}

/** @param {Context} context */
async function install({ places, env, verbose }) {
  const [command, ...first] = npmCommand(env);
  // Install scripts of dependencies stay off: the one of the binding would fail where its host is unreachable.
  const { code, output } = await run(command, [...first, 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: places.root, env, verbose });
  if (code === 0) return;
  const log = keepLog(places.cache, 'npm-ci', output);
  if (saysDiskFull(output)) throw new SetupProblem('disk', 'The disk is full: free about 600 MB for node_modules and run this again.', { log });
  if (saysOffline(output)) throw new SetupProblem('network', 'npm could not reach its registry: check the network, or npm\'s registry and proxy settings, and run this again.', { log });
  throw new SetupProblem('build', `npm ci failed: what it said is in ${log}; correct that and run this again.`, { log });
}

/**
 * The npm that started us, or the one beside Node, or the one on the PATH.
 * @param {NodeJS.ProcessEnv} env
 * @returns {[string, ...string[]]}
 */
export function npmCommand(env) {
  const started = env['npm_execpath'];
  if (started && /npm-cli\.c?js$/.test(started)) return [process.execPath, started];
  const beside = path.join(path.dirname(process.execPath), 'npm');
  const found = fs.existsSync(beside) ? beside : which('npm', env);
  if (found === undefined) throw new SetupProblem('missing', 'npm was not found: it comes with Node (Debian: apt install npm); put it on the PATH and run this again.');
  return [found];
}

/** @param {Context['places']} places */
function readLockfile(places) {
  try {
    return fs.readFileSync(path.join(places.root, 'package-lock.json'), 'utf8');
  } catch (cause) {
    throw new SetupProblem('unexpected', `There is no package-lock.json in ${places.root}: restore it with git checkout package-lock.json and run this again.`, { cause });
  }
}
