import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Server,
  ServerCredentials,
  status,
  type Metadata,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceError,
} from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openJournal } from '../../src/telemetry/otlp/journal.js';
import { transportFromEnvironment } from '../../src/telemetry/otlp/transport.js';
import { exportSpans } from '../../src/telemetry/otlp/exporter.js';
import type { ExportOptions, ExportResult } from '../../src/telemetry/otlp/exporter.js';
import { spansFromRecording } from '../../src/telemetry/spans/spans-from-recording.js';
import { manyCalls } from '../helpers/drawn-lines.js';
import { FlakyCollector } from './flaky-collector.js';

const PATIENT = { firstWaitMillis: 1, longestWaitMillis: 4, patienceMillis: 60_000 };
const IMPATIENT = { ...PATIENT, patienceMillis: 20 };

let collector: FlakyCollector;
let endpoint: string;

beforeEach(async () => {
  collector = new FlakyCollector();
  endpoint = await collector.listen();
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', endpoint);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await collector.close();
});

/** Exports 40 calls of five spans, 50 spans per request, one request at a time unless told otherwise. */
async function run(options: ExportOptions = {}): Promise<ExportResult> {
  const transport = transportFromEnvironment();
  try {
    const spans = spansFromRecording(manyCalls(40));
    return await exportSpans(spans, transport, { batchSpans: 50, concurrency: 1, retry: PATIENT, ...options });
  } finally {
    transport.close();
  }
}

const counts = ({ recorded, accepted, lost, spooled }: ExportResult) => ({ recorded, accepted, lost, spooled });
const ALL_IN = { recorded: 200, accepted: 200, lost: 0, spooled: 0 };

describe('an exporter against a server that misbehaves', () => {
  it('sends every span once', async () => {
    expect(counts(await run())).toEqual(ALL_IN);
    expect(new Set(collector.spanIds).size).toBe(200);
    expect(collector.requests[0]?.url).toBe('/v1/traces');
  });

  it.each([
    ['429 with Retry-After', { status: 429, headers: { 'Retry-After': '0' } }],
    ['503', { status: 503 }],
    ['502', { status: 502 }],
    ['a connection that drops', 'drop'],
  ] as const)('tries again after %s', async (_, behaviour) => {
    collector.behaviours.push('ok', behaviour, behaviour, 'ok', behaviour);
    expect(counts(await run())).toEqual(ALL_IN);
    expect(collector.requests.length).toBe(4 + 3);
  });

  it('waits as long as the server asks, and no longer than its patience', async () => {
    collector.behaviours.push({ status: 429, headers: { 'Retry-After': '3600' } });
    const result = await run();
    expect(counts(result)).toEqual({ recorded: 200, accepted: 0, lost: 0, spooled: 200 });
    expect(collector.requests.length).toBe(1);
  });

  it.each(['hang', 'drip'] as const)('gives up a request that would %s for ever, then sends it again', async (slow) => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '60');
    collector.behaviours.push(slow);
    expect(counts(await run())).toEqual(ALL_IN);
  });

  it('counts what a partial success rejects, and does not send it again', async () => {
    collector.behaviours.push('ok', { rejectSpans: 7, message: 'too old' });
    const result = await run();
    expect(counts(result)).toEqual({ recorded: 200, accepted: 193, lost: 7, spooled: 0 });
    expect(result.reasons).toEqual(['rejected by the server: too old']);
    expect(collector.requests.length).toBe(4);
  });

  it('counts a refused batch as lost and goes on', async () => {
    collector.behaviours.push({ status: 400, body: 'bad span' });
    const result = await run();
    expect(counts(result)).toEqual({ recorded: 200, accepted: 150, lost: 50, spooled: 0 });
    expect(result.reasons).toEqual(['HTTP 400 bad span']);
  });

  it('halves a batch that is too large', async () => {
    collector.behaviours.push({ status: 413 }, { status: 413 });
    expect(counts(await run())).toEqual(ALL_IN);
    expect(new Set(collector.spanIds).size).toBe(200);
  });

  it('keeps everything when the address or the credentials are wrong', async () => {
    collector.behaviours.push({ status: 401 });
    const result = await run();
    expect(counts(result)).toEqual({ recorded: 200, accepted: 0, lost: 0, spooled: 200 });
    expect(result.reasons).toEqual(['HTTP 401']);
    expect(collector.requests.length).toBe(1);
  });

  it.each([
    ['a login page', { 'Content-Type': 'text/html' }, '<html>Sign in</html>'],
    ['an empty page', { 'Content-Type': 'text/html; charset=utf-8' }, ''],
    ["another service's JSON", { 'Content-Type': 'application/json' }, '{"status":"ok"}'],
    ['JSON cut off', { 'Content-Type': 'application/json' }, '{"partialSuc'],
    ['a list', { 'Content-Type': 'application/json' }, '[]'],
    ['text', {}, 'OK'],
    ['no protobuf', { 'Content-Type': 'application/x-protobuf' }, '<html>'],
  ])('takes nothing for accepted where status 200 comes with %s', async (_, headers, body) => {
    collector.behaviours.push({ status: 200, headers, body });
    const result = await run({ concurrency: 1 });
    expect(counts(result)).toEqual({ recorded: 200, accepted: 0, lost: 0, spooled: 200 });
    expect(result.reasons).toEqual([expect.stringMatching(/no OTLP answer/)]);
  });

  it.each([
    ['JSON', { 'Content-Type': 'application/json; charset=utf-8' }, '{}'],
    ['JSON that says nothing was rejected', { 'Content-Type': 'application/json' }, '{"partialSuccess":{}}'],
    ['nothing at all', {}, ''],
  ])('takes %s for an answer', async (_, headers, body) => {
    collector.behaviours.push(...Array.from({ length: 4 }, () => ({ status: 200, headers, body })));
    expect(counts(await run())).toEqual(ALL_IN);
  });

  it('learns what size a server takes, and gives up a server that takes none', async () => {
    collector.behaviours.push(...Array.from({ length: 1000 }, () => ({ status: 413 })));
    const result = await run({ concurrency: 1 });
    expect([counts(result).accepted, result.recorded - result.lost - result.spooled]).toEqual([0, 0]);
    expect(result.spooled).toBeGreaterThan(190);
    expect(collector.requests.length).toBeLessThan(12);
  });

  it('keeps everything when nobody listens', async () => {
    await collector.close();
    const result = await run({ retry: IMPATIENT });
    expect(counts(result)).toEqual({ recorded: 200, accepted: 0, lost: 0, spooled: 200 });
    expect(result.reasons[0]).toMatch(/ECONNREFUSED/);
    await collector.listen();
  });

  it('says at once where no server is, and waits for one that was there', async () => {
    const retry = { ...PATIENT, patienceMillis: 3_600_000, unreachable: 'told at once' } as const;
    const port = Number(new URL(endpoint).port);
    await collector.close();
    const nobody = await run({ retry });
    expect(counts(nobody)).toEqual({ recorded: 200, accepted: 0, lost: 0, spooled: 200 });
    expect(nobody.reasons).toEqual([expect.stringMatching(/^nothing listens at http.*ECONNREFUSED.*`inferscope jaeger up`/)]);
    vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc');
    expect((await run({ retry })).reasons).toEqual([expect.stringMatching(/^nothing listens at 127.*ECONNREFUSED/)]);
    vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'http/protobuf');
    await collector.listen(port);
    let cut: Promise<unknown> | undefined;
    const restarted = (): void => {
      cut ??= collector.close().then(() => collector.listen(port));
    };
    expect(counts(await run({ retry, onProgress: restarted }))).toEqual(ALL_IN);
  });

  it('tells a protocol that is not spoken there from a server that is busy', async () => {
    const retry = { ...PATIENT, patienceMillis: 3_600_000 };
    vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc');
    expect((await run({ retry })).reasons).toEqual([expect.stringContaining('no gRPC')]);
    vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'http/protobuf');
    const server = new Server();
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    );
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${port}`);
    try {
      expect((await run({ retry })).reasons).toEqual([expect.stringContaining('OTEL_EXPORTER_OTLP_PROTOCOL=grpc')]);
    } finally {
      server.forceShutdown();
    }
  });

  it('never has more requests under way than it was allowed', async () => {
    await run({ batchSpans: 2, concurrency: 3 });
    expect(collector.busiest).toBeLessThanOrEqual(3);
    expect(new Set(collector.spanIds).size).toBe(200);
  });
});

describe('resuming', () => {
  const journalPath = async () => join(await mkdtemp(join(tmpdir(), 'inferscope-')), 'export.jsonl');

  it('sends only what is left, and ends with every span exactly accounted for', async () => {
    const path = await journalPath();
    collector.behaviours.push('ok', 'ok', { status: 401 });
    const first = await run({ journal: await openJournal(path, 'same', 'fresh') });
    expect(counts(first)).toEqual({ recorded: 200, accepted: 100, lost: 0, spooled: 100 });
    const second = await run({ journal: await openJournal(path, 'same', 'resume') });
    expect(counts(second)).toEqual(ALL_IN);
    expect(collector.requests.length).toBe(5);
    expect(new Set(collector.spanIds).size).toBe(200);
    expect(collector.spanIds.length).toBe(200);
  });

  it('survives a journal whose last line was cut off', async () => {
    const path = await journalPath();
    await run({ journal: await openJournal(path, 'same', 'fresh') });
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.slice(0, -10));
    expect(counts(await run({ journal: await openJournal(path, 'same', 'resume') }))).toEqual(ALL_IN);
    expect(collector.requests.length).toBe(5);
  });

  it('does not trust the journal of another recording', async () => {
    const path = await journalPath();
    await run({ journal: await openJournal(path, 'one', 'fresh') });
    expect(counts(await run({ journal: await openJournal(path, 'other', 'resume') }))).toEqual(ALL_IN);
    expect(collector.requests.length).toBe(8);
  });
});

describe('the standard variables', () => {
  it.each(['gzip', 'none'])('compress: %s', async (compression) => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', compression);
    expect(counts(await run())).toEqual(ALL_IN);
    expect(collector.requests[0]?.headers['content-encoding']).toBe(compression === 'gzip' ? 'gzip' : undefined);
    expect(new Set(collector.spanIds).size).toBe(200);
  });

  it('choose JSON', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'http/json');
    expect(counts(await run())).toEqual(ALL_IN);
    expect(collector.requests[0]?.headers['content-type']).toBe('application/json');
    expect(new Set(collector.spanIds).size).toBe(200);
  });

  it('send headers', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-key=secret');
    await run();
    expect(collector.requests[0]?.headers['x-key']).toBe('secret');
  });

  it('use the traces endpoint as it is', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', `${endpoint}/elsewhere`);
    await run();
    expect(collector.requests[0]?.url).toBe('/elsewhere');
  });

  it('refuse a protocol that does not exist', () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'carrier-pigeon');
    expect(() => transportFromEnvironment()).toThrow(/use one of http\/protobuf, http\/json, grpc/);
  });
});

describe('an exporter over gRPC', () => {
  /** A real server that answers each export with what it is told. */
  async function against(answer: (sent: Buffer, metadata: Metadata) => Buffer | Partial<ServiceError>): Promise<ExportResult> {
    const server = new Server();
    const method = {
      path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      requestStream: false,
      responseStream: false,
      requestSerialize: Buffer.from,
      requestDeserialize: Buffer.from,
      responseSerialize: Buffer.from,
      responseDeserialize: Buffer.from,
    } as const;
    server.addService(
      { export: method },
      {
        export: ({ request, metadata }: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
          const told = answer(request, metadata);
          if (Buffer.isBuffer(told)) done(null, told);
          else done(told);
        },
      },
    );
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    );
    vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc');
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${port}`);
    try {
      return await run({ retry: IMPATIENT, concurrency: 4 });
    } finally {
      server.forceShutdown();
    }
  }
  const OK = Buffer.alloc(0);

  it('sends every span once, with the headers of the standard variables', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-tenant=us');
    const seen: string[] = [];
    let bytes = 0;
    const result = await against((sent, metadata) => {
      seen.push(String(metadata.get('x-tenant')[0]));
      bytes += sent.length;
      return OK;
    });
    expect([counts(result), seen]).toEqual([ALL_IN, ['us', 'us', 'us', 'us']]);
    expect(bytes).toBeGreaterThan(200 * 50);
  });

  it('counts what each partial success rejects, whatever order answers come in', async () => {
    // ExportTraceServiceResponse { partial_success: { rejected_spans: 3, error_message: "old" } }, in the second answer only.
    const partial = Buffer.from('0a0708031203' + Buffer.from('old').toString('hex'), 'hex');
    let answers = 0;
    const result = await against(() => ((answers += 1) === 2 ? partial : OK));
    expect([counts(result), result.reasons]).toEqual([{ ...ALL_IN, accepted: 197, lost: 3 }, ['rejected by the server: old']]);
  });

  it.each([
    ['busy', status.UNAVAILABLE, { accepted: 0, lost: 0, spooled: 200 }],
    ['refused', status.INVALID_ARGUMENT, { accepted: 0, lost: 200, spooled: 0 }],
    ['misconfigured', status.UNAUTHENTICATED, { accepted: 0, lost: 0, spooled: 200 }],
  ] as const)('takes a status for what it means: %s', async (_, code, expected) => {
    const result = await against(() => ({ code, details: 'because' }));
    expect([counts(result), result.reasons[0]]).toEqual([{ recorded: 200, ...expected }, expect.stringContaining('because')]);
  });

  it('takes nothing for accepted on an answer that cannot be read', async () => {
    expect(counts(await against(() => Buffer.from('ff', 'hex')))).toEqual({ recorded: 200, accepted: 0, lost: 0, spooled: 200 });
  });

  it.each([
    ['-1', 'ffffffffffffffffff01'],
    ['ten million', '80ade204'],
  ])('counts no more and no fewer spans than it sent where a partial success says %s', async (_, varint) => {
    const inner = Buffer.from(`08${varint}`, 'hex');
    const result = await against(() => Buffer.concat([Buffer.from([0x0a, inner.length]), inner]));
    expect(counts(result)).toEqual(varint.startsWith('f') ? ALL_IN : { recorded: 200, accepted: 0, lost: 200, spooled: 0 });
  });
});
