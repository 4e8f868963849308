/**
 * How often the gate is right: a slowdown of 10 % planted into a real model, and the model against itself, many times.
 * `npm run bench -- gate [--json] [--smoke] [--trials 20] [--sessions 5] [--seconds 0.3] [--model test/fixtures/layers-tiny]`
 *
 * Each trial measures the model three times on real TensorFlow, as `inferscope baseline` and `inferscope check` do: for
 * the baseline, again, and with every call made 10 % longer by a loop that spins for a tenth of what the call took. The
 * limit is 5 %. Reported: the share of planted slowdowns found (power), of A/A pairs called a regression (false alarms)
 * and of either left open (cannot tell), with Wilson's 95 % interval.
 */
import { parseArgs } from 'node:util';
import { checkAgainst } from '../dist/analyse/gate.js';
import { wilsonInterval } from '../dist/analyse/statistics/wilson.js';
import { measureSessions } from '../dist/api/sessions.js';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    smoke: { type: 'boolean' },
    trials: { type: 'string' },
    sessions: { type: 'string' },
    seconds: { type: 'string' },
    model: { type: 'string' },
    variant: { type: 'string' },
  },
});
const trials = Number(values.trials ?? (values.smoke ? 1 : 20));
const sessions = Number(values.sessions ?? (values.smoke ? 3 : 5));
const duration = Number(values.seconds ?? (values.smoke ? 0.1 : 0.3));
const model = values.model ?? 'test/fixtures/layers-tiny';
const key = values.variant ?? 'uncompiled/predict';
const LIMIT = 0.05;
const PLANTED = 0.1;

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

const measure = (families = []) => measureSessions(model, { sessions, duration, variants: [key], batch: 32, families });
const outcomes = { planted: [], same: [] };
const ratios = { planted: [], same: [] };
for (let trial = 0; trial < trials; trial++) {
  const baseline = await measure();
  for (const [kind, current] of [['same', await measure()], ['planted', await measure([slow(PLANTED)])]]) {
    const { outcome, checks } = checkAgainst(baseline, current, LIMIT, false);
    outcomes[kind].push(outcome);
    ratios[kind].push(checks[0].ratio);
  }
  if (!values.json) console.error(`trial ${trial + 1} of ${trials}: A/A ${outcomes.same.at(-1)} (${ratios.same.at(-1).toFixed(3)}), planted ${outcomes.planted.at(-1)} (${ratios.planted.at(-1).toFixed(3)})`);
}

const share = (name, kind, outcome, goal) => {
  const hits = outcomes[kind].filter((one) => one === outcome).length;
  const [low, high] = wilsonInterval(hits, trials, 0.95);
  return { name, value: hits / trials, low, high, hits, trials, ...(goal === undefined ? {} : { goal }) };
};
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const results = [
  share('planted +10 %: found (power)', 'planted', 'regression'),
  share('planted +10 %: cannot tell', 'planted', 'cannot-tell'),
  share('planted +10 %: passed (missed)', 'planted', 'pass'),
  share('A/A: called a regression (false alarm)', 'same', 'regression', 0.05),
  share('A/A: cannot tell', 'same', 'cannot-tell'),
  share('A/A: passed', 'same', 'pass'),
];
if (values.json) console.log(JSON.stringify({ results }));
else {
  console.log(`${model} ${key}: ${trials} trials of ${sessions} sessions of ${duration} s, limit ${LIMIT * 100} %; median ratio A/A ${median(ratios.same).toFixed(3)}, planted ${median(ratios.planted).toFixed(3)}`);
  console.log('| | share | 95 % interval | count |\n|---|---|---|---|');
  for (const { name, value, low, high, hits } of results) console.log(`| ${name} | ${(value * 100).toFixed(0)} % | ${(low * 100).toFixed(0)} % to ${(high * 100).toFixed(0)} % | ${hits} of ${trials} |`);
}
