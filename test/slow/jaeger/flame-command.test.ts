import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jaegerDown } from '../../../src/telemetry/jaeger/server.js';
import type { JaegerOptions, JaegerState } from '../../../src/telemetry/jaeger/server.js';
import { transportFromEnvironment } from '../../../src/telemetry/otlp/transport.js';
import { exportSpans } from '../../../src/telemetry/otlp/exporter.js';
import { spansFromRecording } from '../../../src/telemetry/spans/spans-from-recording.js';
import { drawLines } from '../../helpers/drawn-lines.js';
import { noJaegerHere, ownJaeger, start } from './real-jaeger.js';

const CALLS = 60;
const MINUTE = 60_000;

let options: JaegerOptions;
let jaeger: JaegerState;
let folder: string;

/** Calls of `micros`, made `minutesAgo`, of which `MatMul` takes most. */
function recorded(micros: number, minutesAgo: number, variant: number) {
  const lines = Array.from({ length: CALLS }, (_, call) => {
    const at = call * 10_000_000;
    // No two alike: a spread for the statistics to work with.
    const end = at + micros * 1000 + (call % 7) * 1000;
    return `call glue predict ${at}..${end}\n  stage kernel-execution kernel-execution ${at + 1000}..${end - 1000}\n    kernel kernel-execution MatMul ${at + 2000}..${end - 2000} [32,2]`;
  });
  const drawn = drawLines(
    lines.join('\n'),
    Array.from({ length: CALLS }, () => ({ variant })),
  );
  return { ...drawn, meta: { ...drawn.meta, originEpochNanos: String(BigInt(Date.now() - minutesAgo * MINUTE) * 1_000_000n) } };
}

async function send(service: string, version: string, micros: number, minutesAgo: number, variant: number): Promise<void> {
  process.env['OTEL_SERVICE_NAME'] = service;
  process.env['OTEL_RESOURCE_ATTRIBUTES'] = `service.version=${version}`;
  const transport = transportFromEnvironment(jaeger.otlpEndpoint);
  expect(await exportSpans(spansFromRecording(recorded(micros, minutesAgo, variant)), transport)).toMatchObject({ accepted: CALLS * 3 });
  transport.close();
  delete process.env['OTEL_SERVICE_NAME'];
  delete process.env['OTEL_RESOURCE_ATTRIBUTES'];
}

interface Report {
  readonly variants: readonly {
    readonly key?: string;
    readonly name?: string;
    readonly variant?: { readonly name: string };
    readonly calls: number;
  }[];
  readonly comparisons: readonly unknown[];
  readonly spans: { readonly recorded: number };
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command as a user runs it; needs `npm run build`. */
async function flame(...args: readonly string[]): Promise<Ended> {
  const command = ['dist/cli/main.js', 'flame', '--from-jaeger', jaeger.queryUrl, ...args];
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, command, { maxBuffer: 2 ** 26 })) };
  } catch (thrown) {
    return thrown as Ended;
  }
}

async function report(...args: readonly string[]): Promise<Report> {
  const { stdout, stderr } = await flame(
    '--json',
    '--out',
    join(folder, String(args.join(' ').length + Math.random())),
    '--service',
    'shop',
    ...args,
  );
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Report;
}

const namesOf = ({ variants }: Report): string[] => variants.map((variant) => variant.variant?.name ?? variant.name ?? variant.key ?? '?');
const callsOf = ({ variants }: Report): number => variants.reduce((sum, { calls }) => sum + calls, 0);

describe.skipIf(noJaegerHere())('inferscope flame, from a real Jaeger [needs Jaeger: docker, or go to build it]', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'inferscope-flame-'));
    options = await ownJaeger();
    jaeger = await start(options);
    await send('shop', '1.0', 500, 120, 0);
    await send('shop', '2.0', 1000, 30, 1);
    await send('other', '9.9', 700, 30, 0);
  });
  afterAll(() => jaegerDown(options));

  it('makes a run folder that the other commands read', async () => {
    const out = join(folder, 'run');
    const { code, stdout } = await flame('--service', 'shop', '--since', '3h', '--out', out, '--full');
    expect(code).toBe(0);
    expect(stdout).toContain(`Read from Jaeger at ${jaeger.queryUrl}: 120 calls of "shop", 360 spans, from 1 machine.`);
    for (const file of ['report.html', 'report.md', 'report.json', 'recordings/main.isr']) expect(existsSync(join(out, file))).toBe(true);
    const { stdout: collapsed } = await promisify(execFile)(process.execPath, [
      'dist/cli/main.js',
      'export',
      out,
      '--to',
      'collapsed',
      '--out',
      '-',
    ]);
    expect(collapsed).toMatch(/predict;kernel-execution;MatMul \d+/);
  });

  it('is narrowed down by time, operation, tag and limit', async () => {
    expect(callsOf(await report('--since', '1h'))).toBe(CALLS);
    expect(callsOf(await report('--since', '3h', '--until', '1h'))).toBe(CALLS);
    expect(callsOf(await report('--since', '3h', '--operation', 'predict'))).toBe(2 * CALLS);
    expect(callsOf(await report('--since', '3h', '--tag', 'service.version=1.0'))).toBe(CALLS);
    expect(namesOf(await report('--since', '3h', '--tag', 'inference.variant=compiled'))).toEqual(['compiled']);
    expect(
      callsOf(
        await report(
          '--since',
          '3h',
          '--tag',
          'inference.variant=compiled',
          '--tag',
          'service.version=1.0',
          '--tag',
          'service.version=2.0',
        ),
      ),
    ).toBe(CALLS);
    expect(callsOf(await report('--since', '3h', '--limit', '25'))).toBe(25);
  });

  it.each([
    ['two versions', ['--since', '3h', '--split-by', 'service.version'], ['1.0', '2.0']],
    ['two variants', ['--since', '3h', '--split-by', 'inference.variant'], ['uncompiled', 'compiled']],
    ['before and after a moment', ['--since', '3h', '--split-at', '1h'], ['before', 'after']],
    ['two ranges', ['--since', '1h', '--against', '3h..90m'], ['before', 'after']],
  ])('compares %s', async (_, args, names) => {
    const compared = await report(...args);
    expect(namesOf(compared)).toEqual(names);
    expect(callsOf(compared)).toBe(2 * CALLS);
    expect(compared.comparisons.length).toBe(1);
  });

  it('takes as many calls of each range as it was told', async () => {
    const compared = await report('--since', '1h', '--against', '3h..90m', '--limit', '20');
    expect(compared.variants.map(({ calls }) => calls)).toEqual([20, 20]);
  });

  it('refuses a service of others with what shows its traces, and reads a call with 2,500 spans inside each other', async () => {
    const nested = (service: string, trace: string, spans: number, more: Readonly<Record<string, string>>) => {
      const start = BigInt(Date.now() - MINUTE) * 1_000_000n;
      const id = (i: number): string => (i + 1).toString(16).padStart(16, '0');
      const attributes = (i: number) =>
        Object.entries({ ...more, 'inference.span.kind': i === 0 ? (more['inference.span.kind'] ?? 'none') : 'kernel' }).map(
          ([key, stringValue]) => ({ key, value: { stringValue } }),
        );
      return {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
        scopeSpans: [
          {
            spans: Array.from({ length: spans }, (_, i) => ({
              ...{ traceId: trace.repeat(32), spanId: id(i), name: i === 0 ? 'predict' : `n${i % 50}`, kind: 1, attributes: attributes(i) },
              ...(i === 0 ? {} : { parentSpanId: id(i - 1) }),
              ...{ startTimeUnixNano: String(start + BigInt(i) * 1000n), endTimeUnixNano: String(start + BigInt(10_000_000 - i * 1000)) },
            })),
          },
        ],
      };
    };
    const body = JSON.stringify({
      resourceSpans: [
        nested('foreign', 'a', 3, {}),
        nested('deep', 'b', 2500, {
          'inference.span.kind': 'call',
          'inference.stage': 'kernel-execution',
          'inference.temperature': 'warm',
        }),
      ],
    });
    const headers = { 'Content-Type': 'application/json' };
    expect((await fetch(`${jaeger.otlpEndpoint}/v1/traces`, { method: 'POST', headers, body })).status).toBe(200);
    const refused = await flame('--service', 'foreign');
    expect([refused.code, refused.stderr]).toEqual([66, expect.stringContaining(`\`inferscope view ${jaeger.queryUrl}/trace/ID\``)]);
    const shown = await promisify(execFile)(process.execPath, [
      'dist/cli/main.js',
      'view',
      `${jaeger.queryUrl}/trace/${'a'.repeat(32)}`,
      '--text',
    ]);
    expect(shown.stdout).toMatch(/^# n\d takes 100 % of what .* waited for\.$/m);
    const deep = await flame('--service', 'deep', '--out', join(folder, 'deep'), '--full');
    expect([deep.code, deep.stderr]).toEqual([0, '']);
    expect(deep.stdout).toMatch(/: 1 calls? of "deep", 2,?500 spans/);
  });

  it('says in one sentence what is wrong', async () => {
    const failures: readonly (readonly [readonly string[], number, RegExp])[] = [
      [['--service', 'nobody'], 66, /knows no service "nobody": use one of/],
      [['--service', 'shop', '--since', '1m'], 66, /has no traces of "shop" that match: widen --since/],
      [['--service', 'shop', '--since', 'soon'], 64, /"soon" is no time/],
      [['--service', 'shop', '--tag', 'version'], 64, /has no value: write name=value/],
      [['--service', 'shop', '--since', '3h', '--against', '4h..2h'], 64, /must end before --since begins/],
      [['--service', 'shop', '--against', '1d'], 64, /is no range: give one such as 2d\.\.1d/],
    ];
    for (const [args, code, sentence] of failures) {
      const ended = await flame(...args);
      expect([ended.code, ended.stderr.trim().split('\n').length]).toEqual([code, 1]);
      expect(ended.stderr).toMatch(sentence);
    }
  });
});
