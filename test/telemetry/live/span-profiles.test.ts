import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { childrenOf, preOrder } from '../../../src/model/pre-order.js';
import { configFromEnvironment } from '../../../src/telemetry/live/environment-config.js';
import { otlpDestination } from '../../../src/telemetry/profiles/otlp.js';
import { pyroscopeFromEnvironment } from '../../../src/telemetry/profiles/pyroscope.js';
import { readForeignProfile } from '../../helpers/foreign-profile.js';
import { samplesOf, type DecodedPprof, type PprofSample } from './pprof-samples.js';
import type { ProgramSpan } from '../../helpers/program-span.js';

const PROGRAMS = path.resolve('test/telemetry/live/programs');
const TELEMETRY = path.join(PROGRAMS, 'telemetry.cjs');

const run = async (program: string, env: Record<string, string>, more: readonly string[] = []) =>
  await promisify(execFile)(
    process.execPath,
    [...more, '--require', TELEMETRY, '--require', 'inferscope/register', path.join(PROGRAMS, program)],
    { env: { ...process.env, ...env }, maxBuffer: 1e8 },
  );

const spansIn = (stdout: string): readonly ProgramSpan[] =>
  stdout
    .trim()
    .split('\n')
    .flatMap((line) => (JSON.parse(line) as { readonly spans: readonly ProgramSpan[] }).spans);

/** Milliseconds by label of what ran in a function. */
function timeIn(
  samples: readonly PprofSample[],
  functionName: string,
  labelOf: (sample: PprofSample) => string,
): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const sample of samples) {
    if (!sample.stack.includes(functionName)) continue;
    const label = labelOf(sample);
    times.set(label, (times.get(label) ?? 0) + sample.nanos);
  }
  return times;
}

function share(times: ReadonlyMap<string, number>, label: string): number {
  const all = [...times.values()].reduce((sum, nanos) => sum + nanos, 0);
  expect(all).toBeGreaterThan(0);
  return (times.get(label) ?? 0) / all;
}

describe('INFERSCOPE_PROFILE with a folder', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-span-profiles-'));
  let spans: readonly ProgramSpan[];
  let samples: readonly PprofSample[];
  let profile: DecodedPprof;
  const before = Date.now();
  beforeAll(async () => {
    spans = spansIn((await run('planted.cjs', { INFERSCOPE_PROFILE: folder })).stdout);
    const files = readdirSync(folder);
    expect(files).toHaveLength(1);
    ({ profile, samples } = samplesOf(readFileSync(path.join(folder, files[0] ?? ''))));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Whose call a sample's span is, by the request around it: what the program itself knows. */
  const requestOf = ({ labels }: PprofSample): string => {
    const call = spans.find(({ spanId }) => spanId === labels['span_id']);
    if (call === undefined) return 'none';
    expect(labels).toMatchObject({ trace_id: call.traceId, span_name: 'predict', parent_span_id: call.parentSpanId });
    return spans.find(({ spanId }) => spanId === call.parentSpanId)?.name ?? 'no request';
  };

  it('labels what ran in a call with its span, and nothing else', () => {
    expect(share(timeIn(samples, 'plantedInA', requestOf), 'request-a')).toBeGreaterThanOrEqual(0.95);
    expect(share(timeIn(samples, 'plantedInB', requestOf), 'request-b')).toBeGreaterThanOrEqual(0.95);
    expect(share(timeIn(samples, 'plantedOutside', requestOf), 'none')).toBeGreaterThanOrEqual(0.95);
  });

  it('names the span in the span, by the attribute that Grafana looks for', () => {
    const calls = spans.filter(({ attributes }) => attributes['inference.span.kind'] === 'call');
    expect(calls).toHaveLength(20);
    for (const { spanId, attributes } of calls) expect(attributes['pyroscope.profile.id']).toBe(spanId);
    expect(spans.filter(({ attributes }) => 'pyroscope.profile.id' in attributes)).toHaveLength(20);
  });

  it('says when it began and what it counts; all that was not idle adds up to no more than its duration', () => {
    expect(Number(profile.timeNanos) / 1e6).toBeGreaterThan(before - 1000);
    expect(Number(profile.timeNanos) / 1e6).toBeLessThan(Date.now());
    const named = profile.sampleType.map(({ type, unit }) => [profile.stringTable[Number(type)], profile.stringTable[Number(unit)]]);
    expect(named).toEqual([
      ['samples', 'count'],
      ['wall', 'nanoseconds'],
    ]);
    const sum = samples.reduce((total, { nanos }) => total + nanos, 0);
    expect(sum).toBeLessThanOrEqual(Number(profile.durationNanos) * 1.001);
    // Forty times 30 ms were spent in the planted functions.
    expect(samples.filter(({ stack }) => stack.includes('busy')).reduce((total, { nanos }) => total + nanos, 0)).toBeGreaterThan(
      0.8 * 1.2e9,
    );
  });
});

describe('INFERSCOPE_PROFILE=on', () => {
  const requests: { readonly url: URL; readonly headers: IncomingMessage['headers']; readonly body: Buffer }[] = [];
  let status = 200;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      requests.push({ url: new URL(request.url ?? '', 'http://server'), headers: request.headers, body: Buffer.concat(parts) });
      response.writeHead(status).end(status === 200 ? '' : 'no tenant');
    });
  });
  let address: string;
  let freePort: number;
  beforeAll(async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    freePort = (other.address() as AddressInfo).port;
    other.close();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => (requests.length = 0));
  afterAll(() => server.close());

  it('sends what Pyroscope takes, with credentials, before the program ends', async () => {
    status = 200;
    const { stdout, stderr } = await run('planted.cjs', {
      INFERSCOPE_PROFILE: 'on',
      PLANTED_ROUNDS: '3',
      OTEL_SERVICE_NAME: 'shop{a="b"}',
      PYROSCOPE_SERVER_ADDRESS: `http://user:secret@${address}/prefix/`,
      PYROSCOPE_TENANT_ID: 'team-a',
    });
    expect(stderr).not.toContain('a profile is not sent');
    expect(requests).toHaveLength(1);
    const [{ url, headers, body }] = requests as [(typeof requests)[0]];
    expect([url.pathname, url.searchParams.get('name'), url.searchParams.get('spyName')]).toEqual([
      '/prefix/ingest',
      'shop_a__b__',
      'nodespy',
    ]);
    expect(headers).toMatchObject({
      authorization: `Basic ${Buffer.from('user:secret').toString('base64')}`,
      'x-scope-orgid': 'team-a',
    });
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': String(headers['content-type']) } }).formData();
    const { samples } = samplesOf(new Uint8Array(await (form.get('profile') as Blob).arrayBuffer()));
    const labels = samples.filter(({ stack }) => stack.includes('plantedInA')).map((sample) => sample.labels);
    expect(labels.length).toBeGreaterThan(0);
    const known = spansIn(stdout).map(({ spanId }) => spanId);
    for (const label of labels) {
      // No label of many values but the two that Pyroscope does not make series of.
      expect(Object.keys(label).sort()).toEqual(['span_id', 'span_name', 'trace_id']);
      expect(known).toContain(label['span_id']);
      expect(label['trace_id']).toMatch(/^[\da-f]{32}$/);
    }
    // The push itself is no span of the program.
    expect(new Set(spansIn(stdout).map(({ name }) => name))).toContain('request-a');
    expect(spansIn(stdout).some(({ name }) => /POST|fetch|http/i.test(name))).toBe(false);
  });

  it.each([
    ['refuses', 401, (): string => `http://${address}`, /answered 401 \(no tenant\)/],
    [
      'is not there',
      200,
      (): string => `http://127.0.0.1:${freePort}`,
      /nothing listens at http:\S+ \(ECONNREFUSED\): start Pyroscope, or name/,
    ],
    [
      'has no address',
      200,
      (): string => 'pyroscope:4040',
      /no profiles: PYROSCOPE_SERVER_ADDRESS is "pyroscope:4040": give an address such as/,
    ],
  ])('tells once of a server that %s, and the program and its spans are as ever', async (_, answer, where, sentence) => {
    status = answer;
    const { stdout, stderr } = await run('planted.cjs', {
      INFERSCOPE_PROFILE: 'on',
      PLANTED_ROUNDS: '1',
      PLANTED_MILLIS: '1',
      PYROSCOPE_SERVER_ADDRESS: where(),
    });
    expect(stderr.match(/^inferscope: /gm)).toHaveLength(1);
    expect(stderr).toMatch(sentence);
    expect(spansIn(stdout).filter(({ name }) => name === 'predict')).toHaveLength(2);
  });
});

describe('INFERSCOPE_PROFILE=otlp', () => {
  it('sends OTLP profiles to the address of the standard variables, with the version of the protocol', async () => {
    const requests: { readonly url: string; readonly headers: IncomingMessage['headers']; readonly body: Buffer }[] = [];
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        requests.push({ url: request.url ?? '', headers: request.headers, body: Buffer.concat(parts) });
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { stderr } = await run('planted.cjs', {
      INFERSCOPE_PROFILE: 'otlp',
      PLANTED_ROUNDS: '2',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}/prefix`,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-team=a',
    });
    server.close();
    expect(stderr).not.toContain('inferscope:');
    const [{ url, headers, body }] = requests as [(typeof requests)[0]];
    expect([requests.length, url]).toEqual([1, '/prefix/v1development/profiles']);
    expect(headers).toMatchObject({ 'content-type': 'application/x-protobuf', 'otlp-profiles-development-version': '1', 'x-team': 'a' });
    const [profile] = readForeignProfile('sent', body);
    expect(preOrder(profile!.tree, childrenOf).nodes.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['plantedInA', 'plantedOutside']),
    );
    expect(profile!.notes.join()).toMatch(/stacks of \d+ name their span/);
  });

  it.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, /^OTEL_EXPORTER_OTLP_ENDPOINT is "collector:4318": an address begins with http/],
    [{ OTEL_EXPORTER_OTLP_PROFILES_ENDPOINT: 'x' }, /^OTEL_EXPORTER_OTLP_PROFILES_ENDPOINT is "x": an address begins with http/],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, /grpc, and profiles are sent over HTTP: name the collector's address/],
    [
      { OTEL_EXPORTER_OTLP_PROFILES_ENDPOINT: 'http://127.0.0.1:4317', OTEL_EXPORTER_OTLP_PROFILES_PROTOCOL: 'grpc' },
      /^the protocol of OTEL_EXPORTER_OTLP_PROFILES_PROTOCOL is grpc, and profiles are sent over HTTP: unset it, and name the/,
    ],
  ])('refuses %j', (variables, sentence) => {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    expect(() => otlpDestination()).toThrow(sentence);
    vi.unstubAllEnvs();
  });
});

describe('the variables', () => {
  it('of the profile', () => {
    const of = (value: string) => configFromEnvironment({ INFERSCOPE_PROFILE: value }).profile;
    expect([of('on'), of('otlp'), of('off'), of(''), of('./here')]).toEqual([
      'pyroscope',
      'otlp',
      'off',
      undefined,
      { folder: path.resolve('here') },
    ]);
    expect(() => of('yes')).toThrow('INFERSCOPE_PROFILE is "yes": use on, otlp, off, or a folder such as ./profiles.');
  });

  it('of Pyroscope, as its own SDKs name them', () => {
    expect(pyroscopeFromEnvironment({}).url.href).toBe('http://localhost:4040/ingest');
    const token = { PYROSCOPE_AUTH_TOKEN: 'abc', PYROSCOPE_BASIC_AUTH_USER: 'u', PYROSCOPE_APPLICATION_NAME: 'shop' };
    expect(pyroscopeFromEnvironment(token)).toMatchObject({ headers: { authorization: 'Bearer abc' }, application: 'shop' });
    const basic = { PYROSCOPE_BASIC_AUTH_USER: 'u', PYROSCOPE_BASIC_AUTH_PASSWORD: 'p:q' };
    expect(pyroscopeFromEnvironment(basic).headers).toEqual({ authorization: `Basic ${Buffer.from('u:p:q').toString('base64')}` });
    expect(() => pyroscopeFromEnvironment({ PYROSCOPE_SERVER_ADDRESS: 'http://a:b@' })).toThrow(/PYROSCOPE_SERVER_ADDRESS is/);
  });
});
