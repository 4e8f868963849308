/**
 * What `.ci/run` runs: the static checks, exactly the README's `npm test`, then the slower suites. Every part runs even
 * when one fails; the last line is `N passed, N failed`, and the exit code tells.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const results = mkdtempSync(path.join(tmpdir(), 'inferscope-ci-'));
let passed = 0;
let failed = 0;
const started = performance.now();

function part(title, command, args, env = {}) {
  console.log(`\n=== ${title}`);
  const from = performance.now();
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } });
  console.log(`=== ${title}: ${status === 0 ? 'ok' : `exit ${status}`} after ${((performance.now() - from) / 1000).toFixed(0)} s`);
  return status === 0;
}

function count(ok) {
  if (ok) passed++;
  else failed++;
}

/** Adds up what vitest reported; a part that failed before any test counts as one failure. */
function tests(title, command, args, name) {
  const file = path.join(results, `${name}.json`);
  const ok = part(title, command, args, { INFERSCOPE_TEST_RESULTS: file });
  if (!existsSync(file)) return count(false);
  const { numPassedTests, numFailedTests, success } = JSON.parse(readFileSync(file, 'utf8'));
  passed += numPassedTests;
  failed += numFailedTests;
  if ((!ok || !success) && numFailedTests === 0) failed++;
}

tests('npm test', 'npm', ['test'], 'test');
count(part('npm run check', 'npm', ['run', '-s', 'check']));
tests('slow suites (browser, Jaeger, Python)', 'node_modules/.bin/vitest', ['run', '--config', 'vitest.slow.config.ts', '--passWithNoTests'], 'slow');
if (existsSync('bench/run.mjs')) count(part('benches, a smoke run', process.execPath, ['bench/run.mjs', 'all', '--smoke']));

console.log(`\nCI took ${((performance.now() - started) / 60_000).toFixed(1)} minutes.`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
