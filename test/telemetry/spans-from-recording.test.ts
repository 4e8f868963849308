import { afterEach, describe, expect, it, vi } from 'vitest';
import fc from 'fast-check';
import { hrClock } from '../../src/telemetry/spans/hr-time.js';
import { recordingIds } from '../../src/telemetry/spans/ids.js';
import { spansFromRecording } from '../../src/telemetry/spans/spans-from-recording.js';
import { tracesDataFromSpans } from '../../src/formats/otlp/write-json.js';
import { ATTRIBUTE } from '../../src/model/attributes.js';
import type { Recording } from '../../src/model/recording.js';
import { drawLines, manyCalls } from '../helpers/drawn-lines.js';

const spansOf = (recording: Recording) => [...spansFromRecording(recording).rows()].map(({ span }) => span);

/** `name parent start+duration` of each span, times in nanoseconds after the recording's origin. */
function draw(recording: Recording): string[] {
  const spans = spansOf(recording);
  const names = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  const nanos = ([seconds, rest]: [number, number]): bigint =>
    BigInt(seconds) * 1_000_000_000n + BigInt(rest) - BigInt(recording.meta.originEpochNanos);
  return spans.map((span) => {
    const parent = names.get(span.parentSpanContext?.spanId ?? '') ?? '-';
    return `${span.name} < ${parent} ${nanos(span.startTime)}..${nanos(span.endTime)}`;
  });
}

const ONE_CALL = `
  call glue predict 0..1000
    stage data-adapter data-adapter 10..100
    stage kernel-execution kernel-execution 150..990
      layer glue dense_1 160..980
        kernel kernel-execution MatMul 200..700 [32,2]
`;

afterEach(() => vi.unstubAllEnvs());

describe('spans from a recording', () => {
  it('keeps names, parents and nanosecond-true times', () => {
    expect(draw(drawLines(ONE_CALL))).toEqual([
      'predict < - 0..1000',
      'data-adapter < predict 10..100',
      'kernel-execution < predict 150..990',
      'layer < kernel-execution 160..980',
      'MatMul < layer 200..700',
    ]);
  });

  it('clips a child to its parent and says by how much', () => {
    const recording = drawLines(`
      call glue predict 100..1000
        stage kernel-execution kernel-execution 50..1200
          kernel kernel-execution MatMul 40..1300
    `);
    expect(draw(recording)).toEqual([
      'predict < - 100..1000',
      'kernel-execution < predict 100..1000',
      'MatMul < kernel-execution 100..1000',
    ]);
    expect(spansOf(recording).map(({ attributes }) => attributes[ATTRIBUTE.spanClipped])).toEqual([undefined, 250, 360]);
  });

  it('says what was called on the root and what ran on the kernel', () => {
    const [root, , , layer, kernel] = spansOf(drawLines(ONE_CALL));
    expect(root?.attributes).toMatchObject({
      'inference.runtime': 'layers-model',
      'inference.variant': 'uncompiled',
      'inference.call': 'predict',
      'inference.temperature': 'warm',
      'inference.input.signature': 'float32[32,4]',
      'inference.input.batch_size': 32,
      'inference.model.name': 'tiny',
      'host.cpu.model.name': 'Test CPU',
      'inference.environment.flags': ['TF_NUM_INTRAOP_THREADS=2'],
      'inference.stage': 'glue',
    });
    expect(layer?.attributes).toMatchObject({ 'inference.span.name': 'dense_1', 'inference.kernel.layer': 'dense_1' });
    expect(kernel?.attributes).toMatchObject({
      'inference.stage': 'kernel-execution',
      'inference.kernel.op': 'MatMul',
      'inference.kernel.output.shapes': ['[32,2]'],
    });
  });

  it('names the model that was called, of a program that has several', () => {
    const drawn = drawLines(ONE_CALL);
    const model = { id: 'a', architecture: 'b', name: 'detector', runtime: 'graph-model', parameters: 17, instance: 1 };
    const recording = {
      ...drawn,
      details: [...drawn.details, { model }],
      calls: drawn.calls.map((call) => ({ ...call, model: drawn.details.length })),
    };
    expect(spansOf(recording)[0]?.attributes).toMatchObject({ 'inference.model.name': 'detector', 'inference.model.parameters': 17 });
  });

  it('gives each call a trace of its own, the same at every export', () => {
    const first = spansFromRecording(manyCalls(20));
    expect(new Set(first.traceIds).size).toBe(20);
    expect(spansFromRecording(manyCalls(20)).traceIds).toEqual(first.traceIds);
    expect(first.traceIds).toEqual(first.traceIds.filter((id) => /^[0-9a-f]{32}$/.test(id ?? '')));
  });

  it('joins the caller’s trace', () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const [root, child] = spansOf(drawLines(ONE_CALL, [{ traceId, parentSpanId: 'b7ad6b7169203331' }]));
    expect(root?.parentSpanContext).toMatchObject({ traceId, spanId: 'b7ad6b7169203331', isRemote: true });
    expect(child?.spanContext().traceId).toBe(traceId);
  });

  it('marks a call that threw, and garbage collection inside of it', () => {
    const drawn = drawLines(ONE_CALL, [{ error: 'shapes differ' }]);
    const recording = { ...drawn, gc: [{ startNanos: 500, durationNanos: 20, type: 'scavenge' }] };
    const [root] = spansOf(recording);
    expect(root?.status).toEqual({ code: 2, message: 'shapes differ' });
    expect(root?.attributes['error.type']).toBe('_OTHER');
    expect(root?.events).toMatchObject([{ name: 'gc', attributes: { 'inference.gc.duration_nanos': 20 } }]);
  });

  it('leaves out calls of which only the latency was recorded', () => {
    const drawn = drawLines(ONE_CALL);
    const recording = { ...drawn, calls: [...drawn.calls, { ...drawn.calls[0]!, rootSpan: -1 }] };
    expect(spansFromRecording(recording)).toMatchObject({ recorded: 5, sampledOut: 0 });
    expect(spansFromRecording(recording).traceIds[1]).toBeNull();
  });
});

describe('the standard variables', () => {
  it('decide the service name and resource attributes', () => {
    const service = () => spansOf(drawLines(ONE_CALL))[0]?.resource.attributes;
    expect(service()).toMatchObject({ 'service.name': 'inferscope', 'process.runtime.version': '20.19.0' });
    vi.stubEnv('OTEL_SERVICE_NAME', '');
    expect(service()).toMatchObject({ 'service.name': 'inferscope' });
    vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'service.version=1.2,host.id=other');
    vi.stubEnv('OTEL_SERVICE_NAME', 'shop');
    expect(service()).toMatchObject({ 'service.name': 'shop', 'service.version': '1.2', 'host.id': 'other' });
  });

  it('sample whole calls, and count what was left out', () => {
    vi.stubEnv('OTEL_TRACES_SAMPLER', 'traceidratio');
    vi.stubEnv('OTEL_TRACES_SAMPLER_ARG', '0.5');
    const recording = manyCalls(400);
    const spans = spansFromRecording(recording);
    const sampled = spans.traceIds.filter((id) => id !== null).length;
    expect(sampled).toBeGreaterThan(100);
    expect(sampled).toBeLessThan(300);
    expect(spans.recorded).toBe(sampled * 5);
    expect(spans.sampledOut).toBe(recording.spans.length - sampled * 5);
    expect([...spans.rows()].length).toBe(sampled * 5);
  });

  it('never leave out a call that the caller’s trace has sampled, when parent-based', () => {
    vi.stubEnv('OTEL_TRACES_SAMPLER', 'parentbased_always_off');
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    expect(spansFromRecording(drawLines(ONE_CALL)).recorded).toBe(0);
    const inside = drawLines(ONE_CALL, [{ traceId, parentSpanId: 'b7ad6b7169203331' }]);
    expect(spansFromRecording(inside).recorded).toBe(5);
  });
});

describe('laws', () => {
  it('times are exact to the nanosecond for any origin and offset', () => {
    const origins = fc.bigInt({ min: 10n ** 18n, max: 4n * 10n ** 18n });
    const offsets = fc
      .maxSafeInteger()
      .map(Math.abs)
      .filter((offset) => offset < 2 ** 53 - 1e9);
    fc.assert(
      fc.property(origins, offsets, (origin, offset) => {
        const [seconds, nanos] = hrClock(String(origin))(offset);
        expect(BigInt(seconds) * 1_000_000_000n + BigInt(nanos)).toBe(origin + BigInt(offset));
        expect(nanos).toBeLessThan(1e9);
      }),
    );
  });

  it('no two rows share a span id', () => {
    const ids = recordingIds(manyCalls(1));
    const seen = new Set(Array.from({ length: 200_000 }, (_, row) => ids.spanId(row)));
    expect(seen.size).toBe(200_000);
    expect([...seen].every((id) => /^[0-9a-f]{16}$/.test(id) && id !== '0'.repeat(16))).toBe(true);
  });

  it('OTLP/JSON writes 64-bit values as strings, ids as hex, enums as numbers', () => {
    const [line] = tracesDataFromSpans(spansOf(drawLines(ONE_CALL))).resourceSpans ?? [];
    const span = line?.scopeSpans?.[0]?.spans?.[0];
    expect(span).toMatchObject({ kind: 1, startTimeUnixNano: '1764000000123456789', status: { code: 0 } });
    expect(span?.endTimeUnixNano).toBe('1764000000123457789');
    expect(span?.attributes).toContainEqual({ key: 'inference.input.batch_size', value: { intValue: '32' } });
  });
});
