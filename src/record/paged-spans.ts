/**
 * Spans of a file that need not be in memory together. A chunk of spans is a page where the rows of its calls are in no other chunk:
 * so `flame` writes them, and so does a program whose calls follow on one another.
 */
import type { SpanPages } from '../model/recording.js';
import type { SpanColumns } from '../model/span.js';
import { emptyColumns } from '../model/span-rows.js';
import { putSpans } from './columns.js';

/** A chunk of spans: where its payload is, and what is in it. */
export interface SpanChunk {
  readonly offset: number;
  readonly length: number;
  readonly firstRow: number;
  readonly firstCall: number;
}

/** Reads the payload of a chunk. */
export type ReadPayload = (chunk: SpanChunk) => Uint8Array;

/** Calls are spread over several chunks. */
export class SpreadCalls extends Error {}

/** Chunks of spans as they are met. */
export class SpanChunks {
  readonly #chunks: SpanChunk[] = [];
  readonly #rootNanos: number[] = [];
  #rows = 0;
  #calls = 0;

  /** @throws SpreadCalls where calls of this chunk are in others too */
  add(place: { readonly offset: number; readonly length: number }, payload: Uint8Array): void {
    const spans = columnsIn(payload);
    const { call, parent, durationNanos, length } = spans;
    const firstRow = this.#rows;
    let last = this.#calls - 1;
    for (let row = 0; row < length; row += 1) {
      const of = call[row] ?? 0;
      const up = parent[row] ?? -1;
      if (of < this.#calls || (up >= 0 && up < firstRow)) throw new SpreadCalls();
      last = Math.max(last, of);
      if (up < 0) this.#rootNanos[of] = durationNanos[row] ?? 0;
    }
    if (length > 0) this.#chunks.push({ ...place, firstRow, firstCall: this.#chunks.length === 0 ? 0 : this.#calls });
    this.#rows += length;
    this.#calls = last + 1;
  }

  pages(calls: number, read: ReadPayload): PagedSpans {
    return new PagedSpans(
      this.#rows,
      Float64Array.from({ length: calls }, (_, call) => this.#rootNanos[call] ?? 0),
      this.#chunks,
      read,
    );
  }
}

/** Columns that are read when they are asked for, all of them; a page at a time by {@link PagedSpans.pages}. */
export class PagedSpans implements SpanColumns {
  readonly pages: SpanPages;
  #all: SpanColumns | undefined;
  #atHand: { readonly page: number; readonly spans: SpanColumns } | undefined;

  constructor(
    readonly length: number,
    rootNanos: Float64Array,
    private readonly chunks: readonly SpanChunk[],
    private readonly read: ReadPayload,
  ) {
    this.pages = {
      starts: chunks.map(({ firstRow, firstCall }) => ({ row: firstRow, call: firstCall })),
      rootNanos,
      at: (page) => this.#page(page),
    };
  }

  get startNanos(): Float64Array {
    return this.#whole().startNanos;
  }
  get durationNanos(): Float64Array {
    return this.#whole().durationNanos;
  }
  get parent(): Int32Array {
    return this.#whole().parent;
  }
  get call(): Uint32Array {
    return this.#whole().call;
  }
  get name(): Uint32Array {
    return this.#whole().name;
  }
  get detail(): Uint32Array {
    return this.#whole().detail;
  }
  get stage(): Uint8Array {
    return this.#whole().stage;
  }
  get kind(): Uint8Array {
    return this.#whole().kind;
  }

  #whole(): SpanColumns {
    if (this.#all === undefined) {
      const all = emptyColumns(this.length);
      for (const chunk of this.chunks) putSpans(all, chunk.firstRow, this.read(chunk));
      this.#all = all;
    }
    return this.#all;
  }

  #page(page: number): SpanColumns {
    if (this.#atHand?.page === page) return this.#atHand.spans;
    const chunk = this.chunks[page];
    if (chunk === undefined) throw new RangeError(`there is no page ${page}`);
    const spans = columnsIn(this.read(chunk));
    for (let row = 0; row < spans.length; row += 1) {
      const up = spans.parent[row] ?? -1;
      if (up >= 0) spans.parent[row] = up - chunk.firstRow;
      spans.call[row] = (spans.call[row] ?? 0) - chunk.firstCall;
    }
    this.#atHand = { page, spans };
    return spans;
  }
}

function columnsIn(payload: Uint8Array): SpanColumns {
  const spans = emptyColumns(new DataView(payload.buffer, payload.byteOffset).getFloat64(8, true));
  putSpans(spans, 0, payload);
  return spans;
}
