import { variantKey, type Variant } from '../../model/variant.js';
import type { VariantFact } from './facts.js';
import type { AgentCall } from './protocol.js';
import { median } from '../../model/median.js';
import { roundRatios } from './statistics.js';

/** Everything the agent sent about one variant, as it came. */
export interface VariantNotes {
  readonly variant: Variant;
  readonly calls: AgentCall[];
  readonly memory: { readonly bytes: number; readonly calls: number }[];
  difference: number | null;
}

/** Overhead, leak and agreement of a variant. Only error-free calls of the interleaved rounds count. */
export function variantFact({ variant, calls, memory, difference }: VariantNotes): VariantFact {
  const measured = calls.filter((call) => call.round >= 0 && call.error === undefined);
  const bare = measured.filter((call) => call.spans === undefined);
  const recorded = measured.filter((call) => call.spans !== undefined);
  const bareByRound = mediansByRound(bare);
  return {
    key: variantKey(variant),
    bareNanos: median(bare.map((call) => call.latencyNanos)),
    recordedNanos: median(recorded.map((call) => call.latencyNanos)),
    overhead: median(roundRatios(mediansByRound(recorded), bareByRound)),
    bareByRound,
    leakBytes: median(memory.map(({ bytes, calls: count }) => bytes / count)),
    largestRelativeDifference: difference,
  };
}

function mediansByRound(calls: readonly AgentCall[]): number[] {
  const rounds = new Map<number, number[]>();
  for (const { round, latencyNanos } of calls) {
    const list = rounds.get(round) ?? [];
    list.push(latencyNanos);
    rounds.set(round, list);
  }
  return [...rounds].sort(([a], [b]) => a - b).map(([, latencies]) => median(latencies) ?? 0);
}
