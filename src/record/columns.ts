import type { SpanColumns } from '../model/span.js';
import { COLUMNS, SPAN_BYTES } from './format.js';

/** Copies the rows of one chunk of a recording to where they belong. */
export function putSpans(columns: SpanColumns, row: number, payload: Uint8Array): void {
  const rows = (payload.byteLength - 16) / SPAN_BYTES;
  let offset = 16;
  for (const [name, Type] of COLUMNS) {
    const width = rows * Type.BYTES_PER_ELEMENT;
    const target = columns[name];
    new Uint8Array(target.buffer, row * Type.BYTES_PER_ELEMENT, width).set(payload.subarray(offset, offset + width));
    offset += width;
  }
}
