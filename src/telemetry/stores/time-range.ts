import { EXIT, UserError } from '../../model/errors.js';
import type { TimeWindow } from './store.js';

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/**
 * A moment as people give it: `90s`, `30m`, `2h`, `7d`, `1w` before `now`, or a date such as `2026-11-25T04:00:00Z`.
 * Epoch nanoseconds. @throws UserError for anything else.
 */
export function momentFrom(text: string, nowMillis: number): bigint {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([smhdw])$/.exec(text.trim()) ?? [];
  const seconds = UNIT_SECONDS[unit ?? ''];
  const millis = seconds === undefined ? Date.parse(text) : nowMillis - Number(amount) * seconds * 1000;
  if (Number.isFinite(millis)) return BigInt(Math.round(millis)) * 1_000_000n;
  throw new UserError(`"${text}" is no time: give one such as 30m, 2h, 7d or 2026-11-25T04:00:00Z.`, EXIT.usage);
}

/** Two moments as `2d..1d`, the earlier one first. @throws UserError for anything else. */
export function rangeFrom(text: string, nowMillis: number): TimeWindow {
  const [from, to, ...more] = text.split('..');
  if (from !== undefined && to !== undefined && more.length === 0) {
    const range = { from: momentFrom(from, nowMillis), to: momentFrom(to, nowMillis) };
    if (range.from < range.to) return range;
  }
  throw new UserError(`"${text}" is no range: give one such as 2d..1d, the earlier moment first.`, EXIT.usage);
}
