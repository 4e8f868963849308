import type { ReportExtras } from '../input.js';
import { packSpans, type PackedSpans } from './page-spans.js';
import { pickCalls } from './pick-calls.js';
import type { StringTable } from './strings.js';
import type { VariantTree } from './variant-tree.js';

/** Calls that the page names, as columns; some of them shown in full. */
export interface PackedCalls {
  readonly variant: readonly number[];
  /** Counted from 1 in the order the variant's calls ran. */
  readonly number: readonly number[];
  readonly latency: readonly number[];
  /** Indices into `strings`: why the call stands out, none for one that is only referred to. */
  readonly reasons: readonly (readonly number[])[];
  readonly trace: readonly (string | null)[];
  /** Number of the part `call-…` with its spans, -1 when they are not in the page. */
  readonly spans: readonly number[];
}

/** Spans of single calls that a page holds at most, and of one call: what is over that is thinned or left to the recording. */
const MAX_SPANS = 40_000;

/** Collects the calls a page names, giving each a number. */
export class CallList {
  readonly #places = new Map<string, number>();
  readonly #rows: { variant: number; place: number; reasons: readonly number[]; spans: number }[] = [];

  constructor(
    private readonly variants: readonly VariantTree[],
    private readonly extras: ReportExtras,
  ) {}

  /** The call's number in the page, -1 when there is no such call. */
  refer(variant: number, place: number): number {
    if (this.variants[variant]?.timeline?.[place] === undefined) return -1;
    const key = `${variant}/${place}`;
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    this.#places.set(key, this.#rows.length);
    return this.#rows.push({ variant, place, reasons: [], spans: -1 }) - 1;
  }

  /** The spans of the calls that say most, while there is room in the page. */
  packSpans(strings: StringTable): readonly PackedSpans[] {
    const packed: PackedSpans[] = [];
    const recordings = this.extras.recordings ?? [];
    let room = MAX_SPANS;
    for (const { variant, place, point, reasons } of pickCalls(this.variants)) {
      const recording = point.source === undefined ? undefined : recordings[point.source.recording];
      if (recording === undefined || point.source === undefined || room <= 0) continue;
      const spans = packSpans(recording, point.source.call, room, strings);
      const row = this.#rows[this.refer(variant, place)];
      if (spans === null || row === undefined) continue;
      room -= spans.name.length;
      row.reasons = reasons.map((reason) => strings.number(reason));
      row.spans = packed.push(spans) - 1;
    }
    return packed;
  }

  pack(): PackedCalls {
    const rows = this.#rows.map((row) => ({ ...row, point: this.variants[row.variant]?.timeline?.[row.place] }));
    return {
      variant: rows.map(({ variant }) => variant),
      number: rows.map(({ place }) => place + 1),
      latency: rows.map(({ point }) => point?.latencyNanos ?? 0),
      reasons: rows.map(({ reasons }) => reasons),
      trace: rows.map(({ point }) =>
        point?.source === undefined ? null : (this.extras.traceId?.(point.source.recording, point.source.call) ?? null),
      ),
      spans: rows.map(({ spans }) => spans),
    };
  }
}
