/**
 * Compiles the little C and C++ that is needed, by the compiler itself: no node-gyp, no make, and Node's headers come
 * from a package, so that nothing but the compiler must be on the machine.
 */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { SetupProblem } from './problem.mjs';
import { keepLog, run } from './run.mjs';
import { compilerWords, saysDiskFull } from './toolchain.mjs';

/** @returns {string} folder of node_api.h, which is the same for every Node */
export function nodeApiHeaders() {
  try {
    return createRequire(import.meta.url)('node-api-headers').include_dir;
  } catch (cause) {
    throw new SetupProblem('missing', 'The package node-api-headers is not installed: install Inferscope\'s dependencies anew (npm ci) and run this again.', { cause });
  }
}

/**
 * @typedef {object} Unit a shared library that Node loads
 * @property {'c' | 'c++'} language
 * @property {string} what its name in sentences
 * @property {string} log name of the log file
 * @property {string} out the file; appears when it is whole
 * @property {readonly string[]} sources
 * @property {readonly string[]} flags
 * @property {readonly string[]} libraries what it links to
 */

/** @param {Unit} unit @param {string} out @returns {string[]} arguments for a compiler, whichever it is */
export function compilerArguments({ sources, flags, libraries }, out) {
  return ['-shared', '-fPIC', '-pthread', '-O2', `-I${nodeApiHeaders()}`, ...flags, ...sources, '-o', out, ...libraries];
}

/** @param {import('./context.mjs').Context} context @param {Unit} unit */
export async function compile({ places, env, verbose }, unit) {
  const [command = '', ...first] = compilerWords(env, unit.language);
  fs.mkdirSync(path.dirname(unit.out), { recursive: true });
  const draft = `${unit.out}.${process.pid}.tmp`;
  const { code, output } = await run(command, [...first, ...compilerArguments(unit, draft)], { env, verbose });
  // Renamed into place: overwriting a file that a running program has mapped would crash that program.
  if (code === 0) return fs.renameSync(draft, unit.out);
  fs.rmSync(draft, { force: true });
  const log = keepLog(places.cache, unit.log, output);
  if (saysDiskFull(output)) throw new SetupProblem('disk', `The disk filled up while building ${unit.what}: free about 50 MB and run this again.`, { log });
  throw new SetupProblem('build', `${unit.what[0]?.toUpperCase()}${unit.what.slice(1)} did not build: what the compiler said is in ${log}.`, { log });
}
