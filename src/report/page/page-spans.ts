import type { DrawnRecording, SpanTraces } from '../../model/span-traces.js';
import { gathered, pieceWith } from '../../model/pieces.js';
import type { StringTable } from './strings.js';

/**
 * The spans of one call, and of the calls that ran beside it, as columns in the order recorded; times are nanoseconds from the
 * call's start.
 */
export interface PackedSpans {
  readonly name: readonly number[];
  readonly start: readonly number[];
  readonly duration: readonly number[];
  /** Row in these columns, -1 for a call. */
  readonly parent: readonly number[];
  readonly stage: readonly number[];
  readonly kind: readonly number[];
  /** Index into `strings`, -1 for none. */
  readonly shapes: readonly number[];
  readonly node: readonly number[];
  /** Bytes allocated, or of the outputs; 0 when not known. */
  readonly bytes: readonly number[];
  /** Row of the call that is shown; other calls are those that ran beside it. */
  readonly root: number;
  readonly gcStart: readonly number[];
  readonly gcDuration: readonly number[];
  readonly gcType: readonly number[];
  /** Short spans that were left out. */
  readonly leftOut: number;
  /** Calls that ran beside the one that is shown and were left out. */
  readonly callsLeftOut: number;
  /** Rows that their parent did not wait for. */
  readonly apart: readonly number[];
}

const MAX_OF_ONE_CALL = 12_000;
/** Calls that are drawn below the one that is shown, at most: each takes a lane or more. */
const MAX_BESIDE = 7;

/** Packs a call and what ran at the same time. @returns null for a call without spans. */
export function packSpans(
  whole: DrawnRecording & Partial<SpanTraces>,
  call: number,
  room: number,
  strings: StringTable,
): PackedSpans | null {
  const time = timeOf(whole, call);
  if (time === null) return null;
  const { from, to } = time;
  const overlapping = callsBeside(whole.calls, call, time);
  const { recording, places } = gathered(whole, [call, ...overlapping.slice(0, MAX_BESIDE)]);
  const { calls, spans, gc } = recording;
  const [shown = 0, ...beside] = places;
  const all = rowsOf(recording, shown, new Set(beside));
  const rows = longest(recording, all, Math.min(room, MAX_OF_ONE_CALL));
  const place = new Map(rows.map((row, index) => [row, index]));
  const detail = (row: number) => recording.details[spans.detail[row] ?? 0] ?? {};
  const pauses = gc.filter((pause) => pause.startNanos < to && pause.startNanos + pause.durationNanos > from);
  return {
    name: rows.map((row) => strings.number(recording.strings[spans.name[row] ?? 0] ?? '')),
    start: rows.map((row) => Math.round((spans.startNanos[row] ?? 0) - from)),
    duration: rows.map((row) => Math.round(spans.durationNanos[row] ?? 0)),
    parent: rows.map((row) => place.get(spans.parent[row] ?? -1) ?? -1),
    stage: rows.map((row) => spans.stage[row] ?? 0),
    kind: rows.map((row) => spans.kind[row] ?? 0),
    shapes: rows.map((row) => strings.optional(detail(row).outputShapes?.join(' '))),
    node: rows.map((row) => strings.optional(detail(row).node ?? detail(row).layer)),
    bytes: rows.map((row) => detail(row).allocatedBytes ?? detail(row).outputBytes ?? 0),
    root: place.get(calls[shown]?.rootSpan ?? 0) ?? 0,
    gcStart: pauses.map(({ startNanos }) => Math.round(startNanos - from)),
    gcDuration: pauses.map(({ durationNanos }) => Math.round(durationNanos)),
    gcType: pauses.map(({ type }) => strings.number(type)),
    leftOut: all.length - rows.length,
    callsLeftOut: Math.max(0, overlapping.length - MAX_BESIDE),
    apart: recording.apart === undefined ? [] : rows.flatMap((row, index) => (recording.apart?.has(row) === true ? [index] : [])),
  };
}

interface Interval {
  readonly from: number;
  readonly to: number;
}

/** When a call's root span ran; null for a call without spans. */
function timeOf(whole: DrawnRecording, call: number): Interval | null {
  const { recording, firstCall } = pieceWith(whole, call);
  const root = recording.calls[call - firstCall]?.rootSpan ?? -1;
  if (root < 0) return null;
  const from = recording.spans.startNanos[root] ?? 0;
  return { from, to: from + (recording.spans.durationNanos[root] ?? 0) };
}

/** The calls that overlap a call. */
function callsBeside(calls: DrawnRecording['calls'], call: number, { from, to }: Interval): readonly number[] {
  const beside: number[] = [];
  for (const [index, { rootSpan, startNanos, latencyNanos }] of calls.entries())
    if (index !== call && rootSpan >= 0 && startNanos < to && startNanos + latencyNanos > from) beside.push(index);
  return beside;
}

/** Rows of the call and of those beside it, in recording order. */
function rowsOf({ calls, spans }: DrawnRecording, call: number, beside: ReadonlySet<number>): number[] {
  const rows: number[] = [];
  // The rows of one call stand together unless calls overlap: look around the root before looking everywhere.
  const first = beside.size === 0 ? Math.max(0, calls[call]?.rootSpan ?? 0) : 0;
  for (let row = first; row < spans.length; row++) {
    const owner = spans.call[row] ?? -1;
    if (owner === call || beside.has(owner)) rows.push(row);
    else if (beside.size === 0) break;
  }
  return rows;
}

/** At most `most` of the rows: the longest, and everything above them. */
function longest({ spans }: DrawnRecording, rows: readonly number[], most: number): readonly number[] {
  if (rows.length <= most) return rows;
  const byLength = [...rows].sort((a, b) => (spans.durationNanos[b] ?? 0) - (spans.durationNanos[a] ?? 0));
  const kept = new Set<number>();
  for (const row of byLength) {
    if (kept.size >= most) break;
    for (let up = row; up >= 0 && !kept.has(up); up = spans.parent[up] ?? -1) kept.add(up);
  }
  return rows.filter((row) => kept.has(row));
}
