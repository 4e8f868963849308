import { nanosFromMillis } from '../../../model/nanos.js';
import { type NativeAddon, SLOT } from './addon.js';
import type { EagerClock } from '../../../model/session.js';

/**
 * Nanoseconds to add to the add-on's clock to be on the one of `performance.now()`. Both count the same monotonic
 * clock, so the difference is constant; the closest of several readings gives it to well under a microsecond.
 */
export function clockOffsetNanos(addon: NativeAddon): number {
  let best = { width: Number.POSITIVE_INFINITY, offset: 0 };
  for (let attempt = 0; attempt < 20; attempt++) {
    const before = performance.now();
    const native = addon.now();
    const after = performance.now();
    if (after - before < best.width) best = { width: after - before, offset: nanosFromMillis((before + after) / 2) - native };
  }
  return best.offset;
}

/** Native time of eager operations. While disabled, an operation costs one test of a number more than without. */
export function createEagerClock(addon: NativeAddon): EagerClock {
  const { slots } = addon;
  const offset = clockOffsetNanos(addon);
  const read = (slot: number): number => slots[slot] ?? 0;
  return {
    enable() {
      slots[SLOT.eagerOn] = 1;
    },
    disable() {
      slots[SLOT.eagerOn] = 0;
    },
    get count() {
      return read(SLOT.eagerCount);
    },
    get lastStartNanos() {
      return read(SLOT.eagerStart) + offset;
    },
    get lastNanos() {
      return read(SLOT.eagerNanos);
    },
    get totalNanos() {
      return read(SLOT.eagerTotal);
    },
  };
}
