import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { clearChildOfAll, releaseAll, setChildOfAll } from './lock.mjs';

/**
 * @typedef {object} Finished
 * @property {number | null} code null when a signal or the time-out ended it
 * @property {string} output stdout and stderr, mixed
 * @property {string} stdout
 * @property {boolean} timedOut
 */

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/**
 * Runs a command to its end; the locks we hold name it meanwhile.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number, verbose?: boolean}} [how]
 * @returns {Promise<Finished>} code 127 when the command does not exist
 */
export function run(command, args, how = {}) {
  return new Promise((resolve) => {
    let output = '';
    let stdout = '';
    let timedOut = false;
    const child = spawn(command, args, { cwd: how.cwd, env: how.env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    if (child.pid !== undefined) setChildOfAll(child.pid);
    const timer = how.timeoutMs === undefined ? undefined : setTimeout(() => { timedOut = true; child.kill('SIGKILL'); }, how.timeoutMs);
    const take = (/** @type {Buffer} */ chunk) => {
      output += chunk;
      if (how.verbose) process.stderr.write(chunk);
    };
    child.stdout.on('data', (/** @type {Buffer} */ chunk) => {
      stdout += chunk;
      take(chunk);
    });
    child.stderr.on('data', take);
    const end = (/** @type {number | null} */ code) => {
      clearTimeout(timer);
      // `error` and `close` may both come.
      if (running.delete(child)) clearChildOfAll();
      resolve({ code, output, stdout, timedOut });
    };
    child.on('error', (error) => {
      output += error.message;
      end(127);
    });
    child.on('close', end);
  });
}

function killRunning() {
  for (const child of running) child.kill('SIGTERM');
}

/** A script that is interrupted ends what it runs and gives back its locks. @param {string} [said] on standard error */
export function endOnSignals(said = '') {
  for (const [signal, code] of /** @type {const} */ ([['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]])) {
    process.once(signal, () => {
      killRunning();
      releaseAll();
      process.stderr.write(said);
      process.exit(code);
    });
  }
}

/** @param {string} name @param {NodeJS.ProcessEnv} env @returns {string | undefined} path of the program */
export function which(name, env) {
  if (name.includes(path.sep)) return isProgram(name) ? name : undefined;
  return (env['PATH'] ?? '').split(path.delimiter).filter(Boolean).map((folder) => path.join(folder, name)).find(isProgram);
}

/** @param {string} file */
function isProgram(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * Keeps what a failed command said.
 * @param {string} cache @param {string} name @param {string} output
 * @returns {string} the file
 */
export function keepLog(cache, name, output) {
  const file = path.join(cache, 'logs', `${name}.log`);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, output);
  return file;
}
