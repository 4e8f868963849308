/**
 * `node bench/export.mjs [--json] [--smoke] [--spans N] [--jaeger-spans N]`: how fast a recording's spans leave, what a million
 * of them cost in memory, and what the SDK's batch processor does with a burst.
 *
 * Needs `npm run build`. Jaeger is a real one of its own, with its storage on disk in a temporary folder;
 * a smoke run does without it, and with fewer spans.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BasicTracerProvider, BatchSpanProcessor, InMemorySpanExporter } from '@opentelemetry/sdk-trace-base';
import { jaegerDown, jaegerUp } from '../dist/telemetry/jaeger/server.js';
import { writeOtlpJsonLines } from '../dist/telemetry/otlp/json-lines.js';
import { exportSpans } from '../dist/telemetry/otlp/exporter.js';
import { transportFromEnvironment } from '../dist/telemetry/otlp/transport.js';
import { LiveCalls } from '../dist/telemetry/live/live-calls.js';
import { ProviderHook } from '../dist/telemetry/live/provider-hook.js';
import { spansFromRecording } from '../dist/telemetry/spans/spans-from-recording.js';
import { PER_CALL, recordingOf } from './synthetic/calls.mjs';

// A program that goes on: what is handed over live keeps no process alive by itself.
const running = setInterval(() => undefined, 1000);

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, smoke: { type: 'boolean', default: false }, spans: { type: 'string' }, 'jaeger-spans': { type: 'string', default: '20000' } },
});
const ROUNDS = 3;
const BURST = 10_000;

async function perSecond(spans, body) {
  const rates = [];
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    await body();
    rates.push((spans / (performance.now() - started)) * 1000);
  }
  rates.sort((a, b) => a - b);
  return { value: Math.round(rates[ROUNDS >> 1]), low: Math.round(rates[0]), high: Math.round(rates.at(-1)) };
}

/** Share of a burst of `count` spans, ended in one turn, that the batch processor with its defaults drops. */
async function batchProcessorLoss(count) {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
  const tracer = provider.getTracer('bench');
  for (let span = 0; span < count; span++) tracer.startSpan('kernel').end();
  await provider.forceFlush();
  return 1 - exporter.getFinishedSpans().length / count;
}

/**
 * The same burst from a live program: calls of 40 spans in one turn, through the same processor with its defaults, as
 * `InferenceInstrumentation` hands them over.
 */
async function liveLoss(count) {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
  const hook = new ProviderHook(() => provider, () => live.flush());
  const meta = { ...recordingOf(PER_CALL).meta };
  const live = new LiveCalls({ tracer: () => provider.getTracer('bench'), provider: hook, meta: () => meta, config: {} }, meta.originEpochNanos);
  const name = live.recorder.interner.string('MatMul');
  const spansOfCall = 40;
  for (let call = 0; call < count / spansOfCall; call++) {
    const start = live.begins({ runtime: 'layers-model', call: 'predict', model: meta, inputs: [] }, { stateOf: () => 'uncompiled' });
    live.recorder.callSync(start, name, 0, 4, (scope) => {
      for (let span = 1; span < spansOfCall; span++) scope.close(scope.open(name, 4, 2));
    });
  }
  await live.flush();
  await provider.forceFlush();
  return 1 - exporter.getFinishedSpans().length / count;
}

/** What `body` gives, and how far the process's memory rose meanwhile. */
async function withPeak(body) {
  const before = process.memoryUsage().rss;
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 5);
  const result = await body();
  clearInterval(watch);
  return { result, peakMegabytes: Math.round((peak - before) / 1e6) };
}

/** Over HTTP to a server that takes everything and keeps nothing, in a process of its own. */
async function intoSink(recording) {
  const program = `require('node:http').createServer((q, r) => { q.resume(); q.on('end', () => r.end()); }).listen(0, '127.0.0.1', function () { console.log(this.address().port); })`;
  const sink = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [port] = await once(sink.stdout, 'data');
    const transport = transportFromEnvironment(`http://127.0.0.1:${String(port).trim()}`);
    const sent = await withPeak(() => perSecond(many, () => exportSpans(spansFromRecording(recording), transport)));
    transport.close();
    results.push({ name: 'export.http.spans-per-second', ...sent.result });
    single(`export.http.peak-megabytes-for-${many}-spans`, sent.peakMegabytes);
  } finally {
    sink.kill();
  }
}

/** No Jaeger and no Go to build one: the rest is measured all the same. */
function unlessUnavailable(error) {
  if (error.exitCode !== 69) throw error;
  console.error(`export: Jaeger left out: ${error.message}`);
}

const results = [];
const single = (name, value, more = {}) => results.push({ name, value, low: value, high: value, ...more });
const folder = await mkdtemp(join(tmpdir(), 'inferscope-bench-'));
const home = join(folder, 'jaeger');
const many = Number(values.spans ?? (values.smoke ? 20_000 : 1_000_000));
const some = Number(values['jaeger-spans']);
try {
  single('export.batch-processor.lost-share', await batchProcessorLoss(BURST));
  single('export.live.lost-share', await liveLoss(BURST), { goal: 0 });

  if (values.smoke) console.error('export: Jaeger left out, a smoke run starts no server');
  else await intoJaeger().catch(unlessUnavailable);

  const big = recordingOf(many);
  const file = await withPeak(() => perSecond(many, () => writeOtlpJsonLines(spansFromRecording(big), join(folder, 'spans'))));
  results.push({ name: 'export.file.spans-per-second', ...file.result });
  single(`export.file.peak-megabytes-for-${many}-spans`, file.peakMegabytes);
  await intoSink(big);
} finally {
  await jaegerDown({ home });
  await rm(folder, { recursive: true, force: true });
}
clearInterval(running);
if (values.json) console.log(JSON.stringify({ results }, null, 2));
else for (const { name, value, low, high } of results) console.log(`${name}: ${value} (${low} to ${high})`);

/** Spans sent to a Jaeger a second, and whether any was lost. */
async function intoJaeger() {
  const small = recordingOf(some);
  const ports = { query: 46686, otlpHttp: 44318, otlpGrpc: 44317 };
  const jaeger = await jaegerUp({ home, ports, say: (line) => process.stderr.write(`${line}\n`) });
  const transport = transportFromEnvironment(jaeger.otlpEndpoint);
  let lost = 0;
  let round = 0n;
  const sent = await perSecond(some, async () => {
    // Another origin, so that each round stores new traces.
    const meta = { ...small.meta, originEpochNanos: String(BigInt(small.meta.originEpochNanos) + round++) };
    const { recorded, accepted } = await exportSpans(spansFromRecording({ ...small, meta }), transport);
    lost += recorded - accepted;
  });
  transport.close();
  results.push({ name: 'export.jaeger.spans-per-second', ...sent });
  single('export.jaeger.lost-share', lost / (some * ROUNDS), { goal: 0 });
}
