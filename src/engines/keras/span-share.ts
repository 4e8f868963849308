import type { Recording } from '../../model/recording.js';
import { variantKey } from '../../model/variant.js';

/**
 * Share of each warm call's latency spent inside spans of the given names, children included, one value a call.
 * A span inside another of these names is not counted twice.
 */
export function inclusiveShare(recording: Recording, key: string, names: readonly string[]): number[] {
  const { spans, strings, calls, meta } = recording;
  const variant = meta.variants.findIndex((candidate) => variantKey(candidate) === key);
  const wanted = new Set(strings.flatMap((text, id) => (names.includes(text) ? [id] : [])));
  const inside = new Uint8Array(spans.length);
  const sums = new Float64Array(calls.length);
  for (let row = 0; row < spans.length; row++) {
    const parent = spans.parent[row] as number;
    const nested = parent >= 0 && inside[parent] === 1;
    const counted = wanted.has(spans.name[row] as number);
    inside[row] = nested || counted ? 1 : 0;
    const call = spans.call[row] as number;
    if (counted && !nested) sums[call] = (sums[call] as number) + (spans.durationNanos[row] as number);
  }
  return calls.flatMap((call, index) =>
    call.variant === variant && call.round >= 0 && call.error === undefined ? [(sums[index] as number) / call.latencyNanos] : [],
  );
}
