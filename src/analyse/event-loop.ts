import type { EventLoopFigure } from '../model/analysis.js';
import type { CallRecord, Recording } from '../model/recording.js';
import { spanKindCode } from '../model/span.js';
import { stageCode } from '../model/stage.js';
import { latencyOf, rootRow, type CallRows } from './call-rows.js';

/** How long a call keeps the JavaScript thread to itself, nanoseconds: in all, and its longest stretch. */
export interface Held {
  readonly totalNanos: number;
  readonly longestNanos: number;
}

const STAGE = spanKindCode('stage');
/** Meanwhile the thread can do other things. */
const WAITING: ReadonlySet<number> = new Set([stageCode('queue'), stageCode('unexplained')]);
/** Spans that follow on one another are not an instant apart, but for rounding. */
const ROUNDING_NANOS = 2000;

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
  return stretches(momentsOf(recording, rows, number, root));
}

/** Begins and ends of what runs in a call and of what waits, in order of time; ends before begins of the same moment. */
function momentsOf({ spans }: Recording, rows: CallRows, number: number, root: number): readonly Moment[] {
  const moments: Moment[] = [];
  const last = rows.offset[number + 1] ?? 0;
  for (let place = rows.offset[number] ?? 0; place < last; place += 1) {
    const row = rows.order[place] ?? 0;
    if (row === root || (spans.parent[row] !== root && spans.kind[row] !== STAGE)) continue;
    const start = spans.startNanos[row] ?? 0;
    const waits = WAITING.has(spans.stage[row] ?? 0);
    moments.push({ at: start, step: 1, waits }, { at: start + (spans.durationNanos[row] ?? 0), step: -1, waits });
  }
  return moments.sort((a, b) => a.at - b.at || a.step - b.step);
}

interface Moment {
  readonly at: number;
  readonly step: 1 | -1;
  readonly waits: boolean;
}

function stretches(moments: readonly Moment[]): Held {
  let [running, waiting, from, totalNanos, longestNanos] = [0, 0, NaN, 0, 0];
  let [stretchFrom, stretchTo] = [NaN, NaN];
  for (const { at, step, waits } of moments) {
    const held = running > 0 && waiting === 0;
    if (waits) waiting += step;
    else running += step;
    const holds = running > 0 && waiting === 0;
    if (!held && holds) from = at;
    if (held && !holds) {
      totalNanos += at - from;
      if (!(from - stretchTo <= ROUNDING_NANOS)) stretchFrom = from;
      stretchTo = at;
      longestNanos = Math.max(longestNanos, stretchTo - stretchFrom);
    }
  }
  return { totalNanos, longestNanos };
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
