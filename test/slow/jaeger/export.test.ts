import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jaegerDown, jaegerStatus } from '../../../src/telemetry/jaeger/server.js';
import type { JaegerOptions, JaegerState } from '../../../src/telemetry/jaeger/server.js';
import { tracesDataFromSpans } from '../../../src/formats/otlp/write-json.js';
import type { AnyValue, OtlpSpan } from '../../../src/model/otlp.js';
import { openJournal } from '../../../src/telemetry/otlp/journal.js';
import { transportFromEnvironment } from '../../../src/telemetry/otlp/transport.js';
import { exportSpans } from '../../../src/telemetry/otlp/exporter.js';
import { spansFromRecording } from '../../../src/telemetry/spans/spans-from-recording.js';
import type { Recording } from '../../../src/model/recording.js';
import { manyCalls } from '../../helpers/drawn-lines.js';
import { noJaegerHere, ownJaeger, spansOfTrace, start } from './real-jaeger.js';

let options: JaegerOptions;
let jaeger: JaegerState;

const RETRY = { firstWaitMillis: 20, longestWaitMillis: 100, patienceMillis: 300 };

/** As if recorded just now: Jaeger keeps spans for a time counted from their own. */
const recordedNow = (recording: Recording, offset: bigint): Recording => ({
  ...recording,
  meta: { ...recording.meta, originEpochNanos: String(BigInt(Date.now()) * 1_000_000n + offset) },
});

/** What must be equal. Jaeger sorts attributes, and stores lists as their JSON text. */
const comparable = (span: OtlpSpan) => ({
  name: span.name,
  parent: span.parentSpanId ?? '',
  start: span.startTimeUnixNano,
  end: span.endTimeUnixNano,
  attributes: Object.fromEntries((span.attributes ?? []).map(({ key, value }) => [key, plain(value)])),
});

function plain(value: AnyValue): unknown {
  if ('arrayValue' in value) return JSON.stringify(value.arrayValue.values.map(plain));
  return Object.values(value)[0];
}

async function expectAllInJaeger(recording: Recording): Promise<void> {
  const spans = [...spansFromRecording(recording).rows()].map(({ span }) => span);
  const sent = tracesDataFromSpans(spans).resourceSpans?.[0]?.scopeSpans?.[0]?.spans ?? [];
  expect(sent.length).toBe(recording.spans.length);
  for (const traceId of new Set(sent.map((span) => span.traceId))) {
    const expected = sent.filter((span) => span.traceId === traceId);
    const stored = await spansOfTrace(jaeger, traceId);
    expect([...stored.keys()].sort()).toEqual(expected.map(({ spanId }) => spanId).sort());
    for (const span of expected) expect(comparable(stored.get(span.spanId)!)).toEqual(comparable(span));
  }
}

describe.skipIf(noJaegerHere())('a real Jaeger [needs Jaeger: docker, or go to build it]', () => {
  beforeAll(async () => {
    options = await ownJaeger();
    jaeger = await start(options);
  });
  afterAll(() => jaegerDown(options));

  it('has every span as it was recorded: ids, parents, nanoseconds, attributes', async () => {
    const recording = recordedNow(manyCalls(40), 123n);
    const transport = transportFromEnvironment(jaeger.otlpEndpoint);
    const result = await exportSpans(spansFromRecording(recording), transport);
    transport.close();
    expect(result).toMatchObject({ recorded: 200, accepted: 200, lost: 0, spooled: 0 });
    await expectAllInJaeger(recording);
  });

  it('takes spans over gRPC too', async () => {
    process.env['OTEL_EXPORTER_OTLP_PROTOCOL'] = 'grpc';
    try {
      const recording = recordedNow(manyCalls(3), 456n);
      const transport = transportFromEnvironment(`http://localhost:${jaeger.ports.otlpGrpc}`);
      expect(await exportSpans(spansFromRecording(recording), transport)).toMatchObject({ accepted: 15, lost: 0 });
      transport.close();
      await expectAllInJaeger(recording);
    } finally {
      delete process.env['OTEL_EXPORTER_OTLP_PROTOCOL'];
    }
  });

  it('killed in the middle and started again, loses nothing', async () => {
    const recording = recordedNow(manyCalls(400), 789n);
    const journal = join(await mkdtemp(join(tmpdir(), 'inferscope-')), 'journal.jsonl');
    const run = async (mode: 'fresh' | 'resume', onProgress?: (settled: number) => void) => {
      const transport = transportFromEnvironment(jaeger.otlpEndpoint);
      const result = await exportSpans(spansFromRecording(recording), transport, {
        batchSpans: 64,
        retry: RETRY,
        journal: await openJournal(journal, 'kill', mode),
        ...(onProgress ? { onProgress } : {}),
      });
      transport.close();
      return result;
    };
    const cut = await run('fresh', (settled) => {
      if (settled >= 500 && jaeger.pid !== null) kill(jaeger.pid);
    });
    expect(cut.recorded).toBe(2000);
    expect(cut.accepted).toBeGreaterThanOrEqual(500);
    expect(cut.spooled).toBe(2000 - cut.accepted);
    expect(cut.spooled).toBeGreaterThan(0);
    expect(await jaegerStatus(options)).toEqual({ running: false });

    jaeger = await start(options);
    expect(await run('resume')).toMatchObject({ recorded: 2000, accepted: 2000, lost: 0, spooled: 0 });
    await expectAllInJaeger(recording);
  });
});

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Dead already: several batches report progress after the first kill.
  }
}
