#!/usr/bin/env node
/**
 * Takes a fresh clone, or (`inferscope setup`) a user's project, to a working native TensorFlow: npm packages, the
 * TensorFlow binding, our own native add-ons. `--help` tells the rest. The parts are in setup/, one per step; this file puts them together.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureTensorFlow, freshBinding } from './setup/binding.mjs';
import { report, reportText } from './setup/check.mjs';
import { withLock } from './setup/lock.mjs';
import { ensureNative, nativeFresh } from './setup/native-addon.mjs';
import { ensurePackages, packagesFresh } from './setup/npm-packages.mjs';
import { helpText, parseOptions } from './setup/options.mjs';
import { placesOf, readJson, sha256, stampFile } from './setup/paths.mjs';
import { COMMAND_EXIT, EXIT, SetupProblem, diskProblem } from './setup/problem.mjs';
import { Progress } from './setup/progress.mjs';
import { ensureTfjs, projectOf } from './setup/project.mjs';
import { endOnSignals } from './setup/run.mjs';

/** @typedef {import('./setup/context.mjs').Context} Context */

const OLDEST_NODE = [20, 15];

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [oldest = 0, oldestMinor = 0] = OLDEST_NODE;
  if (major > oldest || (major === oldest && minor >= oldestMinor)) return;
  throw new SetupProblem('missing', `Node ${process.versions.node} is too old: install Node ${OLDEST_NODE.join('.')} or later and run this again.`);
}

/** @param {Context} context @param {string | undefined} requested @returns what is there when all of it is */
function allThere({ places, where }, requested) {
  const packages = where === 'project' ? fs.existsSync(path.join(places.tfjs, 'package.json')) : packagesFresh(places) && readJson(stampFile(places, 'npm'));
  const binding = packages ? freshBinding(places, requested) : undefined;
  return binding && nativeFresh(places) ? binding : undefined;
}

/** @param {Context} context @param {string | undefined} requested */
async function install(context, requested) {
  const { places, progress, env } = context;
  const there = allThere(context, requested);
  if (there) return there;
  // In the cache and not in the repository: npm empties node_modules, and a clone should stay clean.
  const lock = path.join(places.cache, 'locks', `${sha256(places.root).slice(0, 16)}.lock`);
  const onWait = (/** @type {number} */ pid) => progress.line(`  ... another setup (process ${pid}) is at work here: waiting for it`);
  return withLock(lock, { onWait }, async () => {
    // npm takes the stamp away with node_modules; a version that was asked for earlier stays.
    const before = readJson(stampFile(places, 'binding'));
    await (context.where === 'clone' ? ensurePackages(context) : ensureTfjs(context));
    // Only now is it known where tfjs-node lies.
    const installed = { ...context, places: placesOf(places.root, env, places.native) };
    const binding = await ensureTensorFlow(installed, requested ?? (before?.source === 'wheel' ? before.tensorflow : undefined));
    await ensureNative(installed);
    return binding;
  });
}

/**
 * @param {unknown} error @param {{verbose: boolean, json: boolean, where: Context['where']}} how
 * @returns {number} exit code
 */
function explain(error, { verbose, json, where }) {
  const problem = error instanceof SetupProblem ? error : diskProblem(error);
  const sentence = problem?.message ?? `Setup failed unexpectedly (${error instanceof Error ? error.message : error}): run it again with --verbose and report what it prints.`;
  process.stderr.write(`${where === 'project' ? 'inferscope: ' : ''}${sentence}\n`);
  if (problem?.log && !sentence.includes(problem.log)) process.stderr.write(`Details: ${problem.log}\n`);
  if (verbose && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  const name = problem?.exit ?? 'unexpected';
  const exit = (where === 'project' ? COMMAND_EXIT : EXIT)[name];
  if (json) process.stdout.write(`${JSON.stringify({ ready: false, exit, problem: sentence, ...(where === 'project' ? { error: { message: sentence, exitCode: exit } } : {}) })}\n`);
  return exit;
}

/**
 * Beside a lock file this is a clone: a published package has none.
 * @param {string | undefined} project
 * @returns {Pick<Context, 'where'> & {root: string, native: string}}
 */
function subjectOf(project) {
  const own = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
  const clone = fs.existsSync(path.join(own, 'package-lock.json'));
  const native = path.join(own, clone ? 'src' : 'dist', 'engines');
  return clone && project === undefined ? { where: 'clone', root: own, native } : { where: 'project', root: projectOf(path.resolve(project ?? '.')), native };
}

const LATER = `A later npm install or npm ci that installs tfjs-node anew needs --ignore-scripts where the vendor's download host
cannot be reached, and then \`npx inferscope setup\` again (seconds, from the cache).
`;

/** @param {import('./setup/options.mjs').Options} options @param {Context} context @returns {Promise<number>} exit code */
async function work({ action, tensorflow: requested, json }, context) {
  const { where } = context;
  if (action === 'check') {
    const state = await report(context, requested);
    process.stdout.write(json ? `${JSON.stringify(state)}\n` : reportText(state));
    return (where === 'project' ? COMMAND_EXIT : EXIT)[state.ready ? 'ok' : 'notReady'];
  }
  const { tensorflow, tfjs, source } = await install(context, requested);
  process.stdout.write(json ? `${JSON.stringify({ ready: true, exit: EXIT.ok, tensorflow, tfjs, source })}\n` : `Ready: TensorFlow ${tensorflow} (${source}), tfjs-node ${tfjs}.\n`);
  if (!json && where === 'project' && source === 'wheel') process.stdout.write(LATER);
  return EXIT.ok;
}

/** @param {readonly string[]} argv @param {NodeJS.ProcessEnv} env @returns {Promise<number>} exit code */
async function main(argv, env) {
  const [verbose, json] = [argv.includes('--verbose'), argv.includes('--json')];
  /** @type {Context['where']} */
  let where = argv.some((word) => word.startsWith('--project')) ? 'project' : 'clone';
  try {
    requireNode();
    const options = parseOptions(argv, env);
    if (options.action === 'help') {
      process.stdout.write(helpText());
      return EXIT.ok;
    }
    const subject = subjectOf(options.project);
    ({ where } = subject);
    const places = placesOf(subject.root, env, subject.native);
    return await work(options, { places, where, env, verbose, progress: new Progress(process.stderr, verbose) });
  } catch (error) {
    return explain(error, { verbose, json, where });
  }
}

endOnSignals('\nInterrupted: run this again to go on.\n');
process.exitCode = await main(process.argv.slice(2), process.env);
