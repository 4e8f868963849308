/** What every reader of foreign files checks at the door: nothing behind it meets a number that is none. */
import { EXIT, UserError } from '../model/errors.js';

/** A sentence for a file that is not what it should be. */
export const damaged = (file: string, what: string): UserError =>
  new UserError(`${file}: ${what}; write it again with its tool (docs/formats.md says what is read).`, EXIT.badInput);

/** Narrowing of parsed JSON: an object, or nothing. */
export const asRecord = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined;

export const asList = (value: unknown): readonly unknown[] | undefined =>
  Array.isArray(value) ? (value as readonly unknown[]) : undefined;

export const asNumber = (value: unknown): number | undefined => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);

export const asText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** An id that tools write as text or as a number; empty for what is neither. */
export const idText = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');

/** 31 years in nanoseconds. What is longer is no duration but a moment, or nonsense; sums of many still are finite numbers. */
export const MAX_NANOS = 1e18;

/** True for what one frame can have taken, or counted. */
export const isAmount = (value: number): boolean => value >= 0 && value <= MAX_NANOS;

/** Moments since 1970 in nanoseconds are beyond a duration's bound; later than the year 2286 none is. */
const MAX_MOMENT = 1e19;

/** A moment or a duration that a tool may have written as text. */
export function asTime(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' && value.length < 40 ? Number(value) : asNumber(value);
  return number !== undefined && Math.abs(number) <= MAX_MOMENT ? number : undefined;
}

/** A whole number from 0, as an index or an id of a node is. */
export const asWhole = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

/** `3 events`, `1 event`. */
export const counted = (count: number, one: string, many: string = `${one}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;

/** Notes as the reason behind an error: ` (Left out: 1 instant event)`, nothing where there is none. */
export const inBrackets = (notes: readonly string[]): string =>
  notes.length === 0 ? '' : ` (${notes.map((note) => note.replace(/\.$/, '')).join('; ')})`;
