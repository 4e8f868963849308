/**
 * `npm run bench -- NAME [--json] [--smoke] [more arguments of that bench]`: runs `bench/NAME.mjs` in a process of its own.
 *
 * `all` runs every bench in turn. One that cannot run on this machine says why on stderr and exits with 69, which here
 * counts as skipped. Each bench's first comment says what it measures and which other arguments it takes.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const USAGE = 64;
const UNAVAILABLE = 69;
const folder = new URL('.', import.meta.url);
const names = readdirSync(folder).flatMap((file) => (file.endsWith('.mjs') && file !== 'run.mjs' ? [file.slice(0, -'.mjs'.length)] : [])).sort();
const [name, ...rest] = process.argv.slice(2);

if (name === undefined || name === '--help' || name === '-h') help(name === undefined ? USAGE : 0);
else if (name === 'all') process.exitCode = all();
else if (!names.includes(name)) help(USAGE, `There is no bench ${JSON.stringify(name)}.`);
else process.exitCode = exitOf(name, run(name, 'inherit').status);

function help(exitCode, problem) {
  const lines = names.map((known) => `  ${known.padEnd(18)} ${summary(known)}`);
  const text = [...(problem ? [problem, ''] : []), 'npm run bench -- NAME [--json] [--smoke]', '', ...lines, `  ${'all'.padEnd(18)} every bench in turn`].join('\n');
  (exitCode === 0 ? console.log : console.error)(text);
  process.exitCode = exitCode;
}

/** What a bench's first comment says, up to its first colon or full stop. */
function summary(known) {
  const comment = /\/\*\*([\s\S]*?)\*\//.exec(readFileSync(new URL(`${known}.mjs`, folder), 'utf8'))?.[1] ?? '';
  return comment.replaceAll(/\s*\n \* ?/g, ' ').trim().replace(/^`[^`]*`: /, '').split(/: `|[.:] |\.$/)[0].replaceAll('`', '');
}

function run(known, stdout) {
  return spawnSync(process.execPath, [fileURLToPath(new URL(`${known}.mjs`, folder)), ...rest], { stdio: ['ignore', stdout, 'inherit'], encoding: 'utf8', maxBuffer: 2 ** 26 });
}

/** Says that a bench was skipped or failed, and gives the exit code that stands for it. */
function exitOf(known, status) {
  if (status === 0) return 0;
  console.error(status === UNAVAILABLE ? `${known}: skipped, for the reason above.` : `${known}: failed with exit code ${status}.`);
  return status === UNAVAILABLE ? 0 : (status ?? 1);
}

function all() {
  const json = rest.includes('--json');
  const results = [];
  let worst = 0;
  for (const known of names) {
    const started = performance.now();
    if (!json) console.log(`\n== ${known}`);
    const { status, stdout } = run(known, json ? 'pipe' : 'inherit');
    worst = Math.max(worst, exitOf(known, status));
    if (json && status === 0) results.push(...JSON.parse(stdout).results.map((result) => ({ bench: known, ...result })));
    console.error(`${known}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
  if (json) console.log(JSON.stringify({ results }));
  return worst;
}
