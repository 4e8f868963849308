import type { Recording } from '../model/recording.js';

/**
 * The same recording without variants that no call belongs to; those without a warm call come last, so that what was called once is not
 * told first. A program's table of variants is
 * written before its first call and names methods that it never calls; a run that was asked for its variants keeps them all.
 */
export function withUsedVariants(recording: Recording): Recording {
  if (recording.run !== undefined) return recording;
  const warm = new Set(recording.calls.flatMap(({ variant, temperature }) => (temperature === 'warm' ? [variant] : [])));
  const used = [...new Set(recording.calls.map(({ variant }) => variant))].sort(
    (a, b) => Number(warm.has(b)) - Number(warm.has(a)) || a - b,
  );
  return {
    ...recording,
    meta: { ...recording.meta, variants: used.flatMap((number) => recording.meta.variants[number] ?? []) },
    calls: recording.calls.map((call) => ({ ...call, variant: used.indexOf(call.variant) })),
  };
}
