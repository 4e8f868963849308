import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { tracesDataFromSpans } from '../../../src/formats/otlp/write-json.js';
import type { TracesData } from '../../../src/model/otlp.js';
import type { CallRecord, Recording } from '../../../src/model/recording.js';
import { clickHouseStore } from '../../../src/telemetry/clickhouse/store.js';
import { recordingFromTraces } from '../../../src/telemetry/spans/from-traces.js';
import { spansFromRecording } from '../../../src/telemetry/spans/spans-from-recording.js';
import { readCalls, type ReadCallsOptions } from '../../../src/telemetry/stores/read-calls.js';
import { drawLines, manyCalls } from '../../helpers/drawn-lines.js';
import { collectorBinary, RealCollector } from '../jaeger/real-collector.js';
import { freePort } from '../jaeger/real-jaeger.js';
import { LAYOUTS, startClickHouse } from './real-clickhouse.js';

const BEGIN = BigInt(Date.now()) * 1_000_000n - 1_800_000_000_000n;
const HOUR = 3_600_000_000_000n;
const RANGE = { from: BEGIN - HOUR, to: BEGIN + HOUR };

/** Spans of a service as its SDK hands them over, begun so long after {@link BEGIN}. */
function spansOf(service: string, version: string, recording: Recording, offset = 0n): TracesData {
  process.env['OTEL_SERVICE_NAME'] = service;
  process.env['OTEL_RESOURCE_ATTRIBUTES'] = `service.version=${version}`;
  const moved = { ...recording, meta: { ...recording.meta, originEpochNanos: String(BEGIN + offset) } };
  const spans = [...spansFromRecording(moved).rows()].map(({ span }) => span);
  delete process.env['OTEL_SERVICE_NAME'];
  delete process.env['OTEL_RESOURCE_ATTRIBUTES'];
  return tracesDataFromSpans(spans);
}

const together = (...data: readonly TracesData[]): TracesData => ({
  resourceSpans: data.flatMap(({ resourceSpans }) => resourceSpans ?? []),
});

/** A call that fails, one with a pause and an apostrophe, and one that another call's trace holds. */
const ODD = drawLines(
  `call glue predict 0..1000
  stage data-adapter data-adapter 10..100
call glue predict 2000..9000
  kernel kernel-execution Mat'Mul\\\\ 2200..2700 [32,2]
call glue predict 9500..9900`,
  [{ error: 'it\'s "broken"\nhere' }, { async: true }, { variant: 1 }] satisfies readonly Partial<CallRecord>[],
);
const WITH_PAUSE = { ...ODD, gc: [{ startNanos: 3000, durationNanos: 500, type: 'minor' }] };

/** Every span with all that is known of it. */
const rowsOf = ({ spans, strings, details }: Recording): string[] =>
  Array.from({ length: spans.length }, (_, row) =>
    [
      spans.startNanos[row]!,
      spans.durationNanos[row]!,
      spans.call[row]!,
      spans.parent[row]!,
      strings[spans.name[row]!]!,
      spans.kind[row]!,
      spans.stage[row]!,
      JSON.stringify(details[spans.detail[row]!]),
    ].join(' '),
  );

const clickhouse = await startClickHouse();
afterAll(() => clickhouse?.stop());

describe.skipIf(clickhouse === null)("a recording read back from ClickHouse's engine [needs Python]", () => {
  const { origin = '' } = clickhouse ?? {};

  async function ask(table: string, query: object = {}, options: ReadCallsOptions = {}): Promise<Recording> {
    const { builder } = await readCalls(clickHouseStore(`${origin}?table=${table}`), { service: 'shop', ...query }, RANGE, options);
    return builder.finish()!;
  }

  it.each(Object.entries(LAYOUTS))('has every call and span to the nanosecond: %s', async (name, layout) => {
    const table = `spans_${name.replaceAll(' ', '_')}`;
    const shop = together(spansOf('shop', '1.0', manyCalls(150)), spansOf('shop', '2.0', WITH_PAUSE, HOUR / 3n));
    await clickhouse?.fill(table, layout, together(shop, spansOf('other', '9', manyCalls(3), 5n)));
    const sent = recordingFromTraces(shop)!;
    const back = await ask(table);
    expect(back.meta).toEqual(sent.meta);
    expect(back.calls).toEqual(sent.calls);
    expect(back.gc).toEqual(sent.gc);
    expect(rowsOf(back)).toEqual(rowsOf(sent));
    expect(back.calls.some(({ error }) => error === 'it\'s "broken"\nhere')).toBe(true);
  });

  it.skipIf(spawnSync('go', ['version']).status !== 0).each(['false', 'true'])(
    'is what the real collector wrote, with JSON columns: %s [needs Go to build it]',
    async (json) => {
      const port = await freePort();
      const config = `receivers:
  otlp: { protocols: { http: { endpoint: "127.0.0.1:${port}" } } }
processors:
  batch: { timeout: 100ms }
exporters:
  clickhouse: { endpoint: "${origin}", database: collected_${json}, json: ${json}, compress: none }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { traces: { receivers: [otlp], processors: [batch], exporters: [clickhouse] } }
`;
      const collector = await RealCollector.start(config, port, [await collectorBinary('test/slow/clickhouse/collector')]);
      const data = together(spansOf('shop', '1.0', manyCalls(60)), spansOf('shop', '2.0', WITH_PAUSE, HOUR / 3n));
      const answer = await fetch(`http://127.0.0.1:${port}/v1/traces`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(data),
      });
      await collector.stop();
      const sent = recordingFromTraces(data)!;
      const { builder } = await readCalls(clickHouseStore(`${origin}/collected_${json}`), { service: 'shop' }, RANGE);
      const back = builder.finish()!;
      expect([answer.status, back.meta, back.calls, back.gc]).toEqual([200, sent.meta, sent.calls, sent.gc]);
      expect(rowsOf(back)).toEqual(rowsOf(sent));
    },
  );

  it('can be limited, filtered and split, and is the same in windows of a few spans', async () => {
    await clickhouse?.fill(
      'cut',
      LAYOUTS.maps,
      together(spansOf('shop', '1.0', manyCalls(40)), spansOf('shop', '2.0', manyCalls(30), 7_000_000_000n)),
    );
    expect((await ask('cut', {}, { limit: 10 })).calls.length).toBe(10);
    expect((await ask('cut', { tags: { 'service.version': '2.0' } })).calls.length).toBe(30);
    expect((await ask('cut', { operation: 'MatMul' })).calls.length).toBe(70);
    await expect(ask('cut', { operation: "no'thing" })).rejects.toThrow(/holds no inference call of "shop" that matches: widen --since/);
    const { builder } = await readCalls(clickHouseStore(`${origin}?table=cut`, 12), { service: 'shop' }, RANGE);
    expect(builder.finish()).toEqual(await ask('cut'));
    const split = await ask('cut', {}, { split: { kind: 'attribute', name: 'service.version' } });
    expect(split.meta.variants.map(({ name }) => name)).toEqual(['1.0', '2.0']);
  });

  const inferscope = (...args: readonly string[]) =>
    execa(process.execPath, ['dist/cli/main.js', 'flame', ...args], { reject: false, stdin: 'ignore', env: { CLICKHOUSE_PASSWORD: '' } });

  it('is what the command makes a report of, and what is wrong is said in one sentence', async () => {
    await clickhouse?.run('CREATE DATABASE IF NOT EXISTS otel');
    await clickhouse?.fill('otel.otel_traces', LAYOUTS.maps, spansOf('shop', '1.0', manyCalls(20)));
    await clickhouse?.run('CREATE TABLE IF NOT EXISTS otel.numbers (Timestamp DateTime) ENGINE = MergeTree ORDER BY Timestamp');
    const out = path.join(mkdtempSync(path.join(tmpdir(), 'inferscope-flame-')), 'run');
    const address = origin.replace('//', '//default:@');
    const made = await inferscope('--from-clickhouse', `${address}/otel`, '--service', 'shop', '--since', '2h', '--out', out, '--full');
    expect([made.exitCode, made.stderr]).toEqual([0, '']);
    expect(made.stdout).toContain(`Read from ClickHouse at ${origin}: 20 calls of "shop", 100 spans, from 1 machine.`);
    const failures: readonly (readonly [readonly string[], number, RegExp])[] = [
      [
        ['--from-clickhouse', `${origin}/otel`, '--service', 'nobody'],
        66,
        /otel\.otel_traces knows no service "nobody": use one of shop\.$/,
      ],
      [['--from-clickhouse', `${origin}/nowhere`, '--service', 'shop'], 66, /has no table nowhere\.otel_traces: use .*\/otel\b/],
      [['--from-clickhouse', `${origin}/otel?table=numbers`, '--service', 'shop'], 65, /otel\.numbers has no column TraceId, so/],
      [
        ['--from-clickhouse', 'tcp://localhost:9000', '--service', 'shop'],
        64,
        /read over ClickHouse's HTTP interface, and tcp:\/\/ is the other one/,
      ],
      [['--from-clickhouse', 'http://u:secret@localhost:1/a', '--service', 'shop'], 64, /^(?!.*secret).*refuse the port/],
      [['--service', 'shop'], 64, /Say where the traces are: --from-jaeger/],
    ];
    for (const [args, code, sentence] of failures) {
      const ended = await inferscope(...args);
      expect([ended.exitCode, ended.stderr.trim().split('\n').length, ended.stderr]).toEqual([code, 1, expect.stringMatching(sentence)]);
    }
  });

  it('says which user was refused, without the password', async () => {
    const guarded = await startClickHouse('reader', 'pass:wörd');
    const flame = (user: string) => inferscope('--from-clickhouse', guarded!.origin.replace('//', `//${user}@`), '--service', 'shop');
    const [wrong, right] = await Promise.all([flame('reader:secret'), flame(`reader:${encodeURIComponent('pass:wörd')}`)]);
    guarded?.stop();
    expect([wrong.exitCode, wrong.stderr.trim()]).toEqual([
      69,
      `inferscope: ClickHouse at ${guarded!.origin} refuses the user "reader" with this password: give both as http://USER:PASSWORD@HOST:8123, or in CLICKHOUSE_USER and CLICKHOUSE_PASSWORD.`,
    ]);
    expect(right.stderr).toContain('has no table default.otel_traces');
  });
});
