import type { EventLoopFigure } from '../model/analysis.js';
import { heldInCall, type Held } from '../model/held.js';
import type { CallRecord, Recording } from '../model/recording.js';
import { latencyOf, rootRow, type CallRows } from './call-rows.js';

/**
 * Whether a recording was made by the JavaScript thread whose calls it holds: Python has no such loop, and traces of a service are
 * of many.
 */
const hasEventLoop = ({ meta }: Recording): boolean => meta.pid !== undefined && meta.model.runtime !== 'keras';

/** A synchronous call holds the thread from begin to end; an asynchronous one while its stages run, and not while it waits. */
function heldBy(recording: Recording, rows: CallRows, number: number, call: CallRecord): Held {
  const root = rootRow(recording, number);
  if (call.async !== true || root < 0) {
    const nanos = latencyOf(recording, number);
    return { totalNanos: nanos, longestNanos: nanos };
  }
  return heldInCall(recording.spans, rows.order.subarray(rows.offset[number], rows.offset[number + 1]), root);
}

/** What each call of a recording holds; null where there is no event loop to hold. */
export const heldByCalls = (recording: Recording, rows: CallRows): readonly Held[] | null =>
  hasEventLoop(recording) ? recording.calls.map((call, number) => heldBy(recording, rows, number, call)) : null;

/** Of fewer calls the time between the first and the last is mostly theirs. */
const MIN_CALLS = 10;

/**
 * Of the thread of a program: what share of the time between its first and its last call inference held its event loop. Null
 * where calls were made to be measured, and where there are too few to tell.
 */
export function busyLoop(recording: Recording, held: readonly Held[]): BusyLoop | null {
  const { calls } = recording;
  if (held.length === 0 || calls.length < MIN_CALLS || calls.some(({ round }) => round >= 0)) return null;
  let [from, to] = [Infinity, -Infinity];
  calls.forEach(({ startNanos }, number) => {
    from = Math.min(from, startNanos);
    to = Math.max(to, startNanos + latencyOf(recording, number));
  });
  const nanos = held.reduce((sum, { totalNanos }) => sum + totalNanos, 0);
  return to > from ? { heldShare: Math.min(1, nanos / (to - from)), seconds: (to - from) / 1e9 } : null;
}

export type BusyLoop = Omit<EventLoopFigure, 'threads'>;

/** The thread that was held most; null without any. */
export function busiestLoop(loops: readonly BusyLoop[]): EventLoopFigure | null {
  const [most] = [...loops].sort((a, b) => b.heldShare - a.heldShare);
  return most === undefined ? null : { ...most, threads: loops.length };
}
