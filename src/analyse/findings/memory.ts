import type { CallPoint, VariantAnalysis } from '../../model/analysis.js';
import { addToGroup } from '../../model/add-to-group.js';
import type { ProcessMemory } from '../../model/recording.js';

/** Tensors that calls left behind. */
export type TensorsLeft =
  | { readonly kind: 'not-counted' }
  | { readonly kind: 'none'; readonly calls: number }
  | { readonly kind: 'some'; readonly variants: readonly VariantTensors[] };

/** Added up in the order the calls ran: flat is well, a slope is a leak. */
export interface VariantTensors {
  readonly key: string;
  readonly calls: number;
  readonly tensors: number;
  /** After each call. */
  readonly heldBytes: readonly number[];
  readonly leastBytes: number;
  readonly mostBytes: number;
}

export function tensorsLeft(variants: readonly VariantAnalysis[]): TensorsLeft {
  const counted = variants
    .map(({ key, timeline }) => ({ key, points: timeline.filter(({ tensors }) => tensors !== undefined) }))
    .filter(({ points }) => points.length > 0);
  const leaving = counted.filter(({ points }) => points.some(({ tensors, tensorBytes }) => tensors !== 0 || tensorBytes !== 0));
  if (leaving.length > 0) return { kind: 'some', variants: leaving.map(({ key, points }) => variantTensors(key, points)) };
  return counted.length === 0
    ? { kind: 'not-counted' }
    : { kind: 'none', calls: counted.reduce((sum, { points }) => sum + points.length, 0) };
}

function variantTensors(key: string, points: readonly CallPoint[]): VariantTensors {
  let bytes = 0;
  const heldBytes = points.map(({ tensorBytes = 0 }) => (bytes += tensorBytes));
  return {
    key,
    calls: points.length,
    tensors: points.reduce((sum, { tensors = 0 }) => sum + tensors, 0),
    heldBytes,
    leastBytes: heldBytes.reduce((least, held) => Math.min(least, held), 0),
    mostBytes: heldBytes.reduce((most, held) => Math.max(most, held), 0),
  };
}

/** Memory of a process over time. */
export interface ProcessTrack {
  readonly spanNanos: number;
  readonly highestBytes: number;
  readonly first: ProcessMemory;
  readonly last: ProcessMemory;
  /** `at`: 0..1 of the span. */
  readonly looks: readonly { readonly at: number; readonly memory: ProcessMemory }[];
}

/**
 * One process runs all variants, so there is one track: of several processes that of the one that was looked at most. Null where
 * none was looked at twice.
 */
export function processTrack(variants: readonly VariantAnalysis[]): ProcessTrack | null {
  const byProcess = new Map<number, { readonly startNanos: number; readonly memory: ProcessMemory }[]>();
  for (const { timeline } of variants)
    for (const { startNanos, memory, source } of timeline)
      if (memory !== undefined) addToGroup(byProcess, source?.recording ?? 0, { startNanos, memory });
  const [most = []] = [...byProcess.values()].sort((a, b) => b.length - a.length);
  const looks = most.sort((a, b) => a.startNanos - b.startNanos);
  const [first] = looks;
  const last = looks.at(-1);
  if (first === undefined || last === undefined || looks.length < 2) return null;
  const spanNanos = last.startNanos - first.startNanos;
  return {
    spanNanos,
    highestBytes: looks.reduce(
      (highest, { memory: { rssBytes, heapUsedBytes, externalBytes } }) => Math.max(highest, rssBytes, heapUsedBytes, externalBytes),
      1,
    ),
    first: first.memory,
    last: last.memory,
    looks: looks.map(({ startNanos, memory }) => ({ at: (startNanos - first.startNanos) / Math.max(1, spanNanos), memory })),
  };
}
