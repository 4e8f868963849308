import type { EventLoopFigure } from '../model/analysis.js';
import { heldInCall, type Held } from '../model/held.js';
import type { CallRecord, Recording } from '../model/recording.js';
import { latencyOf, rootRow, type CallRows } from './call-rows.js';

/**
 * Whether a recording was made by the JavaScript thread whose calls it holds: Python has no such loop, and traces of a service are
 * of many.
 */
const hasEventLoop = ({ meta }: Recording): boolean => meta.pid !== undefined && meta.model.runtime !== 'keras';

/**
 * A synchronous call holds the thread from begin to end; an asynchronous one while its stages run, and not while it waits: null where
 * it has no spans that tell.
 */
function heldBy(recording: Recording, rows: CallRows, number: number, call: CallRecord): Held | null {
  const root = rootRow(recording, number);
  if (call.async !== true) {
    const nanos = latencyOf(recording, number);
    return { totalNanos: nanos, longestNanos: nanos };
  }
  if (root < 0) return null;
  return heldInCall(recording.spans, rows.order.subarray(rows.offset[number], rows.offset[number + 1]), root);
}

/** What each call of a recording holds; null where there is no event loop to hold. */
export const heldByCalls = (recording: Recording, rows: CallRows): readonly (Held | null)[] | null =>
  hasEventLoop(recording) ? recording.calls.map((call, number) => heldBy(recording, rows, number, call)) : null;

/** Of fewer calls the time between the first and the last is mostly theirs. */
const MIN_CALLS = 10;

/**
 * Of the thread of a program: what share of the time between its first and its last call inference held its event loop. Null
 * where calls were made to be measured, and where there are too few to tell.
 */
export function busyLoop(recording: Recording, held: readonly (Held | null)[]): BusyLoop | null {
  const { calls } = recording;
  if (held.length === 0 || calls.length < MIN_CALLS || calls.some(({ round }) => round >= 0)) return null;
  let [from, to] = [Infinity, -Infinity];
  calls.forEach(({ startNanos }, number) => {
    from = Math.min(from, startNanos);
    to = Math.max(to, startNanos + latencyOf(recording, number));
  });
  const nanos = heldNanos(calls, held);
  if (nanos === null) return null;
  return to > from ? { heldShare: Math.min(1, nanos / (to - from)), seconds: (to - from) / 1e9 } : null;
}

/** Asynchronous calls without spans hold it as long as the others do on average; null where there are no others. */
function heldNanos(calls: readonly CallRecord[], held: readonly (Held | null)[]): number | null {
  let [nanos, asyncNanos, known, unknown] = [0, 0, 0, 0];
  held.forEach((one, number) => {
    if (one === null) unknown += 1;
    nanos += one?.totalNanos ?? 0;
    if (one === null || calls[number]?.async !== true) return;
    asyncNanos += one.totalNanos;
    known += 1;
  });
  if (unknown === 0) return nanos;
  return known === 0 ? null : nanos + (asyncNanos / known) * unknown;
}

export type BusyLoop = Omit<EventLoopFigure, 'threads'>;

/** The thread that was held most; null without any. */
export function busiestLoop(loops: readonly BusyLoop[]): EventLoopFigure | null {
  const [most] = [...loops].sort((a, b) => b.heldShare - a.heldShare);
  return most === undefined ? null : { ...most, threads: loops.length };
}
