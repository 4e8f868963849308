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
  return pieceAt(
    recording,
    pages,
    Math.max(
      0,
      pages.starts.findLastIndex((start) => start.call <= call),
    ),
  );
}

function pieceAt<Whole extends Paged>(recording: Whole, pages: SpanPages, page: number): Piece<Whole> {
  const { row, call: firstCall } = pages.starts[page] ?? { row: 0, call: 0 };
  const calls = recording.calls
    .slice(firstCall, pages.starts[page + 1]?.call)
    .map((call) => (call.rootSpan < row ? call : { ...call, rootSpan: call.rootSpan - row }));
  return { recording: { ...recording, calls, spans: pages.at(page), pages: undefined }, firstCall };
}
