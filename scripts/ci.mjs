/**
 * What `.ci/run` runs: exactly the README's `npm test`, then the slower suites, and beside them the static checks and the
 * benches. Every part runs even when one fails; the last line is `N passed, N failed`, and the
 * exit code tells.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const results = mkdtempSync(path.join(tmpdir(), 'inferscope-ci-'));
let passed = 0;
let failed = 0;
const started = performance.now();

/**
 * Runs a program; what it prints is seen as it comes, or goes to the file `log`.
 *
 * @param {string} command @param {string[]} args @param {{ env?: NodeJS.ProcessEnv, log?: string }} [options]
 */
async function run(command, args, { env = {}, log } = {}) {
  const output = log === undefined ? 'inherit' : openSync(log, 'w');
  const from = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', output, output], env: { ...process.env, ...env } });
  const [status] = await once(child, 'exit').catch((error) => [error.message]);
  return { status, ok: status === 0, seconds: (performance.now() - from) / 1000 };
}

const open = (title) => console.log(`\n=== ${title}`);
const close = (title, { status, ok, seconds }) => console.log(`=== ${title}: ${ok ? 'ok' : `exit ${status}`} after ${seconds.toFixed(0)} s`);

function count(ok) {
  if (ok) passed++;
  else failed++;
}

/** Adds up what vitest reported; a part that failed before any test counts as one failure. */
async function tests(title, command, args, name) {
  const file = path.join(results, `${name}.json`);
  open(title);
  const ended = await run(command, args, { env: { INFERSCOPE_TEST_RESULTS: file } });
  close(title, ended);
  if (!existsSync(file)) return count(false);
  const { numPassedTests, numFailedTests, success } = JSON.parse(readFileSync(file, 'utf8'));
  passed += numPassedTests;
  failed += numFailedTests;
  if ((!ended.ok || !success) && numFailedTests === 0) failed++;
}

/** Runs parts one after the other beside what is on the screen; the returned function waits for them, prints and counts. */
function beside(parts) {
  const logOf = (title) => path.join(results, `${title.replaceAll(/\W+/g, '-')}.log`);
  const ending = (async () => {
    const ended = [];
    for (const [title, command, args] of parts) ended.push([title, await run(command, args, { log: logOf(title) })]);
    return ended;
  })();
  return async () => {
    for (const [title, ended] of await ending) {
      open(title);
      process.stdout.write(readFileSync(logOf(title)));
      close(title, ended);
      count(ended.ok);
    }
  };
}

await tests('npm test', 'npm', ['test'], 'test');
// The slow suites wait for servers, browsers and other Pythons: a part of the machine is free.
const others = beside([
  ['npm run check', 'npm', ['run', '-s', 'check']],
  ...(existsSync('bench/run.mjs') ? [['benches, a smoke run', process.execPath, ['bench/run.mjs', 'all', '--smoke']]] : []),
]);
await tests('slow suites (browser, Jaeger, Python)', 'node_modules/.bin/vitest', ['run', '--config', 'vitest.slow.config.ts', '--passWithNoTests'], 'slow');
await others();

rmSync(results, { recursive: true, force: true });
console.log(`\nCI took ${((performance.now() - started) / 60_000).toFixed(1)} minutes.`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
