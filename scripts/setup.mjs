#!/usr/bin/env node
/**
 * Takes a fresh clone to a working native TensorFlow: npm packages, the TensorFlow binding, our own
 * native add-on. `--help` tells the rest. The parts are in setup/, one a step; this file puts them together.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureTensorFlow, freshBinding } from './setup/binding.mjs';
import { report, reportText } from './setup/check.mjs';
import { releaseAll, withLock } from './setup/lock.mjs';
import { ensureNative, nativeFresh } from './setup/native-addon.mjs';
import { ensurePackages, packagesFresh } from './setup/npm-packages.mjs';
import { helpText, parseOptions } from './setup/options.mjs';
import { placesOf, readJson, sha256, stampFile } from './setup/paths.mjs';
import { EXIT, SetupProblem, diskProblem } from './setup/problem.mjs';
import { Progress } from './setup/progress.mjs';
import { killRunning } from './setup/run.mjs';

/** @typedef {import('./setup/context.mjs').Context} Context */

const OLDEST_NODE = [20, 15];

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [oldest = 0, oldestMinor = 0] = OLDEST_NODE;
  if (major > oldest || (major === oldest && minor >= oldestMinor)) return;
  throw new SetupProblem('missing', `Node ${process.versions.node} is too old: install Node ${OLDEST_NODE.join('.')} or later and run this again.`);
}

/** @param {Context} context @param {string | undefined} requested @returns what is there when all of it is */
function allThere({ places }, requested) {
  if (!packagesFresh(places)) return undefined;
  const binding = freshBinding(places, requested);
  return binding && readJson(stampFile(places, 'npm')) && nativeFresh(places) ? binding : undefined;
}

/** @param {Context} context @param {string | undefined} requested */
async function install(context, requested) {
  const { places, progress } = context;
  const there = allThere(context, requested);
  if (there) return there;
  // In the cache and not in the repository: npm empties node_modules, and a clone should stay clean.
  const lock = path.join(places.cache, 'locks', `${sha256(places.root).slice(0, 16)}.lock`);
  const onWait = (/** @type {number} */ pid) => progress.line(`  ... another setup (process ${pid}) is at work here: waiting for it`);
  return withLock(lock, { onWait }, async () => {
    // npm takes the stamp away with node_modules; a version that was asked for earlier stays.
    const before = readJson(stampFile(places, 'binding'));
    await ensurePackages(context);
    const binding = await ensureTensorFlow(context, requested ?? (before?.source === 'wheel' ? before.tensorflow : undefined));
    await ensureNative(context);
    return binding;
  });
}

function endOnSignals() {
  for (const [signal, code] of /** @type {const} */ ([['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]])) {
    process.once(signal, () => {
      killRunning();
      releaseAll();
      process.stderr.write('\nInterrupted: run this again to go on.\n');
      process.exit(code);
    });
  }
}

/** @param {unknown} error @param {boolean} verbose @param {boolean} json @returns {number} exit code */
function explain(error, verbose, json) {
  const problem = error instanceof SetupProblem ? error : diskProblem(error);
  const sentence = problem?.message ?? `Setup failed unexpectedly (${error instanceof Error ? error.message : error}): run it again with --verbose and report what it prints.`;
  process.stderr.write(`${sentence}\n`);
  if (problem?.log && !sentence.includes(problem.log)) process.stderr.write(`Details: ${problem.log}\n`);
  if (verbose && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  const exit = EXIT[problem?.exit ?? 'unexpected'];
  if (json) process.stdout.write(`${JSON.stringify({ ready: false, exit, problem: sentence })}\n`);
  return exit;
}

/** @param {readonly string[]} argv @param {NodeJS.ProcessEnv} env @returns {Promise<number>} exit code */
async function main(argv, env) {
  const [verbose, json] = [argv.includes('--verbose'), argv.includes('--json')];
  try {
    requireNode();
    const options = parseOptions(argv, env);
    if (options.action === 'help') {
      process.stdout.write(helpText());
      return EXIT.ok;
    }
    const places = placesOf(path.dirname(path.dirname(fileURLToPath(import.meta.url))), env);
    const context = { places, env, verbose, progress: new Progress(process.stderr, verbose) };
    if (options.action === 'check') {
      const state = await report(context, options.tensorflow);
      process.stdout.write(json ? `${JSON.stringify(state)}\n` : reportText(state));
      return state.ready ? EXIT.ok : EXIT.notReady;
    }
    const { tensorflow, tfjs, source } = await install(context, options.tensorflow);
    process.stdout.write(json ? `${JSON.stringify({ ready: true, exit: EXIT.ok, tensorflow, tfjs, source })}\n` : `Ready: TensorFlow ${tensorflow} (${source}), tfjs-node ${tfjs}.\n`);
    return EXIT.ok;
  } catch (error) {
    return explain(error, verbose, json);
  }
}

endOnSignals();
process.exitCode = await main(process.argv.slice(2), process.env);
