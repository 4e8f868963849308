/**
 * Measures what docs/keras.md states and writes it between its markers, so that no figure there is typed by hand.
 *
 *   node scripts/keras-docs.mjs [reproduction] [kernels] [against] [overhead] [--quick] [--reproduction FOLDER]
 *
 * Default: all four, about 20 minutes on two quiet cores (two thirds of it `reproduction`, whose medium model has its true
 * size; `--quick` scales it down, and the table says so). `--reproduction` takes the folder of a `reproduce --runtime keras`
 * that has been run. Needs a built package and `node scripts/keras-envs.mjs`; `against` also `… tfjs-converter`. What
 * cannot be measured here is left as it was, and said.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readyPython } from './keras-envs.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = path.join(root, 'docs/keras.md');
const scratch = mkdtempSync(path.join(os.tmpdir(), 'inferscope-keras-docs-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
const TINY = 'src/engines/keras/seed_models.py:tiny';

/** @param {string[]} args @param {'inherit' | 'pipe'} [stdout] */
function inferscope(args, stdout = 'inherit') {
  const { status, stdout: printed } = spawnSync(process.execPath, ['dist/cli/main.js', ...args], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', stdout, 'inherit'] });
  if (status !== 0) throw new Error(`inferscope ${args.join(' ')} ended with ${status}`);
  return printed;
}

function pythonOf(name) {
  const python = readyPython(name);
  if (python === null) throw new Error(`${name} was not made here: node scripts/keras-envs.mjs ${name}`);
  return python;
}

/** What each block is made of. */
const BLOCKS = {
  reproduction({ quick, reproduction }) {
    const folder = reproduction ?? path.join(scratch, 'reproduction');
    if (reproduction === undefined) inferscope(['reproduce', '--runtime', 'keras', '--out', folder, ...(quick ? ['--quick'] : [])]);
    return readFileSync(path.join(folder, 'reproduction.md'), 'utf8').replace(/^# .*\n+/, '').replace(/^## /gm, '### ').trim();
  },
  kernels() {
    const folder = path.join(scratch, 'kernels');
    inferscope(['profile', TINY, '--python', pythonOf('tf-2.15.1'), '--batch', '32', '--variants', 'uncompiled/function', '--calls', '60', '--out', folder]);
    const rows = readFileSync(path.join(folder, 'report.md'), 'utf8').split('\n').filter((line) => /^\| `[^`]+` +\| kernel execution/.test(line));
    return ['```text', ...new Set(rows), '```'].join('\n');
  },
  against() {
    pythonOf('tfjs-converter');
    const folder = path.join(scratch, 'against');
    inferscope(['profile', TINY, '--python', pythonOf('keras-3'), '--batch', '32', '--variants', 'uncompiled/predict,uncompiled/call', '--calls', '120', '--against', 'tfjs', '--out', folder]);
    return readFileSync(path.join(folder, 'against-tfjs.md'), 'utf8').replace(/^## .*\n+/, '').trim();
  },
  overhead() {
    const calls = ['predict', 'predict_on_batch', 'function', 'call'];
    const columns = [['TensorFlow 2.0.0', 'tf-2.0.0'], ['Keras 3', 'keras-3']].map(([heading, name]) => {
      const args = ['profile', TINY, '--python', pythonOf(name), '--batch', '32', '--variants', calls.map((call) => `uncompiled/${call}`).join(','), '--calls', '600', '--json', '--out', path.join(scratch, `overhead-${name}`)];
      const note = /Cost of instrumentation[^"]*?: ([^"]*)\./.exec(inferscope(args, 'pipe'))?.[1] ?? '';
      return { heading, costs: new Map(note.split(', ').map((entry) => /** @type {[string, string]} */ (entry.split(' ')))) };
    });
    const row = (cells) => `| ${cells.join(' | ')} |`;
    return [row(['call', ...columns.map(({ heading }) => heading)]), '|---|---:|---:|', ...calls.map((call) => row([`\`${call}\``, ...columns.map(({ costs }) => costs.get(`uncompiled/${call}`) ?? '–')]))].join('\n');
  },
};

function withBlock(document, name, text) {
  const begin = `<!-- ${name}: written by scripts/keras-docs.mjs -->`;
  const end = `<!-- /${name} -->`;
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < 0) throw new Error(`${page} has no ${begin} … ${end}`);
  return `${document.slice(0, from + begin.length)}\n\n${text}\n\n${document.slice(to)}`;
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { quick: { type: 'boolean', default: false }, reproduction: { type: 'string' } } });
const unknown = positionals.filter((name) => !Object.hasOwn(BLOCKS, name));
if (unknown.length > 0 || (values.reproduction !== undefined && !existsSync(values.reproduction))) {
  console.error(unknown.length > 0 ? `There is no block ${unknown.join(', ')}; there are: ${Object.keys(BLOCKS).join(', ')}.` : `There is no folder ${values.reproduction}.`);
  process.exit(64);
}
const started = performance.now();
let failed = 0;
for (const name of positionals.length > 0 ? positionals : Object.keys(BLOCKS)) {
  try {
    const text = BLOCKS[name](values);
    writeFileSync(page, withBlock(readFileSync(page, 'utf8'), name, text));
    console.error(`${name}: written after ${((performance.now() - started) / 60_000).toFixed(1)} min`);
  } catch (error) {
    failed++;
    console.error(`${name}: left as it was: ${error.message}`);
  }
}
process.exitCode = failed > 0 ? 1 : 0;
