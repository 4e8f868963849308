/**
 * How often a comparison is right: equals compared with each other, a planted +10 %, and one thing measured again and again.
 * `npm run bench -- truth [--json] [--smoke] [--minutes 30] [--results truth.jsonl] [--model test/fixtures/layers-tiny] [--batch 32]`
 *
 * Every other trial has a second busy process beside it. Kinds of trials, in turn until `--minutes` are over:
 * - stored: two profiles of one model, then `compare` of the two folders
 * - services: the calls of these two as traces of a service before and after a moment, as `flame --against` judges them
 * - measured: `compare A A`; planted: the candidate spins for a tenth of its call; graph: uncompiled against the traced graph
 * - programs: `compare --run` of one program with itself
 * With `--results` each trial is kept there as it ends, and a later run goes on with those that are there. Reported: shares of
 * false verdicts (goal 0.05), of planted slowdowns found (goal 0.8), and how often the interval of "graph" holds the median of all
 * its repetitions (goal 0.9), each with Wilson's 95 % interval.
 */
import { execFile, fork } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { analyse } from '../dist/analyse/analyse.js';
import { compareRuns } from '../dist/analyse/compare-runs.js';
import { wilsonInterval } from '../dist/analyse/statistics/wilson.js';
import { callTrees } from '../dist/export/otlp/span-tree.js';
import { RecordingBuilder } from '../dist/export/otlp/recording-builder.js';
import { tracesDataFromSpans } from '../dist/export/otlp/json-encode.js';
import { spansFromRecording } from '../dist/export/spans-from-recording.js';
import { traceBatches } from '../dist/export/otlp/batches.js';
import { readRun } from '../dist/api/run-folder.js';

const text = { type: 'string' };
const { values } = parseArgs({ options: { json: { type: 'boolean' }, smoke: { type: 'boolean' }, minutes: text, results: text, model: text, batch: text } });
const minutes = Number(values.minutes ?? (values.smoke ? 0 : 30));
const model = values.model ?? 'test/fixtures/layers-tiny';
const BATCH = ['--batch', values.batch ?? '32'];
const CLI = path.resolve('dist/cli/main.js');
const SLOW_CALLS = new URL('gate/slow-calls.mjs', import.meta.url).href;
const PLANTED = 0.1;
const run = promisify(execFile);

const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-truth-'));
const told = ({ verdict }) => verdict === 'faster' || verdict === 'slower';

async function inferscope(...args) {
  const { stdout } = await run(process.execPath, [CLI, ...args, '--json'], { maxBuffer: 2 ** 28 });
  return JSON.parse(stdout);
}
const brief = ({ ratio, interval, verdict }) => ({ ratio, interval, verdict });
const first = ({ comparisons }) => brief(comparisons[0]);

async function stored(number) {
  const runs = ['a', 'b'].map((name) => path.join(folder, `${number}-${name}`));
  for (const out of runs) await inferscope('profile', model, ...BATCH, '--variants', 'uncompiled/predict', '--duration', values.smoke ? '0.1' : '1.5', '--level', 'stages', '--out', out);
  const [a, b] = runs.map(readRun);
  const service = asService(a[0], b[0]);
  for (const out of runs) rmSync(out, { recursive: true });
  return { stored: brief(compareRuns(a, b).comparisons[0]), services: brief(analyse([service]).comparisons[0]) };
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
      for (const { resource } of data.resourceSpans) resource.attributes.push({ key: 'service.instance.id', value: { stringValue: names[index] } });
      callTrees(data).calls.forEach((call) => builder.addCall(call));
    }
  });
  return builder.finish();
}

const few = values.smoke ? ['--pairs', '1', '--max-pairs', '1', '--duration', '0.1'] : [];
const measured = async () => first(await inferscope('compare', model, model, ...BATCH, '--out', path.join(folder, 'measured'), ...few));
const graph = async () => first(await inferscope('compare', model, model, ...BATCH, '--variant-b', 'graph/predict', '--out', path.join(folder, 'graph'), ...few));

async function planted() {
  const { latencyNanos } = (await inferscope('profile', model, ...BATCH, '--variants', 'uncompiled/predict', '--quick', '--out', path.join(folder, 'quick'))).variants[0];
  const env = [`NODE_OPTIONS=--import=${SLOW_CALLS}`, `INFERSCOPE_BENCH_SLOWER_NANOS=${PLANTED * latencyNanos.p50}`];
  return first(await inferscope('compare', model, model, ...BATCH, ...env.flatMap((variable) => ['--env-b', variable]), '--out', path.join(folder, 'planted'), ...few));
}

async function programs() {
  const program = path.join(folder, 'program.cjs');
  writeFileSync(program, `const tf = require(${JSON.stringify(path.resolve('node_modules/@tensorflow/tfjs-node'))});
(async () => {
  const model = await tf.loadLayersModel(${JSON.stringify(`file://${path.resolve(model)}/model.json`)});
  for (let call = 0; call < 2000; call += 1) { const x = tf.ones([32, ...model.inputs[0].shape.slice(1)]); const y = model.predict(x); y.dataSync(); tf.dispose([x, y]); }
})();`);
  const command = `${process.execPath} ${program}`;
  return first(await inferscope('compare', '--run', command, command, '--out', path.join(folder, 'programs'), ...few));
}

const KINDS = { stored, measured: async () => ({ measured: await measured() }), planted: async () => ({ planted: await planted() }), graph: async () => ({ graph: await graph() }), programs: async () => ({ programs: await programs() }) };
/** Quick ones come more often. */
const ORDER = ['stored', 'measured', 'stored', 'planted', 'stored', 'programs', 'stored', 'graph'];

async function trial(number) {
  const kind = ORDER[Math.floor(number / 2) % ORDER.length];
  const busy = number % 2 === 1 ? fork('-e', [], { execArgv: ['-e', 'for (;;);'] }) : undefined;
  try {
    return { busy: busy !== undefined, ...(await KINDS[kind](number)) };
  } finally {
    busy?.kill('SIGKILL');
    for (const name of ['measured', 'graph', 'quick', 'planted', 'programs']) rmSync(path.join(folder, name), { recursive: true, force: true });
  }
}

async function allTrials() {
  const done = values.results !== undefined && existsSync(values.results) ? readFileSync(values.results, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line)) : [];
  const until = performance.now() + minutes * 60e3;
  const most = values.smoke ? 1 : Infinity;
  for (let made = 0; made < most && (values.smoke || performance.now() < until); made += 1) {
    const one = await trial(done.length);
    done.push(one);
    if (values.results !== undefined) appendFileSync(values.results, `${JSON.stringify(one)}\n`);
    if (!values.json) console.error(JSON.stringify(one));
  }
  return done;
}

const GOALS = { stored: 0.05, services: 0.05, measured: 0.05, programs: 0.05 };

function report(done) {
  const of = (kind) => done.flatMap((one) => one[kind] ?? []);
  const share = (name, trials, hit, goal) => {
    if (trials.length === 0) return [];
    const hits = trials.filter(hit).length;
    const [low, high] = wilsonInterval(hits, trials.length, 0.95);
    return [{ name, value: hits / trials.length, low, high, hits, trials: trials.length, goal }];
  };
  const ratios = of('graph').map(({ ratio }) => ratio).sort((a, b) => a - b);
  const grand = ratios[Math.floor(ratios.length / 2)];
  const results = [
    ...Object.entries(GOALS).flatMap(([kind, goal]) => share(`${kind}: false verdicts of equals`, of(kind), told, goal)),
    ...share('planted +10 %: found', of('planted'), ({ verdict }) => verdict === 'slower', 0.8),
    ...share('graph ÷ uncompiled: interval holds the median of all repetitions', of('graph'), ({ interval: [low, high] }) => low <= grand && grand <= high, 0.9),
  ];
  if (values.json) return console.log(JSON.stringify({ results }));
  console.log('| | share | 95 % interval | count | goal |\n|---|---|---|---|---|');
  for (const { name, value, low, high, hits, trials, goal } of results) console.log(`| ${name} | ${(value * 100).toFixed(0)} % | ${(low * 100).toFixed(0)} % to ${(high * 100).toFixed(0)} % | ${hits} of ${trials} | ${goal * 100} % |`);
}

report(await allTrials());
rmSync(folder, { recursive: true, force: true });
