import type { CallRecord, SpanPages } from './recording.js';
import type { SpanColumns } from './span.js';

/** What has calls with their spans. */
interface Paged {
  readonly calls: readonly CallRecord[];
  readonly spans: SpanColumns;
  readonly pages?: SpanPages;
}

/** A recording, or some of its calls: those from `firstCall` on, which are numbered from 0. */
export interface Piece<Whole extends Paged> {
  readonly recording: Whole;
  readonly firstCall: number;
}

/** The recording a page at a time; the whole of it where it is in memory. Together the pieces have every call once, in order. */
export function* piecesOf<Whole extends Paged>(recording: Whole): Iterable<Piece<Whole>> {
  const { pages } = recording;
  if (pages === undefined) yield { recording, firstCall: 0 };
  else for (let page = 0; page < pages.starts.length; page += 1) yield pieceAt(recording, pages, page);
}

/** The piece that has a call. */
export function pieceWith<Whole extends Paged>(recording: Whole, call: number): Piece<Whole> {
  const { pages } = recording;
  if (pages === undefined) return { recording, firstCall: 0 };
  return pieceAt(recording, pages, pageOf(pages, call));
}

/** The pages that have these calls as one recording, and where the calls are in it; the whole of one that is in memory. */
export function gathered<Whole extends Paged>(
  recording: Whole,
  calls: readonly number[],
): { readonly recording: Whole; readonly places: readonly number[] } {
  const { pages } = recording;
  if (pages === undefined) return { recording, places: calls };
  const wanted = [...new Set(calls.map((call) => pageOf(pages, call)))].sort((a, b) => a - b);
  const firstPlaces = new Map<number, number>();
  const found: CallRecord[] = [];
  const spans: SpanColumns[] = [];
  let rows = 0;
  for (const page of wanted) {
    const piece = pieceAt(recording, pages, page).recording;
    firstPlaces.set(page, found.length - (pages.starts[page]?.call ?? 0));
    spans.push(shifted(piece.spans, rows, found.length));
    const before = rows;
    found.push(...piece.calls.map((call) => (call.rootSpan < 0 ? call : { ...call, rootSpan: call.rootSpan + before })));
    rows += piece.spans.length;
  }
  return {
    recording: { ...recording, calls: found, spans: joined(spans, rows), pages: undefined },
    places: calls.map((call) => call + (firstPlaces.get(pageOf(pages, call)) ?? 0)),
  };
}

const pageOf = ({ starts }: SpanPages, call: number): number =>
  Math.max(
    0,
    starts.findLastIndex((start) => start.call <= call),
  );

/** Rows and calls counted from other ones. */
const shifted = (spans: SpanColumns, rows: number, calls: number): SpanColumns => ({
  ...spans,
  parent: spans.parent.map((up) => (up < 0 ? up : up + rows)),
  call: spans.call.map((call) => call + calls),
});

function joined(parts: readonly SpanColumns[], length: number): SpanColumns {
  const put = <Column extends { set(values: Column, at: number): void; readonly length: number }>(
    all: Column,
    column: (part: SpanColumns) => Column,
  ): Column => {
    let at = 0;
    for (const part of parts) {
      all.set(column(part), at);
      at += part.length;
    }
    return all;
  };
  return {
    length,
    startNanos: put(new Float64Array(length), (part) => part.startNanos),
    durationNanos: put(new Float64Array(length), (part) => part.durationNanos),
    parent: put(new Int32Array(length), (part) => part.parent),
    call: put(new Uint32Array(length), (part) => part.call),
    name: put(new Uint32Array(length), (part) => part.name),
    detail: put(new Uint32Array(length), (part) => part.detail),
    stage: put(new Uint8Array(length), (part) => part.stage),
    kind: put(new Uint8Array(length), (part) => part.kind),
  };
}

function pieceAt<Whole extends Paged>(recording: Whole, pages: SpanPages, page: number): Piece<Whole> {
  const { row, call: firstCall } = pages.starts[page] ?? { row: 0, call: 0 };
  const calls = recording.calls
    .slice(firstCall, pages.starts[page + 1]?.call)
    .map((call) => (call.rootSpan < row ? call : { ...call, rootSpan: call.rootSpan - row }));
  return { recording: { ...recording, calls, spans: pages.at(page), pages: undefined }, firstCall };
}
