/**
 * How often a comparison is right: equals compared with each other, a planted +10 %, and one thing measured again and again.
 * `npm run bench -- truth [--json] [--smoke] [--minutes 30] [--kinds stored,measured,…] [--results FOLDER]
 * [--model test/fixtures/layers-tiny] [--batch 32]`
 *
 * Kinds of trials, in turn until `--minutes` are over:
 * - stored: two profiles of one model (1.5 s), then `compare` of the two folders; and the calls of both as traces of a service before
 *   and after a moment, as `flame --against` judges them. short: the same with profiles of 0.1 s
 * - measured: `compare A A`; planted: the candidate spins for a tenth of its call; graph: uncompiled against the traced graph
 * - programs: `compare --run` of one program with itself
 * Every other trial of a kind has a second busy process beside it. `--results` keeps the recordings of each trial, and its load, in a
 * folder: a later run goes on with those that are there (`--minutes 0` only judges them again, by the rules of now). Reported: shares of false verdicts (goal 0.05), of planted slowdowns found (goal 0.8), and how often the
 * interval of "graph" holds the median of all its repetitions (goal 0.9), each with Wilson's 95 % interval; and the same for trials that
 * are drawn from the recorded pairs, each pair once its own way round and once the other.
 */
import { execFile, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { analyse } from '../dist/analyse/analyse.js';
import { pairEstimate, pairLatencies, pairedRatios, pairsRatio } from '../dist/analyse/compare-pairs.js';
import { compareRuns } from '../dist/analyse/compare-runs.js';
import { lookSizes } from '../dist/analyse/gate-looks.js';
import { wilsonInterval } from '../dist/analyse/statistics/wilson.js';
import { verdictOf } from '../dist/model/verdict.js';
import { callTrees } from '../dist/telemetry/spans/span-tree.js';
import { RecordingBuilder } from '../dist/telemetry/spans/recording-builder.js';
import { tracesDataFromSpans } from '../dist/formats/otlp/write-json.js';
import { spansFromRecording } from '../dist/telemetry/spans/spans-from-recording.js';
import { traceBatches } from '../dist/telemetry/otlp/batches.js';
import { readRun } from '../dist/runs/run-folder.js';
import { uniformFrom } from '../dist/model/random.js';

/** @type {{ type: 'string' }} */
const text = { type: 'string' };
const { values } = parseArgs({ options: { json: { type: 'boolean' }, smoke: { type: 'boolean' }, minutes: text, kinds: text, results: text, model: text, batch: text } });
const minutes = Number(values.minutes ?? 30);
const model = values.model ?? 'test/fixtures/layers-tiny';
const BATCH = ['--batch', values.batch ?? '32'];
const CLI = path.resolve('dist/cli/main.js');
const SLOW_CALLS = new URL('gate/slow-calls.mjs', import.meta.url).href;
/** Works until its parent is gone, however that ended. */
const BUSY = 'const parent = process.ppid; while (process.ppid === parent);';
const PLANTED = 0.1;
const PRACTICAL = 0.02;
const run = promisify(execFile);

const scratch = mkdtempSync(path.join(tmpdir(), 'inferscope-truth-'));
const results = values.results ?? path.join(scratch, 'results');
const few = values.smoke ? ['--pairs', '1', '--max-pairs', '1', '--duration', '0.1'] : [];
const told = (verdict) => verdict === 'faster' || verdict === 'slower';

const inferscope = (...args) => run(process.execPath, [CLI, ...args, '--json'], { maxBuffer: 2 ** 28 });
const compare = (out, ...args) => inferscope('compare', ...args, '--out', out, ...few);

async function twoProfiles(out, seconds) {
  for (const name of ['a', 'b']) {
    await inferscope('profile', model, ...BATCH, '--quick', '--variants', 'uncompiled/predict', '--duration', seconds, '--level', 'stages', '--out', path.join(out, name));
  }
}

function programs(out) {
  const program = path.join(scratch, 'program.cjs');
  writeFileSync(program, `const tf = require(${JSON.stringify(path.resolve('node_modules/@tensorflow/tfjs-node'))});
(async () => {
  const model = await tf.loadLayersModel(${JSON.stringify(`file://${path.resolve(model)}/model.json`)});
  for (let call = 0; call < 2000; call += 1) { const x = tf.ones([32, ...model.inputs[0].shape.slice(1)]); const y = model.predict(x); y.dataSync(); tf.dispose([x, y]); }
})();`);
  const command = `${process.execPath} ${program}`;
  return compare(out, '--run', command, command);
}

const MAKE = {
  stored: (out) => twoProfiles(out, values.smoke ? '0.1' : '1.5'),
  short: (out) => twoProfiles(out, '0.1'),
  measured: (out) => compare(out, model, model, ...BATCH),
  planted: (out) => compare(out, model, model, ...BATCH, '--env-b', `NODE_OPTIONS=--import=${SLOW_CALLS}`, '--env-b', `INFERSCOPE_BENCH_SLOWER_SHARE=${PLANTED}`),
  graph: (out) => compare(out, model, model, ...BATCH, '--variant-b', 'graph/predict'),
  programs,
};
const KINDS = (values.kinds ?? (values.smoke ? 'short,measured' : 'stored,short,measured,planted,programs,graph')).split(',');

const trialsOf = (kind) => (existsSync(results) ? readdirSync(results).filter((name) => name.startsWith(`${kind}-`)).sort() : []);

/** @returns {{ kind: string, busy: boolean, load: [number, number] }} */
const factsOf = (folder) => JSON.parse(readFileSync(path.join(folder, 'trial.json'), 'utf8'));

/** Runs a trial and keeps its recordings in a folder of its own, whole or not at all. */
async function trial(kind) {
  const earlier = trialsOf(kind).map((name) => factsOf(path.join(results, name)));
  const isBusy = earlier.filter(({ busy }) => busy).length < earlier.length / 2;
  const busy = isBusy ? spawn(process.execPath, ['-e', BUSY], { stdio: 'ignore' }) : undefined;
  const before = loadavg()[0];
  const out = path.join(scratch, 'trial');
  try {
    await MAKE[kind](out);
  } finally {
    busy?.kill('SIGKILL');
  }
  for (const name of readdirSync(out, { recursive: true, encoding: 'utf8' })) if (/^(.*\/)?(stacks|report\..*|tensorflow\.log)$/.test(name)) rmSync(path.join(out, name), { recursive: true, force: true });
  writeFileSync(path.join(out, 'trial.json'), JSON.stringify({ kind, busy: isBusy, load: [before, loadavg()[0]] }));
  mkdirSync(results, { recursive: true });
  const kept = path.join(results, `${kind}-${new Date().toISOString().replaceAll(':', '')}`);
  cpSync(out, `${kept}.part`, { recursive: true });
  renameSync(`${kept}.part`, kept);
  rmSync(out, { recursive: true });
  if (!values.json) console.error(path.basename(kept), JSON.stringify(judge(kept)));
}

/** The calls of two processes as they come back from a trace store, split at a moment between them. */
function asService(...recordings) {
  const names = ['before', 'after'];
  let which = 0;
  const builder = new RecordingBuilder(() => names[which]);
  recordings.forEach((recording, index) => {
    which = index;
    const measured = { ...recording, calls: recording.calls.map((call) => ({ ...call, round: -1 })) };
    for (const { spans } of traceBatches(spansFromRecording(measured).rows(), 1e6)) {
      const data = tracesDataFromSpans(spans);
      for (const { resource } of data.resourceSpans) /** @type {object[]} */ (resource.attributes).push({ key: 'service.instance.id', value: { stringValue: names[index] } });
      callTrees(data).calls.forEach((call) => builder.addCall(call));
    }
  });
  return builder.finish();
}

/** The upper one of an even number. */
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

const brief = ({ ratio, interval, verdict }) => ({ ratio, interval, verdict });

/** What is said of a kept trial by the rules of now. */
function judge(folder) {
  const { kind, busy, load } = factsOf(folder);
  if (kind === 'stored' || kind === 'short') {
    const [a, b] = ['a', 'b'].map((name) => readRun(path.join(folder, name)));
    return { kind, busy, load, ...brief(compareRuns(a, b).comparisons[0]), services: brief(analyse([asService(a[0], b[0])]).comparisons[0]) };
  }
  const recordings = readRun(folder);
  const latencies = Array.from({ length: Math.max(...recordings.map(({ meta }) => meta.pair.number)) }, (_, index) => pairLatencies(recordings.filter(({ meta }) => meta.pair.number === index + 1)));
  const [comparison] = pairedRatios(latencies);
  const pairs = latencies.map((pair) => pairEstimate(pair, [comparison.baseline, comparison.candidate], 0.95));
  return { kind, busy, load, ...brief({ ...comparison, ratio: comparison.value }), pairs };
}

async function makeTrials() {
  const until = performance.now() + minutes * 60e3;
  if (values.smoke) for (const kind of KINDS) await trial(kind);
  for (let made = 0; !values.smoke && performance.now() < until; made += 1) {
    const kind = KINDS[made % KINDS.length];
    await trial(kind).catch((thrown) => console.error(`${kind}: ${thrown.message}`));
  }
}

function share(name, trials, hit, goal) {
  if (trials.length === 0) return [];
  const hits = trials.filter(hit).length;
  const [low, high] = wilsonInterval(hits, trials.length, 0.95);
  return [{ name, value: hits / trials.length, low, high, hits, trials: trials.length, goal }];
}

const DRAWN = 2000;
const LOOKS = lookSizes(5, 20);

/** What `compare` would have said of pairs drawn from these, looking when it looks. */
function drawn(bank, { shift = 0, random }) {
  const pairs = [];
  for (const [index, size] of LOOKS.entries()) {
    while (pairs.length < size) {
      const { log, error } = bank[Math.floor(random() * bank.length)];
      pairs.push({ log: (random() < 0.5 ? -1 : 1) * log + shift, error });
    }
    const verdict = verdictOf(pairsRatio(pairs, { number: index + 1, of: LOOKS.length }), PRACTICAL);
    if (verdict !== 'cannot-tell' || index === LOOKS.length - 1) return verdict;
  }
}

const isWithin = ([low, high], value) => low <= value && value <= high;

function figures(done) {
  const of = (kind) => done.filter((one) => one.kind === kind);
  const equals = [...of('stored'), ...of('short')];
  const grand = median(of('graph').map(({ ratio }) => ratio));
  const bank = of('measured').flatMap(({ pairs }) => pairs);
  const random = uniformFrom(1);
  const draws = (shift) => (bank.length < 20 ? [] : Array.from({ length: DRAWN }, () => drawn(bank, { shift, random })));
  const everyEqual = [...equals, ...equals.map(({ services }) => services), ...of('measured'), ...of('programs')];
  return [
    ...share('false verdicts of equals, all ways', everyEqual, ({ verdict }) => told(verdict), 0.05),
    ...share('stored, 1.5 s: false verdicts', of('stored'), ({ verdict }) => told(verdict), 0.05),
    ...share('stored, 0.1 s: false verdicts', of('short'), ({ verdict }) => told(verdict), 0.05),
    ...share('services: false verdicts', equals, ({ services }) => told(services.verdict), 0.05),
    ...share('measured: false verdicts', of('measured'), ({ verdict }) => told(verdict), 0.05),
    ...share('programs: false verdicts', of('programs'), ({ verdict }) => told(verdict), 0.05),
    ...share(`measured, drawn from ${bank.length} pairs: false verdicts`, draws(0), told, 0.05),
    ...share('planted +10 %: found', of('planted'), ({ verdict }) => verdict === 'slower', 0.8),
    ...share(`planted +10 %, drawn from ${bank.length} pairs: found`, draws(Math.log(1 + PLANTED)), (verdict) => verdict === 'slower', 0.8),
    ...share('graph ÷ uncompiled: interval holds the median of all repetitions', of('graph'), ({ interval }) => isWithin(interval, grand), 0.9),
  ];
}

function report(done) {
  const all = figures(done);
  if (values.json) return console.log(JSON.stringify({ results: all }));
  console.log('| | share | 95 % interval | count | goal |\n|---|---|---|---|---|');
  for (const { name, value, low, high, hits, trials, goal } of all) console.log(`| ${name} | ${(value * 100).toFixed(0)} % | ${(low * 100).toFixed(0)} % to ${(high * 100).toFixed(0)} % | ${hits} of ${trials} | ${goal * 100} % |`);
  const loads = done.flatMap(({ load }) => load);
  console.log(`\nLoad of the machine (${availableParallelism()} processors): ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}, median ${median(loads)?.toFixed(1)}.`);
}

if (values.smoke || minutes > 0) await makeTrials();
report(KINDS.flatMap((kind) => trialsOf(kind)).filter((name) => !name.endsWith('.part')).map((name) => judge(path.join(results, name))));
rmSync(scratch, { recursive: true, force: true });
