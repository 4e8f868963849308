/**
 * Tries Inferscope on each Node.js with each tfjs-node and each TensorFlow below, and writes docs/versions.md from what came.
 *
 *   node scripts/versions-table.mjs
 *
 * Needs a built package, Linux x64, 3 GB of disk and some ten minutes. The Node.js versions are those of
 * scripts/node-versions.mjs; each tfjs-node gets a project of its own in the cache folder, and its binding is built for
 * each TensorFlow by the same steps as in `npm run setup`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { NODES, ensureNode } from './node-versions.mjs';
import { select } from './setup/binding.mjs';
import { bindingOf, ensureBinding } from './setup/build-binding.mjs';
import { placesOf } from './setup/paths.mjs';
import { Progress } from './setup/progress.mjs';
import { ensureLibrary } from './setup/wheel.mjs';

const TFJS = ['4.10.0', '4.16.0', '4.22.0'];
const TENSORFLOW = ['2.15.1', '2.18.1', '2.21.0'];

const root = fileURLToPath(new URL('..', import.meta.url));
const cli = path.join(root, 'dist/cli/main.js');
const model = path.join(root, 'test/fixtures/layers-tiny');
const scratch = mkdtempSync(path.join(os.tmpdir(), 'inferscope-versions-'));
let runs = 0;

const PROGRAM = `
const tf = require('@tensorflow/tfjs-node');
const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4] })] });
for (let i = 0; i < 3; i++) tf.tidy(() => model.predict(tf.ones([2, 4])).dataSync());
`;

/** A project with one version of tfjs-node, its binding not built. @returns {import('./setup/context.mjs').Context & { folder: string }} */
function projectWith(version) {
  const own = placesOf(root, process.env);
  const folder = path.join(own.cache, 'versions', `tfjs-node-${version}`);
  const modules = path.join(folder, 'node_modules');
  const tfjs = path.join(modules, '@tensorflow/tfjs-node');
  if (!existsSync(path.join(modules, '.package-lock.json'))) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: { '@tensorflow/tfjs-node': version } }));
    const { status, stderr } = spawnSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, encoding: 'utf8' });
    if (status !== 0) throw new Error(`tfjs-node ${version} cannot be installed: ${stderr.slice(-800)}`);
  }
  writeFileSync(path.join(folder, 'app.cjs'), PROGRAM);
  return { places: { ...own, tfjs, stamps: path.join(modules, '.inferscope') }, env: process.env, progress: new Progress(process.stderr, false), where: /** @type {const} */ ('project'), verbose: false, folder };
}

/** @returns {{ status: number | null, stdout: string, stderr: string }} */
function run(node, folder, args) {
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2', NODE_OPTIONS: '', PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}` };
  return spawnSync(node, args, { cwd: folder, env, encoding: 'utf8', maxBuffer: 1 << 28, timeout: 300_000 });
}

/** `works`, `warns`, or `fails` with the first line that names an error. */
function alone(node, folder) {
  const { status, stderr } = run(node, folder, ['app.cjs']);
  const error = stderr.split('\n').find((line) => /Error: /.test(line))?.trim() ?? `exit code ${status}`;
  return status !== 0 ? `fails: ${error}` : stderr.includes('DeprecationWarning') ? 'works, with warnings' : 'works';
}

const reportOf = ({ status, stdout }) => (status === 0 ? JSON.parse(stdout) : undefined);

/** What works, by name. */
function tried(node, folder) {
  const out = () => path.join(scratch, String((runs += 1)));
  const profile = reportOf(run(node, folder, [cli, 'profile', model, '--variants', 'uncompiled/predict,graph/predict', '--calls', '10', '--warmup', '1', '--quick', '--json', '--out', out()]));
  const program = reportOf(run(node, folder, [cli, 'run', '--json', '--out', out(), '--', node, 'app.cjs']));
  const inside = profile?.variants[1]?.kernels.some(({ op }) => /MatMul/.test(op)) ?? false;
  return { profile: profile !== undefined, 'kernels inside session runs': inside, run: program?.variants[0]?.calls >= 2 };
}

const cell = (works) => {
  const missing = Object.entries(works).flatMap(([name, ok]) => (ok ? [] : [name]));
  return missing.length === 0 ? 'all' : missing.length === Object.keys(works).length ? 'nothing' : `not ${missing.join(', ')}`;
};

/** Puts a TensorFlow into the project. @returns {Promise<string | undefined>} why not */
async function prepare(context, tensorflow) {
  try {
    const library = await ensureLibrary(context, tensorflow);
    const { file } = await ensureBinding(context, tensorflow, library);
    mkdirSync(bindingOf(context.places).folder, { recursive: true });
    select(context.places, library, file);
    return undefined;
  } catch (error) {
    return error.message;
  }
}

async function main() {
  const nodes = [];
  for (const name of Object.keys(NODES).sort((a, b) => Number.parseInt(NODES[a].version) - Number.parseInt(NODES[b].version))) nodes.push({ version: NODES[name].version, file: await ensureNode(name) });
  /** @type {Map<string, { alone: Set<string>, cells: string[] }>} */
  const rows = new Map(nodes.flatMap(({ version }) => TENSORFLOW.map((tensorflow) => [`${version} | ${tensorflow}`, { alone: new Set(), cells: [] }])));
  for (const tfjs of TFJS) {
    const context = projectWith(tfjs);
    for (const tensorflow of TENSORFLOW) {
      const problem = await prepare(context, tensorflow);
      for (const { version, file } of nodes) {
        const row = rows.get(`${version} | ${tensorflow}`);
        row.cells.push(problem === undefined ? cell(tried(file, context.folder)) : 'cannot be built');
        if (problem === undefined) row.alone.add(alone(file, context.folder));
        console.error(`Node.js ${version}, TensorFlow ${tensorflow}, tfjs-node ${tfjs}: ${row.cells.at(-1)}; by itself: ${[...row.alone].at(-1)}`);
      }
      if (problem !== undefined) console.error(problem);
    }
  }
  writeFileSync(path.join(root, 'docs/versions.md'), page(rows));
}

const page = (rows) => `# Versions

Written by \`node scripts/versions-table.mjs\` from real runs on Linux x64: on each Node.js, with each tfjs-node and each native
TensorFlow, a layers model was profiled as it is and as a graph, and a program was run by \`inferscope run\`.

| Node.js | TensorFlow | ${TFJS.map((version) => `tfjs-node ${version}`).join(' | ')} | tfjs-node without Inferscope |
|---|---|${TFJS.map(() => '---|').join('')}---|
${[...rows].map(([key, { cells, alone: words }]) => `| ${key} | ${cells.join(' | ')} | ${[...words].join('; ')} |`).join('\n')}

*all*: \`profile\`, the kernels inside session runs (the native add-on), and \`run\`. Older and newer versions of tfjs-node 4 call the
same two functions of \`util\` (4.0.0 and every 4.10 to 4.22 were looked through); 4.22.0 is the last.

Node.js 23 removed \`util.isNullOrUndefined\`, which tfjs-node's kernels call, and 22 began to warn of it and of \`util.isArray\`.
Inferscope puts back what is missing, and nothing else, wherever it loads or notices TensorFlow; what is there stays as it is, and
the warnings that your own code causes still come. A program without Inferscope gets the same from one line, before TensorFlow:

\`\`\`js
import 'inferscope/node-compat'; // or require, or node --import inferscope/node-compat app.js
\`\`\`
`;

try {
  await main();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
