import type { TimeWindow } from '../stores/store.js';
import { attributeOf, beginsIn, isCall, literal, type Layout } from './layout.js';
import type { Select } from './ask.js';
import { ATTRIBUTE } from '../../model/attributes.js';

/** Spans of calls that are read at a time. */
export const WINDOW_SPANS = 20_000;
/** Slots of time that are counted at a time. */
const SLOTS = 2000n;
const LEAST_NANOS = 1000n;

/** A stretch of time with calls in it. */
export interface BusyWindow extends TimeWindow {
  /** The longest call that begins in it. */
  readonly longestNanos: bigint;
}

/**
 * Stretches of time, newest first, each with as many spans as are read at once: the store counts by slots of time, and a slot that
 * holds too many is counted again in finer ones.
 */
export async function* busyWindows(
  select: Select,
  layout: Layout,
  service: string,
  range: TimeWindow,
  most: number,
): AsyncIterable<BusyWindow> {
  const step = later(LEAST_NANOS, (range.to - range.from) / SLOTS + 1n);
  let open: (BusyWindow & { readonly spans: number }) | undefined;
  for (const slot of await countedSlots(select, layout, service, range, step)) {
    if (slot.spans > most && step > LEAST_NANOS) {
      if (open !== undefined) yield open;
      open = undefined;
      yield* busyWindows(select, layout, service, slot, most);
      continue;
    }
    if (open !== undefined && open.spans + slot.spans > most) {
      yield open;
      open = undefined;
    }
    open =
      open === undefined
        ? slot
        : { from: slot.from, to: open.to, spans: open.spans + slot.spans, longestNanos: later(open.longestNanos, slot.longestNanos) };
  }
  if (open !== undefined) yield open;
}

/** Those with spans of calls in them, the newest first. */
async function countedSlots(
  select: Select,
  layout: Layout,
  service: string,
  { from, to }: TimeWindow,
  step: bigint,
): Promise<readonly (BusyWindow & { readonly spans: number })[]> {
  const begin = 'toUnixTimestamp64Nano(Timestamp)';
  const rows = await select(
    `SELECT intDiv(${begin} - ${from}, ${step}) AS slot, countIf(${attributeOf(layout, 'SpanAttributes', ATTRIBUTE.spanKind)} != '') AS spans, ` +
      `toString(maxIf(Duration, ${isCall(layout)})) AS longest FROM ${layout.table} ` +
      `WHERE ServiceName = ${literal(service)} AND ${beginsIn(from, to)} GROUP BY slot ORDER BY slot DESC`,
  );
  return rows
    .map(({ slot, spans, longest }) => {
      const begins = from + BigInt(Number(slot)) * step;
      return {
        from: begins,
        to: begins + step < to ? begins + step : to,
        spans: Number(spans),
        longestNanos: BigInt(String(longest)),
      };
    })
    .filter(({ spans }) => spans > 0);
}

const later = (a: bigint, b: bigint): bigint => (a > b ? a : b);
