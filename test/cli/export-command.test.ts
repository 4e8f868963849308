import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile } from 'node:fs/promises';
import { createServer } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeRecording } from '../../src/record/writer.js';
import { manyCalls } from '../helpers/drawn-lines.js';
import { FlakyCollector } from '../telemetry/flaky-collector.js';

let collector: FlakyCollector;
let endpoint: string;
let run: string;

beforeEach(async () => {
  collector = new FlakyCollector();
  endpoint = await collector.listen();
  run = await mkdtemp(join(tmpdir(), 'inferscope-run-'));
  // 600 calls of five spans: six requests of at most 512 spans.
  writeRecording(join(run, 'recordings', 'a.isr'), manyCalls(600));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await collector.close();
});

/** Whoever waits for an answer as long as this, waits until the test is stopped. */
const HOUR_MILLIS = '3600000';

const received = (requests: number): Promise<true> => vi.waitUntil(() => collector.requests.length >= requests, 60_000);

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command as a user runs it; needs `npm run build`. `meanwhile` is called with the process once it runs. */
async function exportCommand(args: readonly string[], meanwhile?: (interrupt: () => void) => Promise<void>): Promise<Ended> {
  const child = spawn(process.execPath, [
    'dist/cli/main.js',
    'export',
    run,
    '--to',
    'otlp',
    '--endpoint',
    endpoint,
    ...(args.includes('--patience') ? [] : ['--patience', '0.3']),
    ...args,
  ]);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  await meanwhile?.(() => child.kill('SIGINT'));
  return { code: await ended, stdout, stderr };
}

const counts = ({ stdout }: Ended): unknown => (JSON.parse(stdout) as { spans: unknown }).spans;
const all = { recorded: 3000, accepted: 3000, lost: 0, spooled: 0, sampledOut: 0 };

describe('inferscope export', () => {
  it('prints three counts, and ends with 0 when all was accepted', async () => {
    const people = await exportCommand([]);
    expect(people.stdout).toMatch(
      /^Spans: 3000 recorded, 3000 accepted, 0 lost\.\nSent to http:\/\/127\.0\.0\.1:\d+\/v1\/traces\nFirst trace: [0-9a-f]{32}\n$/,
    );
    const programs = await exportCommand(['--json']);
    expect([programs.code, counts(programs)]).toEqual([0, all]);
  });

  it('ends with 75 and says how to go on when the server is down; then sends the rest', async () => {
    await collector.close();
    const cut = await exportCommand(['--json']);
    expect([cut.code, counts(cut)]).toEqual([75, { ...all, accepted: 0, spooled: 3000 }]);
    expect(cut.stderr).toMatch(/nothing listens at .*ECONNREFUSED.*`inferscope jaeger up`[\s\S]*--to otlp --endpoint http:\S+ --resume/);
    await collector.listen(Number(new URL(endpoint).port));
    const rest = await exportCommand(['--json', '--resume']);
    expect([rest.code, counts(rest)]).toEqual([0, all]);
  });

  it.each([
    [429, { 'Retry-After': '3600' }],
    [503, { 'Retry-After': '3600' }],
    [503, {}],
  ])('keeps what a server that answers %i %j for ever does not take', async (status, headers) => {
    collector.behaviours.push('ok', 'ok', ...Array.from({ length: 200 }, () => ({ status, headers })));
    const cut = await exportCommand(['--json']);
    const { recorded, accepted, lost, spooled } = counts(cut) as Record<string, number>;
    expect([cut.code, recorded, lost]).toEqual([75, 3000, 0]);
    expect([accepted! + spooled!, accepted! >= 1024 && spooled! > 0]).toEqual([3000, true]);
    collector.behaviours.length = 0;
    const rest = await exportCommand(['--json', '--resume']);
    expect([rest.code, counts(rest)]).toEqual([0, all]);
    expect([collector.spanIds.length, new Set(collector.spanIds).size]).toEqual([3000, 3000]);
  });

  it('ends with 75 and the reason when the server rejects some for good', async () => {
    collector.behaviours.push({ rejectSpans: 12, message: 'too old' });
    const ended = await exportCommand(['--json']);
    expect([ended.code, counts(ended)]).toEqual([75, { ...all, accepted: 2988, lost: 12 }]);
    expect(ended.stderr).toContain('rejected by the server: too old');
  });

  it('what a server refused for good stays, and --resume sends it again once the server is mended', async () => {
    collector.behaviours.push('ok', { status: 400 }, 'ok', { status: 400 });
    const cut = await exportCommand(['--json']);
    expect([cut.code, counts(cut)]).toEqual([75, { ...all, accepted: 1976, lost: 1024 }]);
    const rest = await exportCommand(['--json', '--resume']);
    expect([rest.code, counts(rest)]).toEqual([0, all]);
    expect([collector.spanIds.length, new Set(collector.spanIds).size]).toEqual([3000, 3000]);
  });

  it('a server whose certificate nobody vouches for gets nothing: one sentence, and the spans stay', async () => {
    const key = join(run, 'key.pem');
    const cert = join(run, 'cert.pem');
    const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=localhost'];
    expect(spawnSync('openssl', made).status).toBe(0);
    const asked: string[] = [];
    const server = createTlsServer({ key: await readFile(key), cert: await readFile(cert) }, (request, response) => {
      asked.push(request.url ?? '');
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const cut = await exportCommand(['--json']);
    await new Promise((resolve) => server.close(resolve));
    expect([cut.code, counts(cut), asked]).toEqual([75, { ...all, accepted: 0, spooled: 3000 }, []]);
    expect(cut.stderr).toMatch(/self-signed certificate/);
    expect(cut.stderr).not.toMatch(/\n {4}at /);
  });

  it('interrupted while the server hangs, ends with 130 and the counts, and can be resumed', async () => {
    collector.behaviours.push(
      'ok',
      'ok',
      { status: 503, headers: { 'Retry-After': '3600' } },
      ...Array.from({ length: 8 }, () => ({ status: 503 })),
    );
    const cut = await exportCommand(['--json', '--patience', '7200'], async (interrupt) => {
      await received(4);
      interrupt();
    });
    expect(cut.code).toBe(130);
    const { accepted, lost, spooled } = counts(cut) as Record<string, number>;
    expect([accepted! + spooled!, lost]).toEqual([3000, 0]);
    collector.behaviours.length = 0;
    expect(counts(await exportCommand(['--json', '--resume']))).toEqual(all);
  });

  it('interrupted while the server never answers, ends before the request would time out, says why, and keeps what was not answered', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', HOUR_MILLIS);
    collector.behaviours.push('ok', 'ok', ...Array.from({ length: 8 }, () => 'hang' as const));
    const cut = await exportCommand(['--json', '--patience', '7200'], async (interrupt) => {
      await received(6);
      interrupt();
    });
    expect([cut.code, counts(cut)]).toEqual([130, { ...all, accepted: 1024, spooled: 1976 }]);
    expect(cut.stderr).toMatch(/Not accepted: interrupted before http\S+ answered\n.*--to otlp --endpoint \S+ --resume/);
    collector.behaviours.length = 0;
    expect(counts(await exportCommand(['--json', '--resume']))).toEqual(all);
    expect([collector.spanIds.length, new Set(collector.spanIds).size]).toEqual([3000, 3000]);
  });

  it('does so over gRPC too', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', HOUR_MILLIS);
    vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc');
    const silent = createServer();
    const asked = once(silent, 'stream');
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const cut = await exportCommand(['--json', '--patience', '7200'], async (interrupt) => {
      await asked;
      interrupt();
    });
    silent.close();
    expect([cut.code, counts(cut)]).toEqual([130, { ...all, accepted: 0, spooled: 3000 }]);
  });

  it('killed in the middle, keeps what was answered: nothing is lost, nothing counted twice', async () => {
    collector.behaviours.push('ok', 'ok', 'hang', 'hang', 'hang', 'hang');
    const child = spawn(process.execPath, ['dist/cli/main.js', 'export', run, '--to', 'otlp', '--endpoint', endpoint]);
    await received(6);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.on('close', resolve));
    collector.behaviours.length = 0;
    const before = collector.requests.length;
    expect(counts(await exportCommand(['--json', '--resume']))).toEqual(all);
    expect(collector.requests.length - before).toBeLessThan(6);
    expect(new Set(collector.spanIds).size).toBe(3000);
  });

  it('interrupted in profile --export, ends with 130, says how to resume, and loses nothing', async () => {
    collector.behaviours.push('ok', ...Array.from({ length: 80 }, () => ({ status: 503 })));
    const out = join(run, 'profiled');
    const child = spawn(process.execPath, [
      'dist/cli/main.js',
      'profile',
      'test/fixtures/layers-tiny',
      '--variants',
      'uncompiled/predict',
      '--calls',
      '300',
      '--quick',
      '--out',
      out,
      '--export',
      'otlp',
      '--endpoint',
      endpoint,
    ]);
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)));
    const code = new Promise<number | null>((resolve) => child.on('close', resolve));
    await received(2);
    child.kill('SIGINT');
    expect(await code).toBe(130);
    expect(stderr).toContain('Stopping: what has not been sent is kept');
    expect(stderr).toContain(`inferscope export ${out} --to otlp --endpoint ${endpoint} --resume`);
    collector.behaviours.length = 0;
    run = out;
    const { recorded, accepted } = counts(await exportCommand(['--json', '--resume'])) as Record<string, number>;
    expect(recorded).toBeGreaterThan(1000);
    expect(accepted).toBe(recorded);
  });
});
