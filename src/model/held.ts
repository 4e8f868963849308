import { spanKindCode, type SpanColumns } from './span.js';
import { stageCode } from './stage.js';

/** How long a call keeps the JavaScript thread to itself, nanoseconds: in all, and its longest stretch. */
export interface Held {
  readonly totalNanos: number;
  readonly longestNanos: number;
}

const STAGE = spanKindCode('stage');
/** Meanwhile the thread can do other things. */
const WAITING: ReadonlySet<number> = new Set([stageCode('queue'), stageCode('unexplained')]);
/**
 * A shorter wait ends no stretch: had there been a request to answer in it, it would have been longer. Timers and
 * `monitorEventLoopDelay` see such a stretch as one, too.
 */
const BREATH_NANOS = 100_000;

/**
 * What an asynchronous call holds: the time in which its stages run, not that in which it waits.
 *
 * @param rows of the call, in any order
 * @param root number of its root, as parents are numbered
 */
export function heldInCall(spans: SpanColumns, rows: Iterable<number>, root: number): Held {
  const moments: Moment[] = [];
  for (const row of rows) {
    const parent = spans.parent[row] ?? -1;
    if (parent < 0 || (parent !== root && spans.kind[row] !== STAGE)) continue;
    const start = spans.startNanos[row] ?? 0;
    const waits = WAITING.has(spans.stage[row] ?? 0);
    moments.push({ at: start, step: 1, waits }, { at: start + (spans.durationNanos[row] ?? 0), step: -1, waits });
  }
  return stretches(moments.sort((a, b) => a.at - b.at || a.step - b.step));
}

/** The begin or the end of what runs or waits; ends come before begins of the same moment. */
interface Moment {
  readonly at: number;
  readonly step: 1 | -1;
  readonly waits: boolean;
}

function stretches(moments: readonly Moment[]): Held {
  let [running, waiting, from, totalNanos, longestNanos] = [0, 0, NaN, 0, 0];
  let [stretchTo, stretchNanos] = [NaN, 0];
  for (const { at, step, waits } of moments) {
    const held = running > 0 && waiting === 0;
    if (waits) waiting += step;
    else running += step;
    const holds = running > 0 && waiting === 0;
    if (!held && holds) from = at;
    if (held && !holds) {
      totalNanos += at - from;
      stretchNanos = (from - stretchTo <= BREATH_NANOS ? stretchNanos : 0) + at - from;
      stretchTo = at;
      longestNanos = Math.max(longestNanos, stretchNanos);
    }
  }
  return { totalNanos, longestNanos };
}
