/**
 * What tracing the inside of a session run costs: `node bench/session-trace.mjs [--json] [--smoke]` after `npm run build`.
 *
 * Ratios are traced ÷ plain wall time of blocks that take turns, with a 95 % interval of the median over the rounds;
 * `off` compares processes that have the add-on loaded with processes that have not.
 */
import '../dist/telemetry/live/node-compat.js';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { middle, ratio, tracingShare } from './statistics/rounds.mjs';

const require = createRequire(import.meta.url);
const fixture = (name) => fileURLToPath(new URL(`../test/fixtures/session/${name}`, import.meta.url));
const MODELS = [
  { name: 'tiny', folder: 'dense', shape: [32, 4], block: 40 },
  { name: 'cnn batch 1', folder: 'convolution', shape: [1, 64, 64, 3], block: 5 },
  { name: 'cnn batch 8', folder: 'convolution', shape: [8, 64, 64, 3], block: 2 },
  { name: 'lstm 100 steps', folder: 'recurrent', shape: [1, 100, 8], block: 3 },
];
const smoke = process.argv.includes('--smoke');
const ROUNDS = smoke ? 3 : 40;
/** Time given to sampled calls of each model. */
const SAMPLED_MILLIS = smoke ? 100 : 4000;
const PROCESSES = smoke ? 1 : 10;

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');

process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';
if (process.argv.includes('--child')) await child(process.argv.includes('--with'));
else await main();

async function main() {
  const { loadAddon } = await import('../dist/engines/tensorflow/session/addon.js');
  const status = loadAddon();
  if (status.status === 'unavailable') {
    console.error(status.reason);
    process.exit(69);
  }
  const tf = require('@tensorflow/tfjs-node');
  /** @type {import('./statistics/rounds.mjs').Result[]} */
  const results = [];
  for (const model of MODELS) results.push(...(await measure(tf, status.addon, model)));
  results.push(...(await agreement(tf, status.addon)));
  results.push(...(await eagerCost(tf, status.addon)));
  results.push(offCost());
  if (process.argv.includes('--json')) console.log(JSON.stringify({ results }));
  else for (const row of results) console.log(`${row.name}: ${(row.ratio ?? row.value).toFixed(3)} [${row.low.toFixed(3)}, ${row.high.toFixed(3)}]${row.goal === undefined ? '' : `, goal at most ${row.goal}`}`);
  process.exit(0);
}

/** Traced alone, traced and read, and sampled, each against plain calls in turns; cost of reading a node. */
async function measure(tf, addon, { name, folder, shape, block }) {
  const { createSessionTracer } = await import('../dist/engines/tensorflow/session/tracer.js');
  const { createSampler } = await import('../dist/engines/session/sampling.js');
  const model = await tf.node.loadSavedModel(fixture(folder));
  const input = tf.randomUniform(shape);
  const tracer = createSessionTracer(addon, { iterations: 'each' });
  const folding = createSessionTracer(addon);
  const sampler = createSampler();
  const run = () => tf.dispose(model.predict(input));
  const read = (used) => {
    used.traceNextRun();
    run();
    return used.takeTrace();
  };
  const calls = { traced: [], plain: [] };
  const sampled = () => {
    const traced = sampler.decide();
    const start = performance.now();
    if (traced) read(folding);
    else run();
    const millis = performance.now() - start;
    sampler.record({ traced, nanos: millis * 1e6 });
    (traced ? calls.traced : calls.plain).push(millis);
  };
  const traceOnly = () => {
    addon.slots[0] = 1;
    run();
    addon.take();
  };
  for (let call = 0; call < 30; call++) [run, traceOnly, () => read(tracer)][call % 3]();
  const perNode = [];
  const rounds = { plain: [], traced: [], read: [] };
  const kinds = [['plain', run], ['traced', traceOnly], ['read', () => read(folding)]];
  for (let round = 0; round < ROUNDS; round++) {
    // Another one first each time, and nobody's garbage in another's block.
    for (let turn = 0; turn < kinds.length; turn++) {
      const [kind, body] = kinds[(round + turn) % kinds.length];
      gc({ type: 'minor' });
      time(Math.ceil(block / 4), run);
      rounds[kind].push(time(block * 2, body));
    }
    const { decodeNanos, kernels } = read(tracer);
    perNode.push(decodeNanos / kernels.length);
  }
  // Apart from the above, whose garbage is collected on the second core for a while.
  gc();
  time(block * 20, sampled);
  calls.traced.length = calls.plain.length = 0;
  time(Math.round(SAMPLED_MILLIS / time(block, run)), sampled);
  /** @type {import('./statistics/rounds.mjs').Result[]} */
  const results = [
    { name: `${name}: traced ÷ plain`, ...ratio(rounds.traced, rounds.plain) },
    { name: `${name}: traced and read ÷ plain`, ...ratio(rounds.read, rounds.plain) },
    { name: `${name}: share of the time that sampled tracing (1 in ${sampler.period}) took`, ...tracingShare(calls), goal: 0.05 },
    { name: `${name}: reading a node, ns`, ...middle(perNode) },
  ];
  model.dispose();
  input.dispose();
  return results;
}

/** Kernel time inside traced runs against two other clocks: plain calls, and the same operations run one by one. */
async function agreement(tf, addon) {
  const { createSessionTracer } = await import('../dist/engines/tensorflow/session/tracer.js');
  const { createEagerClock } = await import('../dist/engines/tensorflow/session/clock.js');
  const model = await tf.node.loadSavedModel(fixture('heavy'));
  const input = tf.randomUniform([512, 512], -0.05, 0.05);
  const tracer = createSessionTracer(addon);
  const clock = createEagerClock(addon);
  const inside = () => {
    tracer.traceNextRun();
    model.predict(input).dispose();
    return tracer.takeTrace().kernels.reduce((sum, kernel) => sum + kernel.durationNanos, 0);
  };
  const plain = () => time(1, () => model.predict(input).dispose()) * 1e6;
  const oneByOne = () => {
    const before = clock.totalNanos;
    clock.enable();
    tf.tidy(() => {
      let x = input;
      for (let step = 0; step < 8; step++) x = tf.add(tf.tanh(tf.matMul(x, x)), x);
    });
    clock.disable();
    return clock.totalNanos - before;
  };
  const takes = { inside: [], plain: [], oneByOne: [] };
  for (let round = -3; round < ROUNDS; round++) {
    const row = { inside: inside(), plain: plain(), oneByOne: oneByOne() };
    if (round >= 0) for (const [name, nanos] of Object.entries(row)) takes[name].push(nanos);
  }
  return [
    { name: 'heavy: sum of kernels ÷ plain call (0.85 to 1.15 is sought)', ...ratio(takes.inside, takes.plain) },
    { name: 'heavy: sum of kernels ÷ native time operation by operation', ...ratio(takes.inside, takes.oneByOne) },
  ];
}

/** Three operations of the tiny model, one by one: timed inside TensorFlow as sampled calls are, against untouched. */
async function eagerCost(tf, addon) {
  const { createEagerClock } = await import('../dist/engines/tensorflow/session/clock.js');
  const clock = createEagerClock(addon);
  const x = tf.ones([32, 4]);
  const w = tf.ones([4, 2]);
  const b = tf.ones([2]);
  const run = () => tf.tidy(() => tf.relu(tf.add(tf.matMul(x, w), b)));
  let native = 0;
  const { binding } = tf.backend();
  // What instrumentation does around each operation of a sampled call.
  const timed = Object.create(binding, {
    executeOp: {
      value: (...args) => {
        clock.enable();
        const seen = clock.count;
        const result = binding.executeOp(...args);
        clock.disable();
        // As instrumentation does: both are read, and become a row.
        if (clock.count !== seen && clock.lastStartNanos > 0) native += clock.lastNanos;
        return result;
      },
    },
  });
  const untouched = Object.create(binding, { executeOp: { value: (...args) => binding.executeOp(...args) } });
  const rounds = { timed: [], untouched: [], native: [] };
  for (let round = -3; round < ROUNDS; round++) {
    const taken = {};
    for (const [kind, used] of round % 2 === 0 ? [['timed', timed], ['untouched', untouched]] : [['untouched', untouched], ['timed', timed]]) {
      tf.backend().binding = used;
      time(20, run);
      native = 0;
      taken[kind] = time(200, run);
      if (kind === 'timed') taken.native = native / 200 / 1e6;
    }
    tf.backend().binding = binding;
    if (round >= 0) for (const [name, millis] of Object.entries(taken)) rounds[name].push(millis);
  }
  for (const tensor of [x, w, b]) tensor.dispose();
  return [
    { name: 'eager: call with each operation timed inside ÷ untouched (1 call in 8 at most)', ...ratio(rounds.timed, rounds.untouched) },
    { name: 'eager: native ÷ whole time of three tiny operations', ...ratio(rounds.native, rounds.untouched) },
  ];
}

/** Processes with and without the add-on take turns, on one core where that can be asked for: threads add noise. */
function offCost() {
  const times = { '--with': [], '--without': [] };
  for (let round = 0; round < PROCESSES; round++) {
    for (const kind of round % 2 === 0 ? ['--with', '--without'] : ['--without', '--with']) {
      const command = [process.execPath, fileURLToPath(import.meta.url), '--child', kind];
      const pinned = spawnSync('taskset', ['-c', '0', ...command], { encoding: 'utf8' });
      const { stdout } = pinned.error === undefined ? pinned : spawnSync(command[0], command.slice(1), { encoding: 'utf8' });
      times[kind].push(Number(stdout.trim().split('\n').at(-1)));
    }
  }
  return { name: 'tiny: add-on loaded but off ÷ no add-on', ...ratio(times['--with'], times['--without']), goal: 1.01 };
}

/** Prints the fastest block's milliseconds: noise only adds. */
async function child(withAddon) {
  if (withAddon) (await import('../dist/engines/tensorflow/session/addon.js')).loadAddon();
  const tf = require('@tensorflow/tfjs-node');
  const model = await tf.node.loadSavedModel(fixture('dense'));
  const input = tf.ones([32, 4]);
  const run = () => tf.dispose(model.predict(input));
  time(500, run);
  console.log(Math.min(...Array.from({ length: 60 }, () => time(50, run))));
}

function time(count, body) {
  const start = performance.now();
  for (let call = 0; call < count; call++) body();
  return (performance.now() - start) / count;
}
