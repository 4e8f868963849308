/**
 * A user's project: @tensorflow/tfjs-node is put into it by its own package manager when it is not there, without
 * install scripts, because tfjs-node's would fail the whole installation where the vendor's host cannot be reached.
 */
import fs from 'node:fs';
import path from 'node:path';
import { npmCommand } from './npm-packages.mjs';
import { readJson } from './paths.mjs';
import { SetupProblem } from './problem.mjs';
import { keepLog, run, which } from './run.mjs';
import { saysDiskFull, saysOffline } from './toolchain.mjs';
import { TFJS_VERSION } from './versions.mjs';

/** @typedef {import('./context.mjs').Context} Context */

const PACKAGE = '@tensorflow/tfjs-node';

/** What adds a package, or installs what package.json lists, without running install scripts. */
const MANAGERS = Object.freeze({
  npm: { lock: 'package-lock.json', add: ['install', '--ignore-scripts', '--no-audit', '--no-fund'], install: ['install', '--ignore-scripts', '--no-audit', '--no-fund'] },
  pnpm: { lock: 'pnpm-lock.yaml', add: ['add', '--ignore-scripts'], install: ['install', '--ignore-scripts'] },
  yarn: { lock: 'yarn.lock', add: ['add', '--ignore-scripts'], install: ['install', '--ignore-scripts'] },
  'yarn-berry': { lock: '.yarnrc.yml', add: ['add', '--mode=skip-build'], install: ['install', '--mode=skip-build'] },
  bun: { lock: 'bun.lock', add: ['add', '--ignore-scripts'], install: ['install', '--ignore-scripts'] },
});

/** @typedef {keyof typeof MANAGERS} Manager */

/**
 * The project that a folder belongs to, found as npm finds it.
 * @param {string} folder @returns {string} the nearest folder that has a package.json or node_modules, else the folder itself
 */
export function projectOf(folder) {
  for (let at = folder; ; at = path.dirname(at)) {
    if (fs.existsSync(path.join(at, 'package.json')) || fs.existsSync(path.join(at, 'node_modules'))) return at;
    if (path.dirname(at) === at) return folder;
  }
}

/** @param {string} root @returns {Manager} by `packageManager` of package.json, else by the lock file, here or (workspaces) above */
export function managerOf(root) {
  for (let at = root; ; at = path.dirname(at)) {
    const named = /^(npm|pnpm|yarn|bun)@(\d+)/.exec(readJson(path.join(at, 'package.json'))?.packageManager ?? '');
    if (named) return named[1] === 'yarn' && Number(named[2]) > 1 ? 'yarn-berry' : /** @type {Manager} */ (named[1]);
    const found = /** @type {Manager[]} */ (['yarn-berry', 'pnpm', 'yarn', 'bun', 'npm']).find((name) => fs.existsSync(path.join(at, MANAGERS[name].lock)));
    if (found) return found;
    if (path.dirname(at) === at || fs.existsSync(path.join(at, '.git'))) return 'npm';
  }
}

/** @param {Context} context puts tfjs-node into the project, unless it is there */
export async function ensureTfjs(context) {
  const { places, env, progress, verbose } = context;
  if (fs.existsSync(path.join(places.root, '.pnp.cjs'))) {
    throw new SetupProblem('usage', 'This project uses Yarn Plug\'n\'Play, from whose archives a native library cannot be loaded: put "nodeLinker: node-modules" into .yarnrc.yml, run yarn install --mode=skip-build, and run this again.');
  }
  if (fs.existsSync(path.join(places.tfjs, 'package.json'))) return;
  const manifest = readJson(path.join(places.root, 'package.json'));
  const listed = [manifest?.dependencies, manifest?.devDependencies, manifest?.optionalDependencies].some((list) => list?.[PACKAGE]);
  const manager = managerOf(places.root);
  const words = listed ? MANAGERS[manager].install : [...MANAGERS[manager].add, `${PACKAGE}@${TFJS_VERSION}`];
  const program = manager.replace('-berry', '');
  const typed = `${program} ${words.join(' ')}`;
  const [command, ...first] = commandOf(manager, program, typed, env);
  await progress.step(`${PACKAGE}: ${typed}`, async () => {
    const { code, output } = await run(command, [...first, ...words], { cwd: places.root, env, verbose });
    if (code !== 0) throw installProblem(typed, output, keepLog(places.cache, 'install', output));
  });
  if (!listed) progress.line(`  ok  ${PACKAGE} ${TFJS_VERSION} is in the dependencies of ${path.join(places.root, 'package.json')} now`);
}

/**
 * @param {Manager} manager
 * @param {string} program
 * @param {string} typed
 * @param {NodeJS.ProcessEnv} env
 * @returns {[string, ...string[]]}
 */
function commandOf(manager, program, typed, env) {
  if (manager === 'npm') return npmCommand(env);
  const found = which(program, env);
  if (found) return [found];
  throw new SetupProblem('missing', `This project uses ${program}, which is not on the PATH: type \`${typed}\` where it is, and run this again.`);
}

/** @param {string} typed @param {string} output @param {string} log */
function installProblem(typed, output, log) {
  if (saysDiskFull(output)) return new SetupProblem('disk', 'The disk is full: free about 100 MB for node_modules and run this again.', { log });
  if (saysOffline(output)) return new SetupProblem('network', `\`${typed}\` could not reach the registry: check the network, or the registry and proxy settings, and run this again.`, { log });
  return new SetupProblem('build', `\`${typed}\` failed: what it said is in ${log}; correct that and run this again.`, { log });
}
