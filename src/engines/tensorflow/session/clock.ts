import { clockOffsetNanos } from '../../session/clock-offset.js';
import { type NativeAddon, SLOT } from './addon.js';
import type { EagerClock } from '../../../model/session.js';

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
