import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jaegerDown } from '../../../src/telemetry/jaeger/server.js';
import type { JaegerOptions, JaegerState } from '../../../src/telemetry/jaeger/server.js';
import type { OtlpSpan, TracesData } from '../../../src/model/otlp.js';
import { freePort, noJaegerHere, ownJaeger, start } from './real-jaeger.js';

const REQUESTS = 80;

let options: JaegerOptions;
let jaeger: JaegerState;

const run = (args: readonly string[]) => promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 26 });

/** Every span of the service that Jaeger has, by trace. */
async function traces(service: string): Promise<OtlpSpan[][]> {
  const now = Date.now();
  const parameters = new URLSearchParams({
    'query.service_name': service,
    'query.start_time_min': new Date(now - 3_600_000).toISOString(),
    'query.start_time_max': new Date(now + 60_000).toISOString(),
    'query.num_traces': '1000',
  });
  const response = await fetch(`${jaeger.queryUrl}/api/v3/traces?${parameters.toString()}`);
  const { result } = (await response.json()) as { result: TracesData };
  const spans = (result.resourceSpans ?? []).flatMap(({ scopeSpans }) => scopeSpans ?? []).flatMap((scope) => scope.spans ?? []);
  const byTrace = new Map<string, OtlpSpan[]>();
  for (const span of spans) byTrace.set(span.traceId, [...(byTrace.get(span.traceId) ?? []), span]);
  return [...byTrace.values()];
}

const kindOf = (span: OtlpSpan): unknown => {
  const value = span.attributes?.find(({ key }) => key === 'inference.span.kind')?.value;
  return value === undefined ? undefined : Object.values(value)[0];
};

describe.skipIf(noJaegerHere())('the example, an HTTP service under load [needs Jaeger: docker, or go to build it]', () => {
  beforeAll(async () => {
    options = await ownJaeger();
    jaeger = await start(options);
  });
  afterAll(() => jaegerDown(options));

  it.each([
    ['--import', 'http-service'],
    ['--require', 'http-service-required'],
  ])('%s: each request is one trace, from request to kernel, and none is missing', async (option, service) => {
    const port = await freePort();
    const env = {
      ...process.env,
      PORT: String(port),
      OTEL_SERVICE_NAME: service,
      OTEL_EXPORTER_OTLP_ENDPOINT: jaeger.otlpEndpoint,
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
    };
    const server = spawn(
      process.execPath,
      ['--import', './examples/http-service/telemetry.mjs', option, 'inferscope/register', 'examples/http-service/server.mjs'],
      { env, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(server.stdout, 'data');
    const { stdout } = await run(['examples/http-service/load.mjs', String(REQUESTS), '8', String(port)]);
    expect(stdout).toBe(`${REQUESTS} requests, 0 failed\n`);
    server.kill('SIGTERM');
    const [code] = (await once(server, 'exit')) as [number | null];
    expect(code).toBe(0);

    const found = await traces(service);
    expect(found.length).toBe(REQUESTS);
    for (const spans of found) {
      const byId = new Map(spans.map((span) => [span.spanId, span]));
      const roots = spans.filter(({ parentSpanId }) => !byId.has(parentSpanId ?? ''));
      expect(roots.map(({ name }) => name)).toEqual(['POST /score']);
      const kernels = spans.filter((span) => kindOf(span) === 'kernel');
      expect(kernels.length).toBeGreaterThan(0);
      const path: string[] = [];
      for (let at = kernels.at(-1); at !== undefined; at = byId.get(at.parentSpanId ?? '')) path.unshift(at.name);
      expect(path.slice(0, 2)).toEqual(['POST /score', 'predict']);
    }
    const out = join(await mkdtemp(join(tmpdir(), 'inferscope-example-')), 'run');
    const flame = await run([
      'dist/cli/main.js',
      'flame',
      '--from-jaeger',
      jaeger.queryUrl,
      '--service',
      service,
      '--since',
      '10m',
      '--out',
      out,
      '--full',
    ]);
    expect(flame.stdout).toContain(`${REQUESTS} calls of "${service}"`);
  });
});
