import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { jaegerDown } from '../../../src/telemetry/jaeger/server.js';
import type { JaegerOptions, JaegerState } from '../../../src/telemetry/jaeger/server.js';
import { openJournal } from '../../../src/telemetry/otlp/journal.js';
import { transportFromEnvironment } from '../../../src/telemetry/otlp/transport.js';
import { exportSpans } from '../../../src/telemetry/otlp/exporter.js';
import { spansFromRecording } from '../../../src/telemetry/spans/spans-from-recording.js';
import type { CallRecord, Recording } from '../../../src/model/recording.js';
import { drawLines, manyCalls } from '../../helpers/drawn-lines.js';
import { collectorBinary, guideConfig, RealCollector, validate, withChanges } from './real-collector.js';
import { freePort, noJaegerHere, ownJaeger, recordingFromJaeger, spansOfTrace, start } from './real-jaeger.js';

const PLAIN = 400;
const KEPT = 5;

let options: JaegerOptions;
let jaeger: JaegerState;
let collector: RealCollector | undefined;
let port: number;

describe.skipIf(noJaegerHere())("the deployment guide's collector configuration [needs Jaeger: docker, or go to build it]", () => {
  beforeAll(async () => {
    options = await ownJaeger();
    jaeger = await start(options);
    await collectorBinary();
  });
  afterEach(async () => {
    await collector?.stop();
    collector = undefined;
  });
  afterAll(() => jaegerDown(options));

  /** Other addresses, and a shorter wait for a trace to be whole; everything else is the guide's. */
  async function here(changes: Record<string, string> = {}): Promise<string> {
    port = await freePort();
    return withChanges(await guideConfig(), {
      '0.0.0.0:4318': `127.0.0.1:${port}`,
      '0.0.0.0:4317': `127.0.0.1:${await freePort()}`,
      'jaeger-collector:4317': `127.0.0.1:${jaeger.ports.otlpGrpc}`,
      'decision_wait: 10s': 'decision_wait: 2s',
      // Its own metrics would be served on a fixed port.
      'service:\n': 'service:\n  telemetry: { metrics: { level: none } }\n',
      ...changes,
    });
  }

  it('is one that the real collector takes as it is printed', async () => {
    expect(await validate(await guideConfig())).toMatchObject({ exitCode: 0 });
    const wrong = await validate(withChanges(await guideConfig(), { 'decision_wait:': 'decision_weight:' }));
    expect(wrong.exitCode).not.toBe(0);
    expect(wrong.stderr).toMatch(/decision_weight/);
  });

  it('keeps every failed, slow and cold call whole, a share of the others, and loses nothing on the way', async () => {
    collector = await RealCollector.start(await here(), port);
    const groups = {
      plain: now(manyCalls(PLAIN)),
      failed: now(drawn(KEPT, 9_000, { error: 'planted' })),
      slow: now(drawn(KEPT, 700_000_000)),
      cold: now(drawn(KEPT, 9_000, { temperature: 'cold-signature' })),
    };
    const traces: Record<string, readonly string[]> = {};
    for (const [name, recording] of Object.entries(groups)) traces[name] = await send(recording, name);
    // The last ones sent are decided on last, and the collector hands over what it holds before it ends.
    await settled(() => traces['cold'] ?? []);
    await collector.stop();
    for (const name of ['failed', 'slow', 'cold']) {
      for (const traceId of traces[name] ?? []) expect([name, (await spansOfTrace(jaeger, traceId)).size]).toEqual([name, 2]);
    }
    const plain = await Promise.all((traces['plain'] ?? []).map((traceId) => spansOfTrace(jaeger, traceId)));
    const kept = plain.filter(({ size }) => size > 0);
    // 5 % of 400: outside of these bounds less often than once in a million runs.
    expect(kept.length).toBeGreaterThan(2);
    expect(kept.length).toBeLessThan(50);
    expect(kept.every(({ size }) => size === 5)).toBe(true);
    const from = BigInt(Date.now() - 3_600_000) * 1_000_000n;
    const read = await recordingFromJaeger(jaeger.queryUrl, { service: 'slow' }, { from, to: from + 7_200_000_000_000n });
    expect(read).toMatchObject({ calls: KEPT, spans: KEPT * 2 });
  });

  it('refuses when its memory is full; what was refused is kept and sent later', async () => {
    const journal = join(await mkdtemp(join(tmpdir(), 'inferscope-')), 'journal.jsonl');
    const recording = now(drawn(20, 9_000, { error: 'planted' }));
    collector = await RealCollector.start(
      await here({ 'check_interval: 1s, limit_mib: 1500, spike_limit_mib: 300': 'check_interval: 20ms, limit_mib: 2, spike_limit_mib: 1' }),
      port,
    );
    await collector.says('Refusing data');
    const refused = await exportTo(recording, 'refused', journal, 'fresh');
    expect(refused).toMatchObject({ recorded: 40, accepted: 0, lost: 0, spooled: 40 });
    expect(refused.reasons[0]).toMatch(/HTTP (429|503)/);
    await collector.stop();
    const first = port;
    collector = await RealCollector.start(withChanges(await here(), { [`127.0.0.1:${port}`]: `127.0.0.1:${first}` }), first);
    port = first;
    expect(await exportTo(recording, 'refused', journal, 'resume')).toMatchObject({ recorded: 40, accepted: 40, lost: 0, spooled: 0 });
  });
});

/** Calls of two spans each, as long as asked for. */
function drawn(calls: number, nanos: number, fields: Partial<CallRecord> = {}): Recording {
  const lines = Array.from({ length: calls }, (_, call) => {
    const at = call * (nanos + 1000);
    return `call glue predict ${at}..${at + nanos}\n  stage kernel-execution kernel-execution ${at + 10}..${at + nanos - 10}`;
  });
  return drawLines(
    lines.join('\n'),
    Array.from({ length: calls }, () => fields),
  );
}

/** As if recorded just now, each recording with ids of its own. */
function now(recording: Recording): Recording {
  origins += 1n;
  return { ...recording, meta: { ...recording.meta, originEpochNanos: String(BigInt(Date.now() - 60_000) * 1_000_000n + origins) } };
}
let origins = 0n;

async function exportTo(recording: Recording, service: string, journal: string, mode: 'fresh' | 'resume') {
  process.env['OTEL_SERVICE_NAME'] = service;
  const transport = transportFromEnvironment(`http://127.0.0.1:${port}`);
  try {
    const retry = { firstWaitMillis: 20, longestWaitMillis: 100, patienceMillis: 1000 };
    return await exportSpans(spansFromRecording(recording), transport, { retry, journal: await openJournal(journal, 'same', mode) });
  } finally {
    transport.close();
    delete process.env['OTEL_SERVICE_NAME'];
  }
}

/** Sends a recording as a service of that name; the ids of its traces. */
async function send(recording: Recording, service: string): Promise<readonly string[]> {
  process.env['OTEL_SERVICE_NAME'] = service;
  const transport = transportFromEnvironment(`http://127.0.0.1:${port}`);
  const spans = spansFromRecording(recording);
  expect(await exportSpans(spans, transport)).toMatchObject({ accepted: recording.spans.length, lost: 0, spooled: 0 });
  transport.close();
  delete process.env['OTEL_SERVICE_NAME'];
  return spans.traceIds.flatMap((traceId) => traceId ?? []);
}

/** Waits until all of these traces are in Jaeger. */
async function settled(traceIds: () => readonly string[]): Promise<void> {
  await vi.waitUntil(
    async () => {
      const sizes = await Promise.all(traceIds().map(async (traceId) => (await spansOfTrace(jaeger, traceId)).size));
      return sizes.every((size) => size > 0);
    },
    { timeout: 60_000, interval: 200 },
  );
}
