import { addToGroup } from '../model/add-to-group.js';
import { median } from '../model/median.js';
import type { CallRecord, Recording } from '../model/recording.js';
import type { CallCounts, SignatureRow } from '../model/signatures.js';
import { controlOf, isCreation, isCreationCall, variantKey } from '../model/variant.js';

/** The shape ledger of the recordings of a run, in the order of variants and first use. Failed calls and controls do not count. */
export function signatureRows(recordings: readonly Recording[]): SignatureRow[] {
  const rows = recordings.flatMap(rowsOf);
  const slowest = new Map<string, number>();
  for (const { signature, warmNanos } of rows) slowest.set(signature, Math.max(slowest.get(signature) ?? 0, warmNanos ?? 0));
  return rows.map((row) => ({ ...row, payBackCalls: payBack(row, slowest.get(row.signature) ?? 0) }));
}

export function callCounts(recordings: readonly Recording[]): CallCounts {
  const calls = recordings.flatMap((recording) => recording.calls);
  return {
    all: calls.length,
    failed: calls.filter(({ error }) => error !== undefined).length,
    creations: recordings.flatMap(({ meta, calls }) => calls.filter((call) => isCreationCall(meta.variants, call))).length,
  };
}

function rowsOf({ meta, calls }: Recording): SignatureRow[] {
  const groups = new Map<string, CallRecord[]>();
  for (const call of calls) {
    const of = meta.variants[call.variant];
    if (call.error !== undefined || (of !== undefined && (controlOf(of) !== null || isCreation(of)))) continue;
    addToGroup(groups, `${call.variant} ${call.signature}`, call);
  }
  return [...groups.values()]
    .sort((a, b) => (a[0]?.variant ?? 0) - (b[0]?.variant ?? 0))
    .map((group): SignatureRow => {
      const variant = meta.variants[group[0]?.variant ?? 0];
      const cold = group.filter(({ temperature }) => temperature !== 'warm').map(({ latencyNanos }) => latencyNanos);
      const warm = group
        .filter(({ temperature, traced }) => temperature === 'warm' && traced !== true)
        .map(({ latencyNanos }) => latencyNanos);
      return {
        variant: variant === undefined ? '' : variantKey(variant),
        signature: group[0]?.signature ?? '',
        hits: group.length - cold.length,
        misses: cold.length,
        firstCallNanos: cold.length === 0 ? null : cold.reduce((sum, value) => sum + value, 0) / cold.length,
        warmNanos: median(warm),
        payBackCalls: null,
      };
    });
}

/** Calls after which the first call of `row` has paid for itself against the slowest variant of the same signature. */
function payBack(row: SignatureRow, slowest: number): number | null {
  if (row.firstCallNanos === null || row.warmNanos === null || slowest <= row.warmNanos) return null;
  return Math.ceil((row.firstCallNanos - row.warmNanos) / (slowest - row.warmNanos));
}
