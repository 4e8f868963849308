/** `npm run check`: types (of bench/ and scripts/, too), lint, format, import layers, documentation. Fast, and always green. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const bin = (name) => `node_modules/.bin/${name}`;
/** @type {[string, string, string[]][]} */
const steps = [
  ['types', bin('tsc'), ['--noEmit', '-p', 'tsconfig.test.json']],
  ['scripts', process.execPath, ['scripts/check-scripts.mjs']],
  ['lint', bin('eslint'), ['--max-warnings', '0', '--cache', '--cache-location', 'node_modules/.cache/eslint/', 'src', 'test']],
  ['format', bin('prettier'), ['--check', '--cache', '--log-level', 'warn', 'src/**/*.ts', 'test/**/*.ts']],
  ['layers', process.execPath, ['scripts/check-layers.mjs']],
  ['docs', process.execPath, ['scripts/check-docs.mjs']],
  ['words', process.execPath, ['scripts/check-words.mjs']],
  ['dependencies', process.execPath, ['scripts/dependencies.mjs', '--check']],
];

if (!existsSync(bin('tsc'))) {
  console.error('The npm packages are missing: run `npm run setup` first.');
  process.exit(69);
}
for (const [name, command, args] of steps) {
  const started = performance.now();
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  console.log(`${status === 0 ? 'ok' : 'FAILED'}  ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  if (status !== 0) process.exit(1);
}
