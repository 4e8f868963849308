import { nanosFromMillis } from '../../model/nanos.js';

/**
 * Nanoseconds to add to an add-on's clock to be on the one of `performance.now()`. Both count the same monotonic clock, so
 * the difference is constant; the closest of several readings gives it to well under a microsecond.
 */
export function clockOffsetNanos(addon: { now(): number }): number {
  let best = { width: Number.POSITIVE_INFINITY, offset: 0 };
  for (let attempt = 0; attempt < 20; attempt++) {
    const before = performance.now();
    const native = addon.now();
    const after = performance.now();
    if (after - before < best.width) best = { width: after - before, offset: nanosFromMillis((before + after) / 2) - native };
  }
  return best.offset;
}
