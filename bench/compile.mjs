/**
 * Operation by operation, as one graph, and as one graph with XLA: `node bench/compile.mjs [--json] [--quick | --smoke]`.
 *
 * The three run interleaved, in rounds of a random order, in one process, on the same tensors; each round times a block
 * of calls. Printed: median ms per call, and the ratio eager ÷ graph as the median of the rounds' ratios with the interval
 * that holds the true median with 95 % confidence (order statistics). Build `dist/` first.
 */
import '../dist/telemetry/live/node-compat.js';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

process.env.TF_CPP_MIN_LOG_LEVEL ??= '1';
const require = createRequire(import.meta.url);
const tf = require('@tensorflow/tfjs-node');
const { compileToGraph } = await import('../dist/index.js');

const json = process.argv.includes('--json');
const smoke = process.argv.includes('--smoke');
const quick = smoke || process.argv.includes('--quick');
const ROUNDS = smoke ? 3 : quick ? 9 : 25;
const BLOCK_MILLIS = smoke ? 2 : quick ? 8 : 20;

const dense = (units, activation, inputShape) => tf.layers.dense({ units, activation, ...(inputShape && { inputShape }) });
const sequential = (...layers) => tf.sequential({ layers });

const MODELS = [
  { name: 'tiny', shape: [4], goal: 4, make: () => sequential(dense(2, 'relu', [4]), dense(1, 'sigmoid')) },
  { name: 'mlp', shape: [512], make: () => sequential(dense(512, 'relu', [512]), dense(512, 'relu'), dense(512, 'relu'), dense(10, 'softmax')) },
  {
    name: 'cnn',
    shape: [32, 32, 3],
    make: () =>
      sequential(
        tf.layers.conv2d({ filters: 32, kernelSize: 3, activation: 'relu', inputShape: [32, 32, 3] }),
        tf.layers.maxPooling2d({}),
        tf.layers.conv2d({ filters: 64, kernelSize: 3, activation: 'relu' }),
        tf.layers.maxPooling2d({}),
        tf.layers.flatten(),
        dense(10, 'softmax'),
      ),
  },
  { name: 'lstm', shape: [20, 16], make: () => sequential(tf.layers.lstm({ units: 32, inputShape: [20, 16] }), dense(1, 'sigmoid')) },
  { name: 'audio', shape: [43844, 1], goal: 1.8, batches: quick ? [1] : [1, 32], rounds: { 1: 15, 32: 5 }, make: audioModel },
];

async function audioModel() {
  const root = new URL('../node_modules/@spotify/basic-pitch/model/', import.meta.url);
  const model = JSON.parse(readFileSync(new URL('model.json', root), 'utf8'));
  const [group] = model.weightsManifest;
  const bytes = readFileSync(new URL(group.paths[0], root));
  const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  return tf.loadGraphModel({ load: async () => ({ ...model, weightSpecs: group.weights, weightData }) });
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Interval of the median: ranks from the normal approximation of the binomial. */
function interval(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = 0.98 * Math.sqrt(sorted.length);
  const at = (rank) => sorted[Math.min(sorted.length - 1, Math.max(0, rank))];
  return [at(Math.floor(sorted.length / 2 - half)), at(Math.ceil(sorted.length / 2 + half))];
}

function block(call, times) {
  const started = performance.now();
  for (let i = 0; i < times; i += 1) tf.dispose(call());
  return (performance.now() - started) / times;
}

async function measure(spec, batch) {
  const model = await spec.make();
  const x = tf.randomNormal([batch, ...spec.shape]);
  const built = {};
  const compiled = (key, xla) => compileToGraph(tf, model, { xla, onGraphBuilding: ({ phases }) => (built[key] = Object.values(phases).reduce((a, b) => a + b, 0) / 1e6) });
  const [graph, xla] = [compiled('graph', false), compiled('xla', true)];
  const calls = { eager: () => model.predict(x), graph: () => graph.predict(x), xla: () => xla.predict(x) };
  const names = Object.keys(calls);
  for (const name of names) block(calls[name], 3);
  const times = Object.fromEntries(names.map((name) => [name, Math.max(1, Math.round(BLOCK_MILLIS / block(calls[name], 2)))]));
  const rounds = Array.from({ length: spec.rounds?.[batch] ?? ROUNDS }, () => {
    const round = {};
    for (const name of [...names].sort(() => Math.random() - 0.5)) round[name] = block(calls[name], times[name]);
    return round;
  });
  graph.dispose();
  xla.dispose();
  x.dispose();
  model.dispose();
  const figure = (name) => median(rounds.map((round) => round[name]));
  const ratio = (name) => rounds.map((round) => round.eager / round[name]);
  const saved = figure('eager') - figure('graph');
  return { model: spec.name, batch, eager: figure('eager'), graph: figure('graph'), xla: figure('xla'), ratio: ratio('graph'), xlaRatio: ratio('xla'), buildMillis: built.graph, xlaBuildMillis: built.xla, payBack: saved > 0 ? Math.ceil(built.graph / saved) : null };
}

const rows = [];
// A smoke run shows that the bench works, on the two models whose calls are short.
for (const spec of smoke ? MODELS.slice(0, 2) : MODELS) for (const batch of spec.batches ?? [1, 32]) rows.push({ spec, ...(await measure(spec, batch)) });

if (json) {
  const results = rows.flatMap(({ spec, model, batch, ratio, xlaRatio }) => {
    const entry = (name, values, goal) => ({ name, ratio: median(values), low: interval(values)[0], high: interval(values)[1], ...(goal === undefined ? {} : { goal }) });
    // The goal of a model is for batch 1; a larger batch has more work in its kernels and only must not be slower.
    return [entry(`graph ${model} batch ${batch}`, ratio, batch === 1 ? (spec.goal ?? 0.98) : 0.98), entry(`xla ${model} batch ${batch}`, xlaRatio)];
  });
  console.log(JSON.stringify({ results }));
} else {
  console.log(`tfjs-node ${tf.version['tfjs-node']}, Node ${process.version}; ms per call, median of ${ROUNDS} rounds`);
  console.log('| model | batch | op by op | graph | XLA | op by op ÷ graph | op by op ÷ XLA | building graph / XLA, ms | calls to pay back |');
  console.log('|---|---|---|---|---|---|---|---|---|');
  const show = (values) => `${median(values).toFixed(2)} (${interval(values).map((v) => v.toFixed(2)).join('–')})`;
  for (const r of rows) {
    console.log(`| ${r.model} | ${r.batch} | ${r.eager.toFixed(3)} | ${r.graph.toFixed(3)} | ${r.xla.toFixed(3)} | ${show(r.ratio)} | ${show(r.xlaRatio)} | ${r.buildMillis.toFixed(0)} / ${r.xlaBuildMillis.toFixed(0)} | ${r.payBack ?? 'never'} |`);
  }
}
