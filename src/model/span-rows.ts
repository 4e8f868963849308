import type { SpanColumns } from './span.js';

/** Rows of spans that become columns. */
export class SpanRows {
  #startNanos: number[] = [];
  #durationNanos: number[] = [];
  #parent: number[] = [];
  #call: number[] = [];
  #name: number[] = [];
  #detail: number[] = [];
  #stage: number[] = [];
  #kind: number[] = [];

  get length(): number {
    return this.#kind.length;
  }

  /** @returns its row */
  push(row: SpanRow): number {
    this.#startNanos.push(row.startNanos);
    this.#durationNanos.push(row.durationNanos);
    this.#parent.push(row.parent);
    this.#call.push(row.call);
    this.#name.push(row.name);
    this.#detail.push(row.detail);
    this.#stage.push(row.stage);
    return this.#kind.push(row.kind) - 1;
  }

  columns(): SpanColumns {
    return {
      length: this.length,
      startNanos: Float64Array.from(this.#startNanos),
      durationNanos: Float64Array.from(this.#durationNanos),
      parent: Int32Array.from(this.#parent),
      call: Uint32Array.from(this.#call),
      name: Uint32Array.from(this.#name),
      detail: Uint32Array.from(this.#detail),
      stage: Uint8Array.from(this.#stage),
      kind: Uint8Array.from(this.#kind),
    };
  }
}

/** Columns for that many rows. */
export const emptyColumns = (length: number): SpanColumns => ({
  length,
  startNanos: new Float64Array(length),
  durationNanos: new Float64Array(length),
  parent: new Int32Array(length),
  call: new Uint32Array(length),
  name: new Uint32Array(length),
  detail: new Uint32Array(length),
  stage: new Uint8Array(length),
  kind: new Uint8Array(length),
});

/** One row of {@link SpanColumns}. */
export type SpanRow = { readonly [Column in Exclude<keyof SpanColumns, 'length'>]: number };

export const rowAt = (spans: SpanColumns, row: number): SpanRow => ({
  startNanos: spans.startNanos[row] ?? 0,
  durationNanos: spans.durationNanos[row] ?? 0,
  parent: spans.parent[row] ?? -1,
  call: spans.call[row] ?? 0,
  name: spans.name[row] ?? 0,
  detail: spans.detail[row] ?? 0,
  stage: spans.stage[row] ?? 0,
  kind: spans.kind[row] ?? 0,
});
