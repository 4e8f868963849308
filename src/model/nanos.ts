/**
 * Time, branded so that a unit cannot be mixed up silently.
 *
 * Every time inside Inferscope is a whole number of nanoseconds. Numbers stay below 2^53 because times are
 * relative to a recording's own origin; absolute epoch times are BigInt.
 */
export type Nanos = number & { readonly __unit: 'nanoseconds' };

/** Brands a number of nanoseconds, rounded to a whole one. */
export const nanos = (value: number): Nanos => Math.round(value) as Nanos;

/** Milliseconds, as `performance.now()` gives them, to whole nanoseconds. */
export const nanosFromMillis = (millis: number): Nanos => Math.round(millis * 1e6) as Nanos;

/** A duration in the unit that reads best: `412 ns`, `3.21 µs`, `14.0 ms`, `2.10 s`. */
export function formatNanos(value: number): string {
  const size = Math.abs(value);
  // What rounds to 1000 of a unit is 1.00 of the next.
  if (size < 999.5) return `${value.toFixed(0)} ns`;
  if (size < 999.5e3) return `${(value / 1e3).toPrecision(3)} µs`;
  if (size < 999.5e6) return `${(value / 1e6).toPrecision(3)} ms`;
  return `${size < 999.5e9 ? (value / 1e9).toPrecision(3) : (value / 1e9).toFixed(0)} s`;
}
