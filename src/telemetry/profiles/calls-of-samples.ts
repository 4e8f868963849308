import type { ActiveCall, ActiveSlice } from '../../record/call-activity.js';

/**
 * Whose call each sample was taken in: of the slices that hold its moment, the one that began last. Slices lie inside of one another
 * or apart, as what one thread runs does.
 *
 * @param atNanos when samples were taken, in order, nanoseconds of our clock
 */
export function callsOfSamples(atNanos: readonly number[], slices: readonly ActiveSlice[]): readonly (ActiveCall | undefined)[] {
  const byStart = [...slices].sort((a, b) => a.startMillis - b.startMillis || b.endMillis - a.endMillis);
  const open: ActiveSlice[] = [];
  let next = 0;
  return atNanos.map((nanos) => {
    const millis = nanos / 1e6;
    for (let slice = byStart[next]; slice !== undefined && slice.startMillis <= millis; slice = byStart[++next]) {
      closeBefore(open, slice.startMillis);
      open.push(slice);
    }
    closeBefore(open, millis);
    return open.at(-1)?.call;
  });
}

function closeBefore(open: ActiveSlice[], millis: number): void {
  for (let last = open.at(-1); last !== undefined && last.endMillis < millis; last = open.at(-1)) open.pop();
}
