import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { profilesDataType } from '../../../src/formats/otlp-profiles/descriptor.js';
import { childrenOf, preOrder } from '../../../src/model/pre-order.js';
import { readForeignProfile } from '../../helpers/foreign-profile.js';
import { collectorBinary, RealCollector } from '../jaeger/real-collector.js';
import { freePort } from '../jaeger/real-jaeger.js';

const PROGRAMS = path.resolve('test/telemetry/live/programs');
/** Requests that the collector sent on, each as it was re-written by it. */
const sentOn: Buffer[] = [];
const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const body = Buffer.concat(parts);
    sentOn.push(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  });
});

const run = async (env: Record<string, string>) =>
  await promisify(execFile)(
    process.execPath,
    ['--require', path.join(PROGRAMS, 'telemetry.cjs'), '--require', 'inferscope/register', path.join(PROGRAMS, 'planted.cjs')],
    { env: { ...process.env, INFERSCOPE_PROFILE: 'otlp', OTEL_SERVICE_NAME: 'shop', PLANTED_ROUNDS: '4', ...env }, maxBuffer: 1e8 },
  );

describe.skipIf(spawnSync('go', ['version']).status !== 0)('OTLP profiles and a real collector [needs Go to build it]', () => {
  let collector: RealCollector;
  let port: number;
  const start = async (profiles: boolean): Promise<void> => {
    port = await freePort();
    const { port: next } = server.address() as AddressInfo;
    const exporters = '[debug, otlphttp]';
    collector = await RealCollector.start(
      `
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:${port}" } } } }
exporters:
  debug: { verbosity: detailed }
  otlphttp: { endpoint: "http://127.0.0.1:${next}" }
service:
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [otlp], exporters: ${exporters} }
${profiles ? `    profiles: { receivers: [otlp], exporters: ${exporters} }` : ''}`,
      port,
      [
        await collectorBinary(fileURLToPath(new URL('collector/', import.meta.url))),
        ...(profiles ? ['--feature-gates=service.profilesSupport'] : []),
      ],
    );
  };
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => server.close());

  it('takes, prints and sends on what a program sampled, with the span of each sample', async () => {
    await start(true);
    const { stdout, stderr } = await run({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    });
    expect(stderr).not.toContain('inferscope:');
    await vi.waitUntil(() => sentOn.length > 0, { timeout: 30_000 });
    await collector.stop();
    const spans = stdout
      .trim()
      .split('\n')
      .flatMap((line) => (JSON.parse(line) as { readonly spans: readonly Record<'name' | 'traceId' | 'spanId', string>[] }).spans)
      .filter(({ name }) => name === 'predict');
    expect(collector.printed).toMatch(/service\.name: Str\(shop\)/);
    expect(collector.printed).toMatch(/plantedInA/);
    const [request] = sentOn as [Buffer];
    const { tree } = readForeignProfile('sent-on', request)[0]!;
    const { nodes } = preOrder(tree, childrenOf);
    const busy = nodes.filter(({ name }) => name === 'busy').reduce((sum, { totalNanos }) => sum + totalNanos, 0);
    // 4 rounds with 2 models and a function outside of each call, 30 ms each.
    expect(busy).toBeGreaterThan(0.8 * 4 * 4 * 30e6);
    const type = profilesDataType('now');
    const { dictionary } = type.toObject(type.decode(request)) as {
      readonly dictionary: { readonly linkTable: readonly { readonly traceId: Uint8Array; readonly spanId: Uint8Array }[] };
    };
    const hex = (id: Uint8Array): string => Buffer.from(id).toString('hex');
    const known = new Set(spans.map(({ traceId, spanId }) => `${traceId}/${spanId}`));
    const links = dictionary.linkTable.slice(1);
    // A call of 30 ms has a sample or more, unless the machine has no time for V8's sampler.
    expect(links.length).toBeGreaterThanOrEqual(spans.length / 2);
    for (const { traceId, spanId } of links) {
      expect(known).toContain(`${hex(traceId)}/${hex(spanId)}`);
    }
    // Of the table of links its exporter prints the last one alone.
    expect(collector.printed).toContain(hex(links.at(-1)!.spanId));
  });

  it('without profiles is told with what it needs, and the program goes on', async () => {
    await start(false);
    const { stderr, stdout } = await run({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, PLANTED_ROUNDS: '1' });
    expect(stderr).toMatch(
      /inferscope: a profile is not sent: http:\/\/127\.0\.0\.1:\d+\/v1development\/profiles takes no profiles \(HTTP 404\): start it with --feature-gates=service\.profilesSupport and give it a pipeline of profiles\.\n/,
    );
    expect(stdout).toContain('"name":"predict"');
    await collector.stop();
  });
});
