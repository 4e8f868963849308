/**
 * `node bench/long.mjs [--json] [--smoke] [--calls N] [--engine NAME] [--how run|live]`: many calls of one program, with what
 * Inferscope does to them: none lost, memory that stays, a cost of a call that stays.
 *
 * Needs `npm run build`. `run` counts the calls in the recording; `live` samples one call in 50 and counts the spans that a server got,
 * and the calls that the metrics tell. Memory is looked at after a collection, a hundred times; its growth is the slope over the
 * last nine tenths. The cost of a call is held against work that nothing hooks and that takes turns with it, in the first and in
 * the last tenth.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readRecordings } from '../dist/record/reader.js';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    smoke: { type: 'boolean', default: false },
    calls: { type: 'string' },
    engine: { type: 'string', multiple: true },
    how: { type: 'string', multiple: true, default: ['run', 'live'] },
  },
});
const calls = Number(values.calls ?? (values.smoke ? 200 : 1_000_000));
/** Making a session is a call of its own, which the program does not count. */
const CREATE = 'create';
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-long-'));
const results = [];
const rounded = (value) => Number(value.toPrecision(3));
const middle = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const told = (name, value, more = {}) => results.push({ name, value, low: value, high: value, ...more });

try {
  for (const engine of values.engine ?? (values.smoke ? ['onnxruntime'] : ['tensorflow', 'onnxruntime'])) for (const how of values.how) await (how === 'run' ? underRun(engine) : live(engine));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (values.json) console.log(JSON.stringify({ results }, null, 2));
else for (const { name, value } of results) console.log(`${name}: ${value}`);

async function underRun(engine) {
  const run = path.join(folder, `run-${engine}`);
  const out = path.join(folder, `${engine}-run.json`);
  await node(['--max-old-space-size=8192', here('../dist/cli/main.js'), 'run', '--out', run, '--', process.execPath, '--expose-gc', here('long/program.mjs')], {
    LONG_ENGINE: engine,
    LONG_OUT: out,
  });
  const recordings = path.join(run, 'recordings');
  const files = readdirSync(recordings).map((file) => path.join(recordings, file));
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  const recorded = readRecordings(files).reduce((sum, { meta, calls: each }) => sum + each.filter(({ variant }) => meta.variants[variant].call !== CREATE).length, 0);
  told(`long.${engine}.run.calls-missing`, calls - recorded, { goal: 0 });
  told(`long.${engine}.run.bytes-per-call`, Math.round(bytes / calls));
  tellProgram(`long.${engine}.run`, out);
}

async function live(engine) {
  const sink = spawn(process.execPath, [here('long/sink.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  sink.stdout.on('data', (chunk) => (said += chunk));
  await once(sink.stdout, 'data');
  const [out, counts] = ['json', 'counts.json'].map((end) => path.join(folder, `${engine}-live.${end}`));
  await node(['--expose-gc', '--import', here('long/telemetry.mjs'), '--import', here('../dist/telemetry/live/register.js'), here('long/program.mjs')], {
    LONG_ENGINE: engine,
    LONG_OUT: out,
    LONG_COUNTS: counts,
    INFERSCOPE_METRICS: 'all',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${said.trim()}`,
  });
  sink.kill('SIGTERM');
  await once(sink, 'exit');
  const got = JSON.parse(said.split('\n')[1]);
  const { sampled, calls: counted, skipped } = JSON.parse(readFileSync(counts, 'utf8'));
  told(`long.${engine}.live.calls-missing-in-metrics`, calls - counted, { goal: 0 });
  told(`long.${engine}.live.sampled-calls`, sampled);
  told(`long.${engine}.live.sampled-calls-not-arrived`, sampled - got.calls, { goal: 0 });
  told(`long.${engine}.live.skipped`, skipped, { goal: 0 });
  told(`long.${engine}.live.spans`, got.spans);
  tellProgram(`long.${engine}.live`, out);
}

function tellProgram(name, file) {
  const { samples } = JSON.parse(readFileSync(file, 'utf8'));
  const [first, last] = [samples.slice(1, 10), samples.slice(-10)];
  const rest = samples.slice(10);
  const cost = (some) => middle(some.map(({ callMicros, workMicros }) => callMicros / workMicros));
  told(`${name}.microseconds-per-call`, rounded(middle(samples.map(({ callMicros }) => callMicros))));
  told(`${name}.cost-last-tenth-to-first`, rounded(cost(last) / cost(first)));
  for (const what of ['rss', 'heapUsed', 'external']) {
    const { slope, error } = line(rest.map((sample) => [sample.calls / 1e6, sample[what] / 1e6]));
    results.push({ name: `${name}.${what}-megabytes-per-million-calls`, value: rounded(slope), low: rounded(slope - 2 * error), high: rounded(slope + 2 * error) });
    told(`${name}.${what}-megabytes-at-end`, rounded(samples.at(-1)[what] / 1e6));
  }
}

/** Least squares. */
function line(points) {
  const mean = (of) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(([at]) => at), mean(([, value]) => value)];
  const spread = points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
  const slope = points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0) / spread;
  const left = points.reduce((sum, [at, value]) => sum + (value - y - slope * (at - x)) ** 2, 0);
  return { slope, error: Math.sqrt(left / (points.length - 2) / spread) };
}

async function node(args, env) {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1', TF_CPP_MIN_LOG_LEVEL: '2', LONG_CALLS: String(calls), ...env },
  });
  let said = '';
  child.stderr.on('data', (chunk) => (said = (said + chunk).slice(-2000)));
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`ended with ${code}: ${said}`);
}
