import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tracesDataFromSpans } from '../../src/formats/otlp/write-json.js';
import { PortionsInFile } from '../../src/telemetry/spans/portions.js';
import { RecordingBuilder } from '../../src/telemetry/spans/recording-builder.js';
import { callTrees, type SpanNode } from '../../src/telemetry/spans/span-tree.js';
import { readRecording } from '../../src/record/reader.js';
import { writeRecording } from '../../src/record/writer.js';
import { spansFromRecording } from '../../src/telemetry/spans/spans-from-recording.js';
import type { Recording } from '../../src/model/recording.js';
import { spanKindFromCode } from '../../src/model/span.js';
import { stageFromCode } from '../../src/model/stage.js';
import { variantKey } from '../../src/model/variant.js';
import { drawLines, manyCalls } from '../helpers/drawn-lines.js';

/** A recording as text: `kind stage name start..end <parent row> detail`. */
function draw({ spans, strings, details }: Recording): string[] {
  return Array.from({ length: spans.length }, (_, row) => {
    const start = spans.startNanos[row]!;
    const kind = spanKindFromCode(spans.kind[row]!);
    const stage = stageFromCode(spans.stage[row]!);
    const detail = JSON.stringify(details[spans.detail[row]!]);
    const where = `${start}..${start + spans.durationNanos[row]!} <${spans.parent[row]!}>`;
    return `${kind} ${stage} ${strings[spans.name[row]!]!} ${where} ${detail}`;
  });
}

/** There and back again; `order` may mix up the spans, as a back end does. */
function roundTrip(recording: Recording, mixUp: 'in order' | 'reversed'): Recording {
  const spans = [...spansFromRecording(recording).rows()].map(({ span }) => span);
  const { calls } = callTrees(tracesDataFromSpans(mixUp === 'in order' ? spans : spans.reverse()));
  const builder = new RecordingBuilder();
  for (const call of mixUp === 'in order' ? calls : calls.toReversed()) builder.addCall(call);
  return builder.finish()!;
}

const DRAWING = `
  call glue predict 0..1000
    stage data-adapter data-adapter 10..100
    stage kernel-execution kernel-execution 150..990
      layer glue dense_1 160..980
        kernel kernel-execution MatMul 200..700 [32,2]
`;

/** Names and details are numbered in the order in which they are met. */
const NUMBERED = { strings: [], details: [], spans: [] };

const DAY = 86_400_000_000_000n;

/** The calls of the drawing, moved in time. */
function callsAt(moved: bigint): SpanNode[] {
  const spans = [...spansFromRecording(drawLines(DRAWING)).rows()].map(({ span }) => span);
  const shift = (node: SpanNode): SpanNode => ({
    ...node,
    start: node.start + moved,
    end: node.end + moved,
    children: node.children.map(shift),
  });
  return callTrees(tracesDataFromSpans(spans)).calls.map(shift);
}

/** What is read back from the file of a recording made of these. */
function written(...groups: readonly SpanNode[][]): Recording {
  const builder = new RecordingBuilder();
  for (const call of groups.flat()) builder.addCall(call);
  const file = join(mkdtempSync(join(tmpdir(), 'recording-builder-')), 'run.isr');
  writeRecording(file, builder.finish()!);
  return readRecording(file);
}

describe('a recording from spans', () => {
  it('is the same whatever the order in which its calls come, and the portions in which they are kept meanwhile', () => {
    const folder = mkdtempSync(join(tmpdir(), 'recording-portions-'));
    const call = fc.record({
      at: fc.nat(1_000_000),
      inner: fc.array(fc.constantFrom('MatMul', 'Relu', 'Softmax'), { maxLength: 4 }),
      variant: fc.nat(1),
    });
    const calls = fc.uniqueArray(call, { selector: ({ at }) => at, minLength: 1, maxLength: 25 });
    fc.assert(
      fc.property(calls, fc.array(fc.nat(), { minLength: 25, maxLength: 25 }), fc.integer({ min: 1, max: 40 }), (drawn, ranks, atOnce) => {
        const drawing = drawn.map(({ at, inner }) =>
          [
            `call glue predict ${at}..${at + 100}`,
            ...inner.map((op, i) => `  kernel kernel-execution ${op} ${at + i * 10}..${at + i * 10 + 9} [${i},2]`),
          ].join('\n'),
        );
        const recording = drawLines(
          drawing.join('\n'),
          drawn.map(({ variant }) => ({ variant })),
        );
        const spans = [...spansFromRecording(recording).rows()].map(({ span }) => span);
        const { calls: inTime } = callTrees(tracesDataFromSpans(spans));
        const atOnceInMemory = new RecordingBuilder();
        for (const one of inTime) atOnceInMemory.addCall(one);
        const whole = atOnceInMemory.finish()!;
        const mixed = new RecordingBuilder(undefined, new PortionsInFile(join(folder, 'spans.part'), atOnce));
        for (const one of inTime.map((one, i) => ({ one, rank: ranks[i]! })).sort((a, b) => a.rank - b.rank)) mixed.addCall(one.one);
        const file = join(folder, 'main.isr');
        expect(mixed.writeTo(file, { notes: [] })).toBe(true);
        const read = readRecording(file);
        expect(draw(read)).toEqual(draw(whole));
        expect({ ...read, ...NUMBERED, run: undefined }).toEqual({ ...whole, ...NUMBERED, run: undefined });
        expect(readdirSync(folder)).toEqual(['main.isr']);
      }),
      { numRuns: 30 },
    );
  });

  it('is about the calls, though a session was created before the first of them', () => {
    const drawn = drawLines('call glue create 0..500\ncall glue run 600..900', [{ variant: 0 }, { variant: 1 }]);
    const variants = [
      { name: 'session', call: 'create' },
      { name: 'all', call: 'run' },
    ];
    const { meta, calls } = roundTrip({ ...drawn, meta: { ...drawn.meta, variants } }, 'in order');
    expect(meta.variants.map(variantKey)).toEqual(['all/run', 'session/create']);
    expect(calls.map(({ variant, latencyNanos }) => [variant, latencyNanos])).toEqual([
      [1, 500],
      [0, 300],
    ]);
  });

  it('leaves a pause with the process that paused, though another one had a call meanwhile', () => {
    const drawn = drawLines('call glue predict 0..1000\ncall glue predict 100..900', [{ process: 'a' }, { process: 'b' }]);
    const recording = { ...drawn, gc: [{ startNanos: 500, durationNanos: 20, type: 'scavenge', process: 'a' }] };
    const roots = [...spansFromRecording(recording).rows()].map(({ span }) => span);
    expect(roots.map(({ events }) => events.map(({ name }) => name))).toEqual([['gc'], []]);
  });

  it('is the recording the spans were made of', () => {
    const recording = drawLines(DRAWING, [{ temperature: 'cold-session', round: 3, tensors: 2, error: 'no' }]);
    const withGc = { ...recording, gc: [{ startNanos: 500, durationNanos: 20, type: 'scavenge' }] };
    const back = roundTrip(withGc, 'in order');
    const layer = '{"layer":"dense_1"}';
    expect(draw(back)).toEqual(draw(withGc).map((line) => (line.startsWith('layer') ? line.replace('{}', layer) : line)));
    expect(back.calls[0]).toMatchObject(recording.calls[0]!);
    expect(back.gc).toEqual([{ ...withGc.gc[0], process: back.calls[0]?.process }]);
    expect(back.meta).toMatchObject({
      originEpochNanos: recording.meta.originEpochNanos,
      tool: recording.meta.tool,
      inputSignature: recording.meta.inputSignature,
      environment: recording.meta.environment,
      variants: [{ name: 'uncompiled', call: 'predict' }],
    });
    expect(back.meta.model).toMatchObject({ name: 'tiny', runtime: 'layers-model', parameters: 13, nodes: 3 });
  });

  it('has the same calls in whatever order spans come', () => {
    const recording = manyCalls(20);
    const back = roundTrip(recording, 'reversed');
    expect(back.meta.originEpochNanos).toBe(recording.meta.originEpochNanos);
    expect([...back.spans.startNanos].sort((a, b) => a - b)).toEqual([...recording.spans.startNanos].sort((a, b) => a - b));
    for (let row = 0; row < back.spans.length; row++) expect(back.spans.parent[row]).toBeLessThan(row);
  });

  it('reads lists that a storage kept as JSON text', () => {
    const spans = [...spansFromRecording(drawLines(DRAWING)).rows()].map(({ span }) => span);
    const text = JSON.stringify(tracesDataFromSpans(spans)).replaceAll(
      '{"arrayValue":{"values":[{"stringValue":"[32,2]"}]}}',
      '{"stringValue":"[\\"[32,2]\\"]"}',
    );
    const builder = new RecordingBuilder();
    for (const call of callTrees(JSON.parse(text) as ReturnType<typeof tracesDataFromSpans>).calls) builder.addCall(call);
    expect(builder.finish()?.details).toContainEqual({ outputShapes: ['[32,2]'] });
  });

  it('has what lies half a year apart, as two ranges that are compared do, and reads back from its file', () => {
    const [first, second] = [callsAt(0n), callsAt(180n * DAY)];
    const back = written(second, first);
    expect(back.calls.map(({ startNanos }) => startNanos)).toEqual([0, Number(180n * DAY)]);
    expect(back.lostSpans).toBe(0);
  });

  it('leaves out a call of a clock that stood at 1970, and counts its spans as missing', () => {
    const back = written(callsAt(0n), callsAt(-1_700_000_000_123_456_789n), callsAt(DAY));
    expect([back.calls.length, back.lostSpans]).toEqual([2, 5]);
    const long = callsAt(2n * DAY);
    long[0]!.children[0] = { ...long[0]!.children[0]!, end: long[0]!.start + 200n * DAY };
    const second = written(long, callsAt(0n));
    expect([second.calls.length, second.lostSpans]).toEqual([1, 5]);
  });

  it('does not exist without a call', () => {
    expect(new RecordingBuilder().finish()).toBeNull();
    expect(callTrees({ resourceSpans: [{ scopeSpans: [{ spans: [] }] }] }).calls).toEqual([]);
  });
});
