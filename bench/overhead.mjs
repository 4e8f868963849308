/**
 * What watching a program costs: `node bench/overhead.mjs [--json] [--smoke]` after `npm run build`.
 *
 * Every way of watching takes its turn in each round, another one first each time, in one process on the same tensors.
 * A ratio is the median over the rounds of (median call of the way ÷ median call of the bare program), with the 95 %
 * interval of that median by order statistics. Changing the seams deoptimises what V8 compiled, so each turn begins
 * with untimed calls. Taking finished spans out of the recorder happens between calls and is not timed.
 */
import '../dist/telemetry/live/node-compat.js';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { Instrumentation } from '../dist/engines/tensorflow/seams/instrumentation.js';
import { innerSeamsOf, installLoadHook } from '../dist/engines/tensorflow/seams/load-hook.js';
import { Recorder } from '../dist/record/recorder.js';
import { RecordingWriter } from '../dist/record/writer.js';
import { middle } from './statistics/rounds.mjs';
import { recordingOf } from './synthetic/calls.mjs';

const json = process.argv.includes('--json');
const smoke = process.argv.includes('--smoke');
const ROUNDS = smoke ? 6 : 40;
const TIMED_CALLS = 20;
/** Untimed calls that begin a turn take about this long: with too few, the ratio is that of code V8 has not compiled. */
const UNTIMED_MILLIS = smoke ? 2 : 120;
const WARM_UP_ROUNDS = smoke ? 1 : 2;

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
const uninstall = installLoadHook();
const require = createRequire(import.meta.url);
const entry = require.resolve('@tensorflow/tfjs-node');
const tf = require(entry);
uninstall();
const inner = innerSeamsOf(entry);

/** @returns {import('../dist/model/recorder.js').CallStart} */
const recorded = () => ({ variant: 0, temperature: 'warm', round: 0, signature: 'float32[32,4]', batch: 32 });

/** A way of watching: what begins it, what ends it, and how a call is made under it. */
function instrumented(level, policy) {
  const recorder = new Recorder();
  const instrumentation = new Instrumentation({ tf, recorder, inner, level, policy });
  return {
    begin: () => instrumentation.enable(),
    end: () => {
      instrumentation.disable();
      recorder.drain();
    },
  };
}

const bare = { begin() {}, end() {} };

function switchedOff() {
  const { begin, end } = instrumented('kernels', recorded);
  return { begin: () => (begin(), end()), end() {} };
}

/** What a user would write by hand: one live span a kernel, through a processor that does nothing with it. */
function liveSpans() {
  const nothing = { onStart() {}, onEnd() {}, forceFlush: async () => {}, shutdown: async () => {} };
  const tracer = new BasicTracerProvider({ spanProcessors: [nothing] }).getTracer('bench');
  const engine = tf.engine();
  const original = engine.runKernel;
  return {
    begin: () => {
      engine.runKernel = function (kernel, inputs, attributes) {
        const span = tracer.startSpan(kernel);
        try {
          return original.call(this, kernel, inputs, attributes);
        } finally {
          span.end();
        }
      };
    },
    end: () => delete engine.runKernel,
  };
}

const profiled = { ...bare, watch: async (call) => (await tf.profile(call)).result };

/** What a program does between two calls: busy, so that the processor's clock does not drop. */
function work(millis) {
  const until = performance.now() + millis;
  while (performance.now() < until);
}

/** Median milliseconds of a call in one turn of `way`. */
async function turn({ begin, end, watch }, call, betweenMillis) {
  gc({ type: 'minor' });
  begin();
  const times = [];
  const until = performance.now() + UNTIMED_MILLIS;
  while (times.length < TIMED_CALLS) {
    if (betweenMillis > 0) work(betweenMillis);
    const started = performance.now();
    const result = watch === undefined ? call() : await watch(call);
    const ended = performance.now();
    if (started >= until) times.push(ended - started);
    tf.dispose(result);
  }
  end();
  return middle(times).value;
}

async function ratios(call, ways, betweenMillis = 0) {
  const names = Object.keys(ways);
  const rounds = [];
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    const taken = {};
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + round + WARM_UP_ROUNDS) % names.length];
      taken[name] = await turn(ways[name], call, betweenMillis);
    }
    if (round >= 0) rounds.push(taken);
  }
  return Object.fromEntries(
    names.map((name) => {
      const { value: ratio, low, high } = middle(rounds.map((taken) => taken[name] / taken.bare));
      return [name, { ratio, low, high, millis: middle(rounds.map((taken) => taken[name])).value }];
    }),
  );
}

/** Size of a real file ÷ spans in it, everything else that a recording holds included. */
function bytesPerSpan(call) {
  const folder = mkdtempSync(join(tmpdir(), 'inferscope-bench-'));
  const recorder = new Recorder();
  const writer = new RecordingWriter(join(folder, 'recording'), recordingOf(0).meta);
  const instrumentation = new Instrumentation({ tf, recorder, inner, level: 'kernels', policy: recorded });
  let spans = 0;
  const flush = () => {
    spans += recorder.pendingRows;
    writer.flush(recorder);
  };
  try {
    instrumentation.enable();
    for (let i = 1; i <= 1000; i++) {
      tf.dispose(call());
      if (i % 100 === 0) flush();
    }
    instrumentation.disable();
    flush();
    writer.close(recorder);
    const value = statSync(writer.file).size / spans;
    return { value, low: value, high: value };
  } finally {
    instrumentation.disable();
    rmSync(folder, { recursive: true, force: true });
  }
}

const tiny = tf.sequential({ layers: [tf.layers.dense({ units: 2, activation: 'relu', inputShape: [4] }), tf.layers.dense({ units: 1, activation: 'sigmoid' })] });
const batch = tf.randomNormal([32, 4], 0, 1, 'float32', 1);
const predict = () => tiny.predict(batch);
const saved = await tf.node.loadSavedModel(fileURLToPath(new URL('../test/fixtures/saved-model-tiny', import.meta.url)));

const layers = await ratios(predict, {
  bare,
  stages: instrumented('stages', recorded),
  kernels: instrumented('kernels', recorded),
  'switched off': switchedOff(),
  'enabled, call not sampled': instrumented('kernels', () => undefined),
  'live OpenTelemetry span per kernel': liveSpans(),
  'tf.profile': profiled,
});
// A session run hands its first node to a pool thread. That thread spins for some microseconds after the last run, then
// sleeps, and waking it costs more than the tiny model: back to back, bare calls just catch it awake and any few
// microseconds of JavaScript in between (ours, or the program's own) do not. With work between the calls both sides wake it.
const sessionWays = { bare, stages: instrumented('stages', recorded) };
const session = await ratios(() => saved.predict(batch), sessionWays, 0.1);
const backToBack = await ratios(() => saved.predict(batch), sessionWays);

const GOALS = { kernels: 1.05, 'switched off': 1.01, 'enabled, call not sampled': 1.01 };
const named = (taken, prefix, goals) => Object.entries(taken).flatMap(([name, figures]) => (name === 'bare' ? [] : [{ name: `${prefix}: ${name}`, ...figures, goal: goals[name] }]));
const results = [
  ...named(layers, 'layers model', GOALS),
  ...named(session, 'saved model, 0.1 ms of work between calls', { stages: 1.05 }),
  ...named(backToBack, 'saved model, back to back', { stages: 1.05 }),
  { name: 'bytes per span of a recording', ...bytesPerSpan(predict), goal: 64 },
];
if (json) console.log(JSON.stringify({ results }));
else {
  console.log(`tfjs-node ${tf.version['tfjs-node']}, Node ${process.version}; ${ROUNDS} rounds of ${TIMED_CALLS} calls; bare call: layers model ${layers.bare.millis.toFixed(4)} ms, saved model ${session.bare.millis.toFixed(4)} ms (back to back ${backToBack.bare.millis.toFixed(4)} ms)`);
  console.log('| | ÷ bare, or value | 95 % interval | goal |\n|---|---|---|---|');
  for (const { name, ratio, value, low, high, goal } of results) console.log(`| ${name} | ${(ratio ?? value).toFixed(3)} | ${low.toFixed(3)} to ${high.toFixed(3)} | ${goal === undefined ? '' : `at most ${goal}`} |`);
}
