/** Latencies alone, without the spans of their calls: all that a ratio needs, in one pass over the calls. */
import type { CallRecord, Recording } from '../model/recording.js';
import { controlOf, variantKey } from '../model/variant.js';
import { type Blocks, processBlocks } from './blocks.js';
import { latencyOf } from './call-rows.js';
import type { ProcessSeries } from './process-ratio.js';

/** `stand-in`: a call of the warm-up that counts only when it was traced, because no measured call was. */
export type Use = 'measured' | 'stand-in' | 'none';

/** What the calls of a recording count for. */
export function useOfCalls(recording: Recording): (call: CallRecord) => Use {
  const rounds = new Set<number>();
  const tracedInRounds = new Set<number>();
  for (const { variant, round, traced } of recording.calls) {
    if (round < 0) continue;
    rounds.add(variant);
    if (traced === true) tracedInRounds.add(variant);
  }
  // Where there are rounds, calls of negative ones were warm-up.
  return ({ variant, round }) => (round >= 0 || !rounds.has(variant) ? 'measured' : tracedInRounds.has(variant) ? 'none' : 'stand-in');
}

interface Series extends ProcessSeries {
  readonly nanos: number[];
  readonly blocks: number[];
  readonly signatures: string[];
}

/** Warm, measured, untraced calls without an error, by variant in the order in which recordings name them; controls are left out. */
export function latencySeries(
  recordings: readonly Recording[],
  blocks: Blocks = processBlocks(recordings),
): ReadonlyMap<string, ProcessSeries> {
  const byKey = new Map<string, Series>();
  recordings.forEach((recording, index) => {
    const useOf = useOfCalls(recording);
    const own = recording.meta.variants.map((variant): Series | null => {
      if (controlOf(variant) !== null) return null;
      const key = variantKey(variant);
      const series = byKey.get(key) ?? { nanos: [], blocks: [], signatures: [], machine: null };
      byKey.set(key, series);
      return series;
    });
    recording.calls.forEach((call, number) => {
      const series = own[call.variant];
      if (!series || call.error !== undefined || call.temperature !== 'warm' || call.traced === true || useOf(call) !== 'measured') return;
      series.nanos.push(latencyOf(recording, number));
      series.blocks.push(blocks.blockOf(index, call));
      series.signatures.push(call.signature);
    });
  });
  return new Map([...byKey].filter(([, { nanos }]) => nanos.length > 0));
}
