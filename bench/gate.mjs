/**
 * How often the gate is right: a slowdown planted into a real model, and the model against itself, many times.
 * `npm run bench -- gate [--json] [--smoke] [--trials 12] [--minutes 15] [--results gate.jsonl] [--sessions 5]
 * [--max-sessions 20] [--seconds 1] [--settle 4] [--spin 0.1] [--model test/fixtures/layers-tiny] [--variant uncompiled/predict]`
 *
 * Each trial measures a baseline on real TensorFlow, the model against it, and the model with every call made longer by
 * a share (`--spin`) of the baseline's undisturbed call, spent spinning (`gate/slow-calls.mjs`, loaded into the sessions'
 * processes). A call may get longer by more than that: TensorFlow's threads go to sleep meanwhile. The median ratios tell.
 * The limit is 5 %. No trial begins after `--minutes`. With `--results` each trial is kept there as it ends, and a later
 * run goes on with those that are there. Reported: the share of planted slowdowns found (power), of A/A controls called a
 * regression (false alarms) and of either left open, with Wilson's 95 % interval.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { wilsonInterval } from '../dist/analyse/statistics/wilson.js';
import { checkModel, measureBaseline } from '../dist/measure/gate/processes.js';

/** @type {{ type: 'string' }} */
const text = { type: 'string' };
const { values } = parseArgs({
  options: {
    json: { type: 'boolean' }, smoke: { type: 'boolean' }, trials: text, minutes: text, results: text, sessions: text, 'max-sessions': text, seconds: text, settle: text, spin: text, model: text, variant: text,
  },
});
const trials = Number(values.trials ?? (values.smoke ? 1 : 12));
const minutes = Number(values.minutes ?? 15);
const sessions = Number(values.sessions ?? (values.smoke ? 3 : 5));
const maxSessions = Number(values['max-sessions'] ?? (values.smoke ? 3 : 20));
const duration = Number(values.seconds ?? (values.smoke ? 0.1 : 1));
const settleSeconds = Number(values.settle ?? (values.smoke ? 0 : 4));
const model = values.model ?? 'test/fixtures/layers-tiny';
const key = values.variant ?? 'uncompiled/predict';
const spin = Number(values.spin ?? 0.1);
const SETTINGS = ['--sessions', sessions, '--max-sessions', maxSessions, '--seconds', duration, '--settle', settleSeconds, '--spin', spin, '--model', model, '--variant', key].join(' ');
const LIMIT = 0.05;
const KINDS = ['same', 'planted'];
const OPTIONS = { sessions, maxSessions, duration, settleSeconds, variants: [key], batch: 32 };

/** Each process of a planted check loads this first. */
const SLOW_CALLS = new URL('gate/slow-calls.mjs', import.meta.url).href;

/** Geometric mean of the sessions. */
const undisturbed = ({ variants: [{ sessionNanos }] }) => Math.exp(sessionNanos.reduce((sum, nanos) => sum + Math.log(nanos), 0) / sessionNanos.length);

async function measured(kind, baseline) {
  if (kind === 'planted') Object.assign(process.env, { NODE_OPTIONS: `--import ${SLOW_CALLS}`, INFERSCOPE_BENCH_SLOWER_NANOS: String(spin * undisturbed(baseline)) });
  try {
    const { outcome, sessions: used, checks } = await checkModel(model, baseline, { ...OPTIONS, maxRegression: LIMIT, force: kind === 'planted' });
    return { outcome, sessions: used, ratio: checks[0].ratio, interval: checks[0].interval, machineRatio: checks[0].machineRatio };
  } finally {
    delete process.env.NODE_OPTIONS;
  }
}

async function oneTrial() {
  const baseline = await measureBaseline(model, OPTIONS);
  const trial = { settings: SETTINGS };
  for (const kind of KINDS) trial[kind] = await measured(kind, baseline);
  return trial;
}

/** Trials of an earlier run with the same settings. */
function earlier() {
  if (values.results === undefined || !existsSync(values.results)) return [];
  return readFileSync(values.results, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line)).filter((trial) => trial.settings === SETTINGS);
}

async function allTrials() {
  const done = earlier();
  const until = performance.now() + minutes * 60e3;
  while (done.length < trials && performance.now() < until) {
    const trial = await oneTrial();
    done.push(trial);
    if (values.results !== undefined) appendFileSync(values.results, `${JSON.stringify(trial)}\n`);
    const told = ({ outcome, ratio, sessions: [was, now] }) => `${outcome} (${ratio.toFixed(3)}, ${was} against ${now} sessions)`;
    if (!values.json) console.error(`trial ${done.length} of ${trials}: A/A ${told(trial.same)}, planted ${told(trial.planted)}`);
  }
  return done;
}

function report(done) {
  const share = (name, kind, outcome, goal) => {
    const hits = done.filter((trial) => trial[kind].outcome === outcome).length;
    const [low, high] = wilsonInterval(hits, done.length, 0.95);
    return { name, value: hits / done.length, low, high, hits, trials: done.length, ...(goal === undefined ? {} : { goal }) };
  };
  const results = [
    share('planted: found (power)', 'planted', 'regression'),
    share('planted: inconclusive', 'planted', 'cannot-tell'),
    share('planted: passed (missed)', 'planted', 'pass'),
    share('A/A: called a regression (false alarm)', 'same', 'regression', 0.05),
    share('A/A: inconclusive', 'same', 'cannot-tell'),
    share('A/A: passed', 'same', 'pass'),
  ];
  if (values.json) return console.log(JSON.stringify({ results }));
  const median = (of) => done.map(of).sort((a, b) => a - b)[Math.floor(done.length / 2)];
  console.log(
    `${model} ${key}: ${done.length} trials, sessions of ${duration} s, limit ${LIMIT * 100} %; median ratio A/A ${median(({ same }) => same.ratio).toFixed(3)}, planted ${median(({ planted }) => planted.ratio).toFixed(3)}; ` +
      `median sessions ${median(({ same }) => same.sessions[0])} for the baseline, ${median(({ same }) => same.sessions[1])} (A/A), ${median(({ planted }) => planted.sessions[1])} (planted)`,
  );
  console.log('| | share | 95 % interval | count |\n|---|---|---|---|');
  for (const { name, value, low, high, hits } of results) console.log(`| ${name} | ${(value * 100).toFixed(0)} % | ${(low * 100).toFixed(0)} % to ${(high * 100).toFixed(0)} % | ${hits} of ${done.length} |`);
}

report(await allTrials());
