/**
 * `node bench/fleet.mjs [--json] [--smoke] [--store jaeger|clickhouse] [--traces N] [--services N] [--no-kernels] [--minutes N]`: a
 * fleet's calls through a real collector into a real Jaeger whose store is on disk, or into ClickHouse's engine, and read back by `flame`:
 * none lost, time and memory per million spans.
 *
 * `--minutes` ends the sending early; what was sent by then is read back. `--no-kernels` makes calls of 4 spans in place of 20.
 * Needs `npm run build`, Go where Jaeger and the collector are not in the cache yet, and Python for ClickHouse. The first service makes half
 * of the calls. A smoke run starts no server.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { jaegerDown, jaegerUp } from '../dist/telemetry/jaeger/server.js';
import { exportSpans } from '../dist/telemetry/otlp/exporter.js';
import { transportFromEnvironment } from '../dist/telemetry/otlp/transport.js';
import { spansFromRecording } from '../dist/telemetry/spans/spans-from-recording.js';
import { collectorBinary } from '../scripts/collector.mjs';
import { ensureEnvironment, pythonOf } from '../scripts/keras-envs.mjs';
import { processorSeconds } from './statistics/processor-time.mjs';
import { PER_CALL, PER_CALL_WITHOUT_KERNELS, recordingOf } from './synthetic/calls.mjs';

const UNAVAILABLE = 69;
const { values } = parseArgs({
  allowNegative: true,
  options: {
    json: { type: 'boolean' },
    smoke: { type: 'boolean', default: false },
    store: { type: 'string', default: 'jaeger' },
    traces: { type: 'string', default: '10000' },
    services: { type: 'string', default: '100' },
    minutes: { type: 'string', default: 'Infinity' },
    kernels: { type: 'boolean', default: true },
  },
});
const PORTS = { jaeger: { query: 47686, otlpHttp: 45318, otlpGrpc: 45317 }, collector: 46318 };
const HOUR_NANOS = 3_600_000_000_000n;
/** Calls of one recording: memory is bounded by it. */
const PORTION = 1000;
const traces = Number(values.traces);
const services = Number(values.services);
const perCall = values.kernels ? PER_CALL : PER_CALL_WITHOUT_KERNELS;
const nameOf = (service) => `service-${String(service).padStart(3, '0')}`;

if (values.smoke) {
  console.error('fleet: a smoke run starts no server');
  if (values.json) console.log(JSON.stringify({ results: [] }));
  process.exit(0);
}

/** What a collector sends to a store: its exporter, and processors that its binary has besides `batch`. */
const collectorConfig = ({ exporter, processors }) => `receivers:
  otlp: { protocols: { http: { endpoint: "127.0.0.1:${PORTS.collector}", max_request_body_size: 20971520 } } }
processors:
  ${processors.map((each) => `${each}\n  `).join('')}batch: { send_batch_size: 4096, send_batch_max_size: 8192, timeout: 2s }
exporters:
  ${exporter.name}:
    ${exporter.fields.join('\n    ')}
    timeout: 60s
    retry_on_failure: { enabled: true, max_elapsed_time: 600s }
    # Full means "later" to who sends, and not lost.
    sending_queue: { enabled: true, queue_size: 20, num_consumers: 4, block_on_overflow: true }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { traces: { receivers: [otlp], processors: [${[...processors.map((each) => each.split(':')[0]), 'batch'].join(', ')}], exporters: [${exporter.name}] } }
`;

const folder = await mkdtemp(join(tmpdir(), 'inferscope-fleet-'));

/** By name: started, each says where it is on disk, which process it is, how a collector and `flame` reach it, and how it ends. */
const STORES = {
  async jaeger() {
    const home = join(folder, 'jaeger');
    const { pid, dataDir, queryUrl } = await jaegerUp({ home, ports: PORTS.jaeger, say: (line) => process.stderr.write(`${line}\n`) });
    return {
      pid,
      dataDir,
      collector: await collectorBinary(),
      processors: ['memory_limiter: { check_interval: 1s, limit_mib: 1000, spike_limit_mib: 200 }'],
      exporter: { name: 'otlp/jaeger', fields: [`endpoint: 127.0.0.1:${PORTS.jaeger.otlpGrpc}`, 'tls: { insecure: true }'] },
      flame: ['--from-jaeger', queryUrl],
      stop: () => jaegerDown({ home }),
    };
  },
  async clickhouse() {
    const { status, detail } = await ensureEnvironment('clickhouse');
    if (status !== 'ready' && status !== 'made') throw Object.assign(new Error(detail), { exitCode: UNAVAILABLE });
    const dataDir = join(folder, 'clickhouse');
    const server = fileURLToPath(new URL('../test/slow/clickhouse/server.py', import.meta.url));
    const child = spawn(pythonOf('clickhouse'), [server, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [port] = await once(child.stdout, 'data');
    const origin = `http://127.0.0.1:${String(port).trim()}`;
    return {
      pid: child.pid,
      dataDir,
      collector: await collectorBinary(fileURLToPath(new URL('../test/slow/clickhouse/collector/', import.meta.url))),
      processors: [],
      exporter: { name: 'clickhouse', fields: [`endpoint: "${origin}"`, 'database: otel', 'compress: none'] },
      flame: ['--from-clickhouse', `${origin}/otel`],
      stop: () => child.kill(),
    };
  },
};
if (STORES[values.store] === undefined) {
  console.error(`fleet: --store is one of ${Object.keys(STORES).join(', ')}`);
  process.exit(64);
}
const results = [];
const told = (name, value, more = {}) => results.push({ name, value, low: value, high: value, ...more });
try {
  await main();
} catch (error) {
  if (error.exitCode !== UNAVAILABLE) throw error;
  console.error(`fleet: ${error.message}`);
  process.exitCode = UNAVAILABLE;
} finally {
  await rm(folder, { recursive: true, force: true });
}
if (values.json) console.log(JSON.stringify({ results }, null, 2));
else for (const { name, value } of results) console.log(`${name}: ${value}`);

async function main() {
  const store = await STORES[values.store]();
  try {
    await through(store);
  } finally {
    await store.stop();
  }
}

async function through(store) {
  const config = join(folder, 'collector.yaml');
  await writeFile(config, collectorConfig(store));
  const collector = spawn(store.collector, ['--config', config], { stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    await untilAnswers(`http://127.0.0.1:${PORTS.collector}/v1/traces`);
    const begun = BigInt(Date.now()) * 1_000_000n - HOUR_NANOS;
    const started = performance.now();
    const { accepted, callsOf } = await send(begun, started + Number(values.minutes) * 60_000);
    collector.kill('SIGTERM');
    await once(collector, 'exit');
    const seconds = (performance.now() - started) / 1000;
    told('fleet.traces', accepted / perCall);
    told('fleet.spans', accepted);
    told('fleet.spans-per-second-through-collector-to-disk', Math.round(accepted / seconds));
    told('fleet.store-megabytes', await megabytesOf(store.dataDir));
    await readBack(store, nameOf(0), 'half', callsOf[0]);
    if (callsOf[1] > 0) await readBack(store, nameOf(1), 'one', callsOf[1]);
    told(
      `fleet.${values.store}-megabytes-at-most`,
      Math.round(Number(/VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${store.pid}/status`, 'utf8'))?.[1]) / 1024),
    );
  } finally {
    if (collector.exitCode === null) collector.kill('SIGKILL');
  }
}

/** The first makes half of all calls, the others share the rest. */
function perService(service) {
  return service === 0 ? Math.floor(traces / 2) : Math.floor(traces / 2 / (services - 1));
}

/** Resolves to the spans taken and, by service, the calls that they are of. */
async function send(begun, untilMillis) {
  let accepted = 0;
  const callsOf = Array.from({ length: services }, () => 0);
  for (let service = 0; service < services; service++) {
    const calls = perService(service);
    const spacing = HOUR_NANOS / BigInt(calls + 1);
    process.env['OTEL_SERVICE_NAME'] = nameOf(service);
    const transport = transportFromEnvironment(`http://127.0.0.1:${PORTS.collector}`);
    for (let first = 0; first < calls && performance.now() < untilMillis; first += PORTION) {
      const some = Math.min(PORTION, calls - first);
      const recording = recordingOf(some * perCall, {
        perCall,
        spacingNanos: Number(spacing),
        originEpochNanos: begun + spacing * BigInt(first) + BigInt(service),
      });
      const { accepted: taken, recorded, reasons } = await exportSpans(spansFromRecording(recording), transport);
      if (taken !== recorded) throw new Error(`${recorded - taken} of ${recorded} spans were not accepted: ${reasons.join(', ')}`);
      accepted += taken;
      callsOf[service] += some;
    }
    transport.close();
    if (service % 10 === 0) process.stderr.write(`${nameOf(service)}: ${accepted} spans accepted\n`);
  }
  return { accepted, callsOf };
}

/** `flame` in a process of its own. */
async function readBack(store, service, share, calls) {
  const out = join(folder, service);
  const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
  const peak = join(folder, `${service}.peak`);
  const note = `data:text/javascript,import{writeFileSync as w}from'node:fs';process.on('exit',()=>w(${JSON.stringify(peak)},JSON.stringify(process.resourceUsage())))`;
  const storeBefore = processorSeconds(store.pid);
  const started = performance.now();
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    ['--import', note, main, 'flame', ...store.flame, '--service', service, '--since', '3h', '--out', out, '--json'],
    { encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  const seconds = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(`flame ended with ${status}: ${stderr}`);
  const { maxRSS, userCPUTime, systemCPUTime } = JSON.parse(await readFile(peak, 'utf8'));
  const each = (calls * perCall) / 1e6;
  const rounded = (value) => Number(value.toPrecision(3));
  told(`fleet.flame.${share}.calls-missing`, calls - JSON.parse(stdout).variants.reduce((sum, variant) => sum + variant.calls, 0), {
    goal: 0,
  });
  told(`fleet.flame.${share}.spans`, calls * perCall);
  told(`fleet.flame.${share}.seconds`, rounded(seconds));
  told(`fleet.flame.${share}.seconds-per-million-spans`, rounded(seconds / each));
  told(`fleet.flame.${share}.own-processor-seconds-per-million-spans`, rounded((userCPUTime + systemCPUTime) / 1e6 / each));
  told(
    `fleet.flame.${share}.${values.store}-processor-seconds-per-million-spans`,
    rounded((processorSeconds(store.pid) - storeBefore) / each),
  );
  told(`fleet.flame.${share}.megabytes-at-most`, Math.round(maxRSS / 1024));
}

async function megabytesOf(path) {
  const { stdout } = spawnSync('du', ['-sm', path], { encoding: 'utf8' });
  return Number.parseInt(stdout, 10);
}

async function untilAnswers(url) {
  for (let left = 300; left > 0; left--) {
    const answered = await fetch(url, { signal: AbortSignal.timeout(2000) }).then(
      (response) => response.arrayBuffer().then(() => true),
      () => false,
    );
    if (answered) return;
    await sleep(100);
  }
  throw new Error(`the collector does not answer at ${url}`);
}
