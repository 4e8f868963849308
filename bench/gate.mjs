/**
 * How often the gate is right: a slowdown of 10 % planted into a real model, and the model against itself, many times.
 * `npm run bench -- gate [--json] [--smoke] [--trials 12] [--minutes 15] [--results gate.jsonl] [--sessions 5]
 * [--max-sessions 20] [--seconds 0.3] [--model test/fixtures/layers-tiny] [--variant uncompiled/predict]`
 *
 * Each trial measures a baseline on real TensorFlow, the model against it, and the model with every call made 10 % longer
 * by a loop that spins for a tenth of what the call took: each in a process of its own, as `inferscope baseline` and
 * `inferscope check` are. The limit is 5 %. No trial begins after `--minutes`. With `--results` each trial is kept there
 * as it ends, and a later run goes on with those that are there. Reported: the share of planted slowdowns found (power),
 * of A/A pairs called a regression (false alarms) and of either left open, with Wilson's 95 % interval.
 */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { readBaseline, writeBaseline } from '../dist/analyse/baseline-file.js';
import { wilsonInterval } from '../dist/analyse/statistics/wilson.js';
import { checkModel, measureBaseline } from '../dist/api/sessions.js';

const text = { type: 'string' };
const { values } = parseArgs({
  options: {
    json: { type: 'boolean' }, smoke: { type: 'boolean' }, trials: text, minutes: text, results: text, sessions: text, 'max-sessions': text, seconds: text, model: text, variant: text,
    /** In a child process: what to measure, and the baseline's file. */
    measure: text, baseline: text,
  },
});
const trials = Number(values.trials ?? (values.smoke ? 1 : 12));
const minutes = Number(values.minutes ?? 15);
const sessions = Number(values.sessions ?? (values.smoke ? 3 : 5));
const maxSessions = Number(values['max-sessions'] ?? (values.smoke ? 3 : 20));
const duration = Number(values.seconds ?? (values.smoke ? 0.1 : 0.3));
const model = values.model ?? 'test/fixtures/layers-tiny';
const key = values.variant ?? 'uncompiled/predict';
const SETTINGS = ['--sessions', sessions, '--max-sessions', maxSessions, '--seconds', duration, '--model', model, '--variant', key].map(String);
const LIMIT = 0.05;
const PLANTED = 0.1;
const KINDS = ['same', 'planted'];

/** Wraps the model's own copies, so that the slow call is the same call and some more. */
const slow = (share) => (context) => {
  const open = context.open.bind(context);
  context.open = async () => {
    const opened = await open();
    const [name] = ['predict', 'execute'].filter((method) => typeof opened[method] === 'function');
    const original = opened[name].bind(opened);
    opened[name] = (...args) => {
      const start = performance.now();
      const result = original(...args);
      const until = performance.now() + share * (performance.now() - start);
      while (performance.now() < until);
      return result;
    };
    return opened;
  };
  return [];
};

async function measureHere(kind, file) {
  const options = { sessions, maxSessions, duration, variants: [key], batch: 32, families: kind === 'planted' ? [slow(PLANTED)] : [] };
  if (kind === 'baseline') return writeFileSync(file, writeBaseline(await measureBaseline(model, options)));
  const { outcome, sessions: used, checks } = await checkModel(model, readBaseline(readFileSync(file, 'utf8'), file), { ...options, maxRegression: LIMIT });
  console.log(JSON.stringify({ outcome, sessions: used, ratio: checks[0].ratio, interval: checks[0].interval }));
}

async function oneTrial(folder) {
  const file = path.join(folder, 'baseline.json');
  const child = (kind) => execa('node', [fileURLToPath(import.meta.url), '--measure', kind, '--baseline', file, ...SETTINGS]);
  await child('baseline');
  const outcomes = {};
  for (const kind of KINDS) outcomes[kind] = JSON.parse((await child(kind)).stdout.split('\n').at(-1));
  return { settings: SETTINGS.join(' '), ...outcomes };
}

/** Trials of an earlier run with the same settings. */
function earlier() {
  if (values.results === undefined || !existsSync(values.results)) return [];
  return readFileSync(values.results, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line)).filter((trial) => trial.settings === SETTINGS.join(' '));
}

async function allTrials() {
  const done = earlier();
  const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-gate-bench-'));
  const until = performance.now() + minutes * 60e3;
  try {
    while (done.length < trials && performance.now() < until) {
      const trial = await oneTrial(folder);
      done.push(trial);
      if (values.results !== undefined) appendFileSync(values.results, `${JSON.stringify(trial)}\n`);
      const told = ({ outcome, ratio, sessions: [was, now] }) => `${outcome} (${ratio.toFixed(3)}, ${was} against ${now} sessions)`;
      if (!values.json) console.error(`trial ${done.length} of ${trials}: A/A ${told(trial.same)}, planted ${told(trial.planted)}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
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
    share('planted +10 %: found (power)', 'planted', 'regression'),
    share('planted +10 %: cannot tell', 'planted', 'cannot-tell'),
    share('planted +10 %: passed (missed)', 'planted', 'pass'),
    share('A/A: called a regression (false alarm)', 'same', 'regression', 0.05),
    share('A/A: cannot tell', 'same', 'cannot-tell'),
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

if (values.measure !== undefined) await measureHere(values.measure, values.baseline);
else report(await allTrials());
