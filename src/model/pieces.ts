import type { CallRecord, SpanPages } from './recording.js';
import { emptyColumns } from './span-rows.js';
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
  const pieces = wanted.map((page) => pieceAt(recording, pages, page));
  const spans = emptyColumns(pieces.reduce((rows, piece) => rows + piece.recording.spans.length, 0));
  const found: CallRecord[] = [];
  const firstPlaces = new Map<number, number>();
  let first = 0;
  pieces.forEach(({ recording: { calls: own, spans: columns }, firstCall }, at) => {
    firstPlaces.set(wanted[at] ?? 0, found.length - firstCall);
    putRows(spans, columns, { first, firstCall: found.length });
    for (const call of own) found.push(call.rootSpan < 0 ? call : { ...call, rootSpan: call.rootSpan + first });
    first += columns.length;
  });
  return {
    recording: { ...recording, calls: found, spans, pages: undefined },
    places: calls.map((call) => call + (firstPlaces.get(pageOf(pages, call)) ?? 0)),
  };
}

const pageOf = ({ starts }: SpanPages, call: number): number =>
  Math.max(
    0,
    starts.findLastIndex((start) => start.call <= call),
  );

/** Copies rows to where they begin in others; their parents and calls are counted from there. */
function putRows(
  target: SpanColumns,
  rows: SpanColumns,
  { first, firstCall }: { readonly first: number; readonly firstCall: number },
): void {
  target.startNanos.set(rows.startNanos, first);
  target.durationNanos.set(rows.durationNanos, first);
  target.parent.set(
    rows.parent.map((up) => (up < 0 ? up : up + first)),
    first,
  );
  target.call.set(
    rows.call.map((call) => call + firstCall),
    first,
  );
  for (const name of ['name', 'detail', 'stage', 'kind'] as const) target[name].set(rows[name], first);
}

function pieceAt<Whole extends Paged>(recording: Whole, pages: SpanPages, page: number): Piece<Whole> {
  const { row, call: firstCall } = pages.starts[page] ?? { row: 0, call: 0 };
  const calls = recording.calls
    .slice(firstCall, pages.starts[page + 1]?.call)
    .map((call) => (call.rootSpan < row ? call : { ...call, rootSpan: call.rootSpan - row }));
  return { recording: { ...recording, calls, spans: pages.at(page), pages: undefined }, firstCall };
}
