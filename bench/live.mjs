/**
 * What watching a service under a steady load costs: `node bench/live.mjs [--json] [--smoke] [--rounds 12] [--seconds 2] [--rate 200]`
 * after `npm run build`. Linux.
 *
 * The service of `examples/http-service`, one process per way of watching it, all alive at once. In each round every way has a
 * turn of so many seconds of requests at a fixed rate, another one first each time; a request's latency counts from the moment
 * at which it was due. A ratio is the median over the rounds of (percentile of the way's turn ÷ that of the bare service's
 * turn), with the 95 % interval by order statistics. The 5th percentile is of requests that nothing disturbed: on a busy
 * machine it is the one that tells. `cpu` is processor time per request. Spans and profiles go to a server in this process that
 * throws them away, which costs all of them alike.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { recordingEnvironment } from '../dist/cli/program.js';
import { processorSeconds, TICK_SECONDS } from './statistics/processor-time.mjs';
import { middle, ratio } from './statistics/rounds.mjs';

const UNAVAILABLE = 69;
if (process.platform !== 'linux') {
  console.error('live: the processor time of another process is read from /proc, which only Linux has.');
  process.exit(UNAVAILABLE);
}
/** @type {{ type: 'string' }} */
const text = { type: 'string' };
const { values } = parseArgs({ options: { json: { type: 'boolean' }, smoke: { type: 'boolean' }, rounds: text, seconds: text, rate: text } });
const ROUNDS = Number(values.rounds ?? (values.smoke ? 1 : 12));
const SECONDS = Number(values.seconds ?? (values.smoke ? 0.2 : 2));
const RATE = Number(values.rate ?? 200);

const example = (name) => fileURLToPath(new URL(`../examples/http-service/${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'inferscope-live-'));

let received = 0;
const sink = createServer((incoming, answer) => {
  incoming.on('data', (part) => (received += part.length));
  incoming.on('end', () => answer.end());
}).listen(0, '127.0.0.1');
await once(sink, 'listening');
const address = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (sink.address()).port}`;

const sdk = ['--import', example('telemetry.mjs')];
const register = [...sdk, '--import', 'inferscope/register'];
const sampled = (fraction) => ({ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: String(fraction) });
const profiled = { INFERSCOPE_PROFILE: 'on' };
const WAYS = {
  bare: { options: [] },
  ...Object.fromEntries([1, 0.01].map((fraction) => [`the SDK's own spans, ${fraction}`, { options: sdk, env: sampled(fraction) }])),
  ...Object.fromEntries([1, 0.1, 0.01].map((fraction) => [`register, ${fraction}`, { options: register, env: sampled(fraction) }])),
  'register, 0.01, with profiles': { options: register, env: { ...sampled(0.01), ...profiled } },
  run: { options: [], env: recordingEnvironment({}, join(folder, 'run')) },
  'run --js': { options: [], env: { ...recordingEnvironment({}, join(folder, 'run-js')), ...profiled } },
};
const GOALS = { 'register, 0.01': { p50: 1.02, p99: 1.05 } };

async function start({ options, env = {} }) {
  const child = spawn(process.execPath, [...options, example('server.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      PORT: '0',
      TF_CPP_MIN_LOG_LEVEL: '2',
      OTEL_SERVICE_NAME: 'live',
      OTEL_EXPORTER_OTLP_ENDPOINT: address,
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      PYROSCOPE_SERVER_ADDRESS: address,
      ...env,
    },
  });
  const [said] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => { throw new Error('the service did not start'); })]);
  return { child, url: new URL(String(said).trim()), agent: new Agent({ keepAlive: true }) };
}

const BODY = JSON.stringify({ rows: Array.from({ length: 8 }, (_, row) => Array.from({ length: 16 }, (_, i) => (row + i) / 10)) });

const ask = ({ url, agent }) =>
  new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers: { 'content-length': Buffer.byteLength(BODY) } }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`the service answered ${answer.statusCode}`));
      answer.resume().on('end', resolve);
    });
    sent.on('error', reject).end(BODY);
  });

/** Milliseconds of processor time that a service has had. */
const cpuMillis = ({ child }) => processorSeconds(child.pid) * 1000;

const residentMegabytes = ({ child }) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1024;

/** Requests at a fixed rate for some seconds: percentiles of their latency from when they were due, and processor time per request. */
async function turn(service, seconds) {
  const latencies = [];
  const open = [];
  const cpu = cpuMillis(service);
  const begin = performance.now();
  const requests = Math.ceil(seconds * RATE);
  for (let i = 0; i < requests; i++) {
    const due = begin + (i * 1000) / RATE;
    const wait = due - performance.now();
    if (wait > 0) await sleep(wait);
    // A timer of this process that came late, or early, is not the service's.
    const asked = wait > 0 ? performance.now() : due;
    open.push(ask(service).then(() => latencies.push(performance.now() - asked)));
  }
  await Promise.all(open);
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))];
  return { p5: at(0.05), p50: at(0.5), p99: at(0.99), cpu: Math.max(TICK_SECONDS, cpuMillis(service) - cpu) / requests };
}

const names = Object.keys(WAYS);
const services = {};
try {
  for (const name of names) services[name] = await start(WAYS[name]);
  for (const name of names) await turn(services[name], values.smoke ? 0.1 : 3);
  const turns = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++)
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + round) % names.length];
      turns[name].push(await turn(services[name], SECONDS));
    }
  const FIGURES = ['p5', 'p50', 'p99', 'cpu'];
  const column = (name, figure) => turns[name].map((one) => one[figure]);
  /** @type {import('./statistics/rounds.mjs').Result[]} */
  const results = names.flatMap((name) => [
    ...FIGURES.flatMap((figure) =>
      name === 'bare' ? [] : [{ name: `${name}: ${figure}`, ...ratio(column(name, figure), column('bare', figure)), ...(GOALS[name]?.[figure] === undefined ? {} : { goal: GOALS[name][figure] }) }],
    ),
    { name: `${name}: memory, MB`, value: residentMegabytes(services[name]) },
  ]);
  if (values.json) console.log(JSON.stringify({ results }));
  else {
    const bare = FIGURES.map((figure) => `${figure} ${middle(column('bare', figure)).value.toFixed(2)} ms`).join(', ');
    console.log(`Node ${process.version}; ${ROUNDS} rounds of ${SECONDS} s at ${RATE} requests/s; bare service: ${bare}; ${(received / 1e6).toFixed(1)} MB of spans and profiles received`);
    console.log('| | ÷ bare, or value | 95 % interval | goal |\n|---|---|---|---|');
    for (const { name, ratio: multiple, value, low, high, goal } of results) console.log(`| ${name} | ${(multiple ?? value).toFixed(3)} | ${low === undefined ? '' : `${low.toFixed(3)} to ${high.toFixed(3)}`} | ${goal === undefined ? '' : `at most ${goal}`} |`);
  }
} finally {
  for (const { child, agent } of Object.values(services)) {
    agent.destroy();
    child.kill('SIGTERM');
  }
  await Promise.all(Object.values(services).map(({ child }) => child.exitCode ?? child.signalCode ?? once(child, 'exit')));
  sink.closeAllConnections();
  sink.close();
  rmSync(folder, { recursive: true, force: true });
}
