import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tracesDataFromSpans } from '../../src/formats/otlp/write-json.js';
import { transportFromEnvironment } from '../../src/telemetry/otlp/transport.js';
import { exportSpans } from '../../src/telemetry/otlp/exporter.js';
import { spansFromRecording } from '../../src/telemetry/spans/spans-from-recording.js';
import { drawLines, manyCalls } from '../helpers/drawn-lines.js';
import { FlakyCollector } from './flaky-collector.js';

afterEach(() => vi.unstubAllEnvs());

const resource = () => [...spansFromRecording(manyCalls(1)).rows()][0]!.span.resource.attributes;
const root = () => [...spansFromRecording(manyCalls(1)).rows()][0]!.span;

describe('who the spans are from', () => {
  it('is inferscope, unless OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES says otherwise; empty means unset', () => {
    vi.stubEnv('OTEL_SERVICE_NAME', '');
    vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', '');
    expect(resource()['service.name']).toBe('inferscope');
    vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'service.name=shop,service.version=1.8.0,note=a%2Cb');
    expect(resource()).toMatchObject({ 'service.name': 'shop', 'service.version': '1.8.0', note: 'a,b' });
    vi.stubEnv('OTEL_SERVICE_NAME', 'scoring');
    expect(resource()).toMatchObject({ 'service.name': 'scoring', 'service.version': '1.8.0' });
  });
});

describe('the sampler', () => {
  it.each([
    ['always_on', '', 100],
    ['always_off', '', 0],
    ['parentbased_always_off', '', 0],
    ['traceidratio', '0', 0],
    ['parentbased_traceidratio', '1', 100],
    ['', '', 100],
  ])('%s %s', (sampler, argument, share) => {
    vi.stubEnv('OTEL_TRACES_SAMPLER', sampler);
    vi.stubEnv('OTEL_TRACES_SAMPLER_ARG', argument);
    const { recorded, sampledOut } = spansFromRecording(manyCalls(20));
    expect({ recorded, sampledOut }).toEqual({ recorded: share, sampledOut: 100 - share });
  });

  it('takes a share of the calls, each one whole', () => {
    vi.stubEnv('OTEL_TRACES_SAMPLER', 'traceidratio');
    vi.stubEnv('OTEL_TRACES_SAMPLER_ARG', '0.5');
    const { recorded, traceIds, rows } = spansFromRecording(manyCalls(400));
    // Half of 400, outside of these bounds less often than once in a million runs.
    expect(recorded / 5).toBeGreaterThan(140);
    expect(recorded / 5).toBeLessThan(260);
    expect(traceIds.length).toBe(400);
    const sizes = new Map<string, number>();
    for (const { span } of rows()) sizes.set(span.spanContext().traceId, (sizes.get(span.spanContext().traceId) ?? 0) + 1);
    expect(new Set(sizes.values())).toEqual(new Set([5]));
  });
});

describe('limits of a span', () => {
  it('cut off attributes at the end, and say how many', () => {
    const all = Object.keys(root().attributes);
    vi.stubEnv('OTEL_ATTRIBUTE_COUNT_LIMIT', '10');
    expect(Object.keys(root().attributes)).toEqual(all.slice(0, 10));
    expect(root().attributes).toMatchObject({
      'inference.span.kind': 'call',
      'inference.stage': 'glue',
      'inference.runtime': 'layers-model',
    });
    expect(root().droppedAttributesCount).toBe(all.length - 10);
    vi.stubEnv('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', '12');
    expect(root().droppedAttributesCount).toBe(all.length - 12);
    expect(tracesDataFromSpans([root()]).resourceSpans?.[0]?.scopeSpans?.[0]?.spans?.[0]).toMatchObject({
      droppedAttributesCount: all.length - 12,
    });
  });

  it('cut values, in lists too', () => {
    vi.stubEnv('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', '8');
    expect(root().attributes).toMatchObject({
      'inference.runtime': 'layers-m',
      'inference.environment.packages': ['@tensorf'],
      'inference.input.batch_size': 32,
    });
    vi.stubEnv('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', '4');
    expect(root().attributes).toMatchObject({ 'inference.runtime': 'laye' });
  });

  it('cut off events, and say how many; what is no limit counts as unset', () => {
    const recording = {
      ...drawLines('call glue predict 0..9000'),
      gc: Array.from({ length: 130 }, (_, at) => ({ startNanos: 10 + at, durationNanos: 1, type: 'scavenge' })),
    };
    const span = () => [...spansFromRecording(recording).rows()][0]!.span;
    expect([span().events.length, span().droppedEventsCount]).toEqual([128, 2]);
    vi.stubEnv('OTEL_SPAN_EVENT_COUNT_LIMIT', '5');
    expect([span().events.length, span().droppedEventsCount]).toEqual([5, 125]);
    vi.stubEnv('OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT', '1');
    expect(span().events[0]?.attributes).toEqual({ 'inference.gc.type': 'scavenge' });
    vi.stubEnv('OTEL_SPAN_EVENT_COUNT_LIMIT', 'none');
    expect(span().events.length).toBe(128);
  });
});

describe('where and how spans are sent', () => {
  let collector: FlakyCollector;
  let endpoint: string;
  beforeEach(async () => {
    collector = new FlakyCollector();
    endpoint = await collector.listen();
  });
  afterEach(() => collector.close());

  async function request() {
    const transport = transportFromEnvironment();
    await exportSpans(spansFromRecording(manyCalls(1)), transport, {
      retry: { firstWaitMillis: 1, longestWaitMillis: 1, patienceMillis: 1 },
    });
    transport.close();
    return collector.requests[0];
  }

  it('appends the path of traces to a general endpoint that has one of its own', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `${endpoint}/tenant/`);
    expect((await request())?.url).toBe('/tenant/v1/traces');
  });

  it('puts it before the query of a general endpoint, and adds nothing to an endpoint for traces', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `${endpoint}/tenant?key=a/b`);
    expect((await request())?.url).toBe('/tenant/v1/traces?key=a/b');
    vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', `${endpoint}/v1/own?key=1`);
    collector.requests.length = 0;
    expect((await request())?.url).toBe('/v1/own?key=1');
  });

  it('an https address of a server that speaks only http is told with what to write, and nothing is sent again and again', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', endpoint.replace('http:', 'https:'));
    const transport = transportFromEnvironment();
    const { spooled, recorded, reasons } = await exportSpans(spansFromRecording(manyCalls(1)), transport);
    transport.close();
    expect([spooled, reasons]).toEqual([
      recorded,
      [`${endpoint.replace('http:', 'https:')}/v1/traces: the server does not speak TLS there: write http:// instead of https://`],
    ]);
  });

  it('an endpoint for traces wins, and an empty one is unset', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', endpoint);
    vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', '');
    expect((await request())?.url).toBe('/v1/traces');
  });

  it('headers for traces win over general ones of the same name; values may be percent-encoded', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', endpoint);
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-key=general,x-tenant=a%20b');
    vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'x-key=traces');
    expect((await request())?.headers).toMatchObject({ 'x-key': 'traces', 'x-tenant': 'a b' });
  });

  it('compression for traces wins over the general one', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', endpoint);
    vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', 'none');
    vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_COMPRESSION', 'gzip');
    expect((await request())?.headers['content-encoding']).toBe('gzip');
  });

  it('the protocol for traces wins over the general one, and an empty one is unset', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', endpoint);
    vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc');
    vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'http/json');
    expect((await request())?.headers['content-type']).toBe('application/json');
    vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', '');
    vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', '');
    await request();
    expect(collector.requests[1]?.headers['content-type']).toBe('application/x-protobuf');
  });
});

it.each(['http://localhost:99999', 'foo bar'])('an address %j that is none is refused with gRPC too', (endpoint) => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc');
  expect(() => transportFromEnvironment(endpoint)).toThrow(
    `"${endpoint}" is no OTLP/gRPC address (Invalid URL): give one such as http://localhost:4317.`,
  );
});
