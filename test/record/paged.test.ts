import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { tracesDataFromSpans } from '../../src/formats/otlp/write-json.js';
import type { Recording } from '../../src/model/recording.js';
import type { SpanColumns } from '../../src/model/span.js';
import { COLUMNS } from '../../src/record/format.js';
import { readRecording, readRecordings } from '../../src/record/reader.js';
import { RecordingWriter } from '../../src/record/writer.js';
import { packSpans } from '../../src/report/page/page-spans.js';
import { StringTable } from '../../src/report/page/strings.js';
import { renderReportHtml } from '../../src/report/report-html.js';
import { extrasOf } from '../../src/runs/report-extras.js';
import { toldAnalysis } from '../../src/runs/told.js';
import { PortionsInFile } from '../../src/telemetry/spans/portions.js';
import { RecordingBuilder } from '../../src/telemetry/spans/recording-builder.js';
import { callTrees } from '../../src/telemetry/spans/span-tree.js';
import { spansFromRecording } from '../../src/telemetry/spans/spans-from-recording.js';
import { manyCalls } from '../helpers/drawn-lines.js';

const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-paged-'));

/** A file with so many spans in a chunk, as `flame` writes it. */
function fileOf(recording: Recording, spansInChunk: number): string {
  const builder = new RecordingBuilder(undefined, new PortionsInFile(path.join(folder, 'spans.part'), spansInChunk));
  for (const call of callTrees(tracesDataFromSpans([...spansFromRecording(recording).rows()].map(({ span }) => span))).calls)
    builder.addCall(call);
  const file = path.join(folder, `${spansInChunk}.isr`);
  builder.writeTo(file, { notes: [] });
  return file;
}

/** Every figure, and what the page shows of single calls. */
function told(recording: Recording): readonly [object, string] {
  const analysis = toldAnalysis([recording]);
  return [analysis, renderReportHtml(analysis, extrasOf([recording]))];
}

describe('a large recording, read page by page', () => {
  const calls = manyCalls(60);

  it.each([1, 7, 64, 1000])('has the same figures and the same page, with %i spans in a chunk', (spansInChunk) => {
    const file = fileOf(calls, spansInChunk);
    const [whole, paged] = [readRecording(file), readRecording(file, { spansInMemory: 0 })];
    expect([whole.pages, paged.pages?.starts.length]).toEqual([undefined, Math.ceil(300 / (5 * Math.ceil(spansInChunk / 5)))]);
    expect(told(paged)).toEqual(told(whole));
    // Who wants all spans has them all the same.
    const { pages, spans, ...rest } = paged;
    expect({ ...rest, spans: { ...whole.spans } }).toEqual({ ...whole, spans: { ...whole.spans } });
    expect([pages?.rootNanos.length, ...spans.startNanos, ...spans.call, ...spans.parent]).toEqual([
      60,
      ...whole.spans.startNanos,
      ...whole.spans.call,
      ...whole.spans.parent,
    ]);
  });

  /** The same calls, each of which begins when that share of the one before is over. */
  function overlapping(share: number): Recording {
    const [first, second] = calls.calls;
    const earlierNanos = second!.startNanos - first!.startNanos - first!.latencyNanos * share;
    return {
      ...calls,
      spans: { ...calls.spans, startNanos: calls.spans.startNanos.map((nanos, row) => nanos - earlierNanos * calls.spans.call[row]!) },
      calls: calls.calls.map((call, index) => ({ ...call, startNanos: call.startNanos - earlierNanos * index })),
    };
  }

  it('counts the calls that ran beside one and are not drawn', () => {
    const recording = overlapping(1 / 20);
    const drawn = recording.calls.map((_, call) => packSpans(recording, call, 1000, new StringTable())!);
    // The first has 19 that begin while it runs, one in the middle as many that ran before.
    expect([0, 30].map((call) => drawn[call]!.parent.filter((up) => up < 0).length)).toEqual([8, 8]);
    expect([0, 30].map((call) => drawn[call]!.callsLeftOut)).toEqual([19 - 7, 2 * 19 - 7]);
  });

  it('shows the calls that ran beside one wherever they are in the file', () => {
    const file = fileOf(overlapping(1 / 3), 10);
    const [whole, paged] = [readRecording(file), readRecording(file, { spansInMemory: 0 })];
    const drawn = (recording: Recording) => recording.calls.map((_, call) => packSpans(recording, call, 1000, new StringTable()));
    expect(paged.pages?.starts.length).toBe(30);
    expect(drawn(whole).map((spans) => spans?.parent.filter((up) => up < 0).length)).toEqual([3, 4, ...Array<number>(56).fill(5), 4, 3]);
    expect(drawn(paged)).toEqual(drawn(whole));
  });

  it('of a small file, and of one that will be removed, nothing is left in the file', () => {
    const file = fileOf(calls, 20);
    const [small] = readRecordings([file]);
    rmSync(file);
    expect([small?.pages, small?.spans.startNanos]).toEqual([undefined, calls.spans.startNanos.slice(0, calls.spans.length)]);
  });

  it('is read whole where calls are spread over chunks, and where it is cut off', () => {
    const spread = path.join(folder, 'spread.isr');
    const writer = new RecordingWriter(spread, calls.meta);
    const rows = (from: number, to?: number): SpanColumns => ({
      ...(Object.fromEntries(COLUMNS.map(([name]) => [name, calls.spans[name].slice(from, to)])) as unknown as SpanColumns),
      length: (to ?? calls.spans.length) - from,
    });
    const none = { calls: [], gc: [], lostSpans: 0 };
    writer.append({ ...none, spans: rows(0, 3), firstRow: 0 }, calls.strings, calls.details);
    writer.append({ ...none, spans: rows(3), firstRow: 3, calls: calls.calls }, calls.strings, calls.details);
    writer.end();
    expect(readRecording(spread, { spansInMemory: 0 })).toEqual(readRecording(spread));
    expect(readRecording(spread, { spansInMemory: 0 }).pages).toBeUndefined();
    const file = fileOf(calls, 20);
    const bytes = readFileSync(file);
    const cut = path.join(folder, 'cut.isr');
    writeFileSync(cut, bytes);
    truncateSync(cut, Math.floor(bytes.length * 0.6));
    expect(readRecording(cut, { spansInMemory: 0 })).toEqual(readRecording(cut));
    expect(readRecording(cut, { spansInMemory: 0 }).complete).toBe(false);
  });
});
