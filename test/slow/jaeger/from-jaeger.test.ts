import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jaegerDown } from '../../../src/telemetry/jaeger/server.js';
import type { JaegerOptions, JaegerState } from '../../../src/telemetry/jaeger/server.js';
import { transportFromEnvironment } from '../../../src/telemetry/otlp/transport.js';
import { exportSpans } from '../../../src/telemetry/otlp/exporter.js';
import { spansFromRecording } from '../../../src/telemetry/spans/spans-from-recording.js';
import type { Recording } from '../../../src/model/recording.js';
import { SPAN_KINDS } from '../../../src/model/span.js';
import { readRun } from '../../../src/runs/run-folder.js';
import { manyCalls } from '../../helpers/drawn-lines.js';
import { freePort, noJaegerHere, ownJaeger, recordingFromJaeger, start } from './real-jaeger.js';

let options: JaegerOptions;
let jaeger: JaegerState;
const BEGIN = BigInt(Date.now()) * 1_000_000n;
const RANGE = { from: BEGIN - 3_600_000_000_000n, to: BEGIN + 3_600_000_000_000n };

async function send(version: string, calls: number, offset: bigint): Promise<Recording> {
  const drawn = manyCalls(calls);
  const recording = { ...drawn, meta: { ...drawn.meta, originEpochNanos: String(BEGIN + offset) } };
  process.env['OTEL_SERVICE_NAME'] = 'shop';
  process.env['OTEL_RESOURCE_ATTRIBUTES'] = `service.version=${version}`;
  const transport = transportFromEnvironment(jaeger.otlpEndpoint);
  expect(await exportSpans(spansFromRecording(recording), transport)).toMatchObject({ accepted: calls * 5, spooled: 0 });
  transport.close();
  return recording;
}

/** Twelve runs, of which the third is looked into. */
const LOOPS = `
const ort = require('onnxruntime-node');
(async () => {
  const session = await ort.InferenceSession.create('test/fixtures/onnx-loop.onnx');
  const feeds = { x: new ort.Tensor('float32', new Float32Array(64).fill(0.1), [8, 8]), count: new ort.Tensor('int64', BigInt64Array.of(5n), []) };
  for (let run = 0; run < 12; run += 1) await session.run(feeds);
})();
`;

/** Spans by kind and name, with their whole duration in nanoseconds. */
function countsOf({ spans, strings }: Recording): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  const add = (key: string, amount: number): void => void (counts[key] = (counts[key] ?? 0) + amount);
  for (let row = 0; row < spans.length; row += 1) {
    const key = `${SPAN_KINDS[spans.kind[row]!]} ${strings[spans.name[row]!]}`;
    add(key, 1);
    add(`${key} ns`, spans.durationNanos[row]!);
  }
  return counts;
}

describe.skipIf(noJaegerHere())('a recording read back from a real Jaeger [needs Jaeger: docker, or go to build it]', () => {
  beforeAll(async () => {
    options = await ownJaeger();
    jaeger = await start(options);
  });
  afterAll(() => jaegerDown(options));

  it('has every call and span, over many pages, to the nanosecond', async () => {
    const sent = await send('1.0', 150, 7n);
    const back = await recordingFromJaeger(jaeger.queryUrl, { service: 'shop' }, RANGE);
    expect(back).toMatchObject({ calls: 150, spans: 750, otherSpans: 0, hosts: 1 });
    expect(back.recording.meta.originEpochNanos).toBe(sent.meta.originEpochNanos);
    const sorted = (values: Float64Array) => [...values].sort((a, b) => a - b);
    expect(sorted(back.recording.spans.startNanos)).toEqual(sorted(sent.spans.startNanos));
    expect(sorted(back.recording.spans.durationNanos)).toEqual(sorted(sent.spans.durationNanos));
    expect(back.recording.details).toContainEqual({ outputShapes: ['[32,2]'] });
  });

  it('can be limited, filtered by tag, and split by service version or moment', async () => {
    await send('2.0', 40, 1_000_000_000_000n);
    const ask = (query: object, more: object = {}) => recordingFromJaeger(jaeger.queryUrl, { service: 'shop', ...query }, RANGE, more);
    expect((await ask({}, { limit: 10 })).calls).toBe(10);
    expect((await ask({ tags: { 'service.version': '2.0' } })).calls).toBe(40);
    expect((await ask({ operation: 'MatMul' })).calls).toBe(190);
    const split = await ask({}, { split: { kind: 'attribute', name: 'service.version' } });
    expect(split.recording.meta.variants.map(({ name }) => name)).toEqual(['1.0', '2.0']);
    const moment = await ask({}, { split: { kind: 'moment', at: BEGIN + 500_000_000_000n } });
    const after = moment.recording.meta.variants.findIndex(({ name }) => name === 'after');
    expect(moment.recording.calls.filter(({ variant }) => variant === after).length).toBe(40);
  });

  it('says what exists when the service does not', async () => {
    const asking = recordingFromJaeger(jaeger.queryUrl, { service: 'nobody' }, RANGE);
    await expect(asking).rejects.toThrow(/knows no service "nobody": use one of shop/);
    const nowhere = recordingFromJaeger(`http://localhost:${await freePort()}`, { service: 'shop' }, RANGE);
    await expect(nowhere).rejects.toThrow(/does not answer .*inferscope jaeger up/);
  });

  it('has the stages and kernels of an ONNX program, and its headline', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-onnx-jaeger-'));
    const inferscope = (...args: string[]) =>
      execa(process.execPath, ['dist/cli/main.js', ...args], { env: { OTEL_SERVICE_NAME: 'onnx', ORT_DISABLE_TELEMETRY: '1' } });
    const [ran, back] = [path.join(folder, 'ran'), path.join(folder, 'back')];
    await inferscope('run', '--out', ran, '--', process.execPath, '-e', LOOPS);
    await inferscope('export', ran, '--to', 'jaeger', '--endpoint', jaeger.otlpEndpoint);
    const { stdout } = await inferscope('flame', '--from-jaeger', jaeger.queryUrl, '--service', 'onnx', '--out', back);
    const [sent, read] = [readRun(ran), readRun(back)].map(([recording]) => recording!) as [Recording, Recording];
    // Creating the session came first; what the report is about are the calls.
    expect(stdout).toContain('program/run');
    expect(stdout).not.toContain('Nothing was measured');
    expect(countsOf(read)).toEqual(countsOf(sent));
    const counts = countsOf(sent);
    expect(counts).toMatchObject({ 'call create': 1, 'call run': 12, 'stage queue': 13 });
    // Inside of one run at least.
    expect(counts['kernel MatMul']).toBeGreaterThan(0);
    rmSync(folder, { recursive: true });
  });
});
