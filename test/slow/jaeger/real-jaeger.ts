import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jaegerPaths } from '../../../src/telemetry/jaeger/paths.js';
import { jaegerUp } from '../../../src/telemetry/jaeger/server.js';
import type { JaegerOptions, JaegerState } from '../../../src/telemetry/jaeger/server.js';
import { jaegerStore } from '../../../src/telemetry/jaeger/store.js';
import { readCalls, type ReadCalls, type ReadCallsOptions } from '../../../src/telemetry/stores/read-calls.js';
import type { TimeWindow, TraceQuery } from '../../../src/telemetry/stores/store.js';
import type { OtlpSpan, TracesData } from '../../../src/model/otlp.js';
import type { Recording } from '../../../src/model/recording.js';

/** True where no Jaeger can be had, which is then said: it is not in the cache, and there is no Go to build it. */
export function noJaegerHere(): boolean {
  if (existsSync(jaegerPaths().binary) || spawnSync('go', ['version']).status === 0) return false;
  console.warn('Skipped: these tests need a Jaeger, and there is no Go here to build one. Install Go 1.25 or later.');
  return true;
}

/** Options for a Jaeger of a test's own: its own folder, free ports, and never a container. */
export async function ownJaeger(): Promise<JaegerOptions> {
  const [query, otlpHttp, otlpGrpc] = await Promise.all([freePort(), freePort(), freePort()]);
  const home = await mkdtemp(join(tmpdir(), 'inferscope-jaeger-'));
  return { home, ports: { query, otlpHttp, otlpGrpc }, runner: 'build', say: console.log };
}

export const start = (options: JaegerOptions): Promise<JaegerState> => jaegerUp(options);

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Every span that Jaeger has of a trace, by span id. */
export async function spansOfTrace({ queryUrl }: JaegerState, traceId: string): Promise<Map<string, OtlpSpan>> {
  const response = await fetch(`${queryUrl}/api/v3/traces/${traceId}`);
  if (response.status === 404) return new Map();
  const { result } = (await response.json()) as { result: TracesData };
  const spans = (result.resourceSpans ?? []).flatMap(({ scopeSpans }) => scopeSpans ?? []).flatMap((scope) => scope.spans ?? []);
  return new Map(spans.map((span) => [span.spanId, span]));
}

/** The calls of a service as a recording. */
export async function recordingFromJaeger(
  queryUrl: string,
  query: TraceQuery,
  range: TimeWindow,
  options: ReadCallsOptions = {},
): Promise<Omit<ReadCalls, 'builder'> & { readonly recording: Recording }> {
  const { builder, ...read } = await readCalls(jaegerStore(queryUrl), query, range, options);
  return { ...read, recording: builder.finish()! };
}
