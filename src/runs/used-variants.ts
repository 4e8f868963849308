import type { Recording } from '../model/recording.js';

/**
 * The same recording without variants that no call belongs to; the order of the others stays. A program's table of variants is
 * written before its first call and names methods that it never calls; a run that was asked for its variants keeps them all.
 */
export function withUsedVariants(recording: Recording): Recording {
  if (recording.run !== undefined) return recording;
  const used = [...new Set(recording.calls.map(({ variant }) => variant))].sort((a, b) => a - b);
  return {
    ...recording,
    meta: { ...recording.meta, variants: used.flatMap((number) => recording.meta.variants[number] ?? []) },
    calls: recording.calls.map((call) => ({ ...call, variant: used.indexOf(call.variant) })),
  };
}
