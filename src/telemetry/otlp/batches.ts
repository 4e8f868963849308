import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { RowSpan } from '../spans/spans-from-recording.js';

/** Consecutive spans of a recording, sent or written together. */
export interface SpanBatch {
  readonly firstRow: number;
  readonly lastRow: number;
  readonly spans: readonly ReadableSpan[];
}

/** Cuts spans into batches of at most `size`, lazily. */
export function* spanBatches(rows: Iterable<RowSpan>, size: number): Iterable<SpanBatch> {
  yield* cut(rows, (batch) => batch.length >= size);
}

/** Cuts spans into batches of one trace each, where a trace's rows follow one another; at most `size` spans. */
export function* traceBatches(rows: Iterable<RowSpan>, size: number): Iterable<SpanBatch> {
  yield* cut(rows, (batch, next) => batch.length >= size || traceOf(batch[0]) !== traceOf(next));
}

const traceOf = (row: RowSpan | undefined): string | undefined => row?.span.spanContext().traceId;

function* cut(rows: Iterable<RowSpan>, isFull: (batch: readonly RowSpan[], next: RowSpan) => boolean): Iterable<SpanBatch> {
  let batch: RowSpan[] = [];
  for (const row of rows) {
    if (batch.length > 0 && isFull(batch, row)) {
      yield asBatch(batch);
      batch = [];
    }
    batch.push(row);
  }
  if (batch.length > 0) yield asBatch(batch);
}

const asBatch = (rows: readonly RowSpan[]): SpanBatch => ({
  firstRow: rows[0]?.row ?? 0,
  lastRow: rows.at(-1)?.row ?? 0,
  spans: rows.map(({ span }) => span),
});
