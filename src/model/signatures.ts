/** What one input signature of one variant has cost. Times are nanoseconds. */
export interface SignatureRow {
  readonly variant: string;
  readonly signature: string;
  /** Calls that found everything ready. */
  readonly hits: number;
  /** Calls that built something: a graph, an executor, code for the shape. */
  readonly misses: number;
  /** Mean latency of those, null without one. */
  readonly firstCallNanos: number | null;
  /** Median latency of the others, null without one. */
  readonly warmNanos: number | null;
  /** Calls until the first one is paid back against the slowest variant of the same signature; null when it never is. */
  readonly payBackCalls: number | null;
}

/** What the calls of recordings are that no row is of. */
export interface CallCounts {
  readonly all: number;
  readonly failed: number;
  readonly creations: number;
}

/** Signatures of one variant that differ in sizes alone. */
export interface SignatureGroup {
  readonly variant: string;
  /** Sizes that differ are open: `float32[1,?,?,3]`. */
  readonly pattern: string;
  /** How many signatures there were. */
  readonly signatures: number;
  readonly calls: number;
  /** Calls that built something, and how many signatures had such a call. */
  readonly built: number;
  readonly signaturesBuilt: number;
  /** Median of all the others, null without one. */
  readonly warmNanos: number | null;
}

/** Elements of all inputs together: what rows of one group are sorted by. */
export const elementsOf = (signature: string): number =>
  [...signature.matchAll(/\[([^\]]*)\]/g)].reduce(
    (sum, [, sizes = '']) => sum + sizes.split(',').reduce((product, size) => product * Number(size || 1), 1),
    0,
  );

/** What {@link paddingPlans} needs of a signature. */
export type SizedSignature = Pick<SignatureRow, 'variant' | 'signature' | 'hits' | 'misses' | 'firstCallNanos' | 'warmNanos'>;

/** A batch size, and how many calls had it. */
export interface BatchCalls {
  readonly batch: number;
  readonly calls: number;
}

/** Batch sizes that would have cost less, padded up to a few sizes, than each with a graph of its own. */
export interface PaddingPlan {
  readonly variant: string;
  /** The signature with its batch left open: `float32[?,4]`. */
  readonly pattern: string;
  /** Sizes that occurred, with their calls. */
  readonly sizes: readonly BatchCalls[];
  /** Sizes to pad to, ascending. */
  readonly buckets: readonly number[];
  /** Time of all the calls as they were, and as they would have been: first calls plus warm ones, as measured. */
  readonly nowNanos: number;
  readonly paddedNanos: number;
}

/** A saving below this share is not worth a change. */
const WORTHWHILE = 0.05;

interface Size {
  readonly batch: number;
  readonly calls: number;
  /** What the first call cost beyond a warm one, for each time it happened, and once. */
  readonly buildNanos: number;
  readonly buildOnceNanos: number;
  readonly warmNanos: number;
}

/**
 * Padding buckets worth using: for signatures that differ in the batch alone, the sizes to pad to at which the measured
 * calls would have taken the least time. It holds where rows do not depend on each other (the padding is cut off again)
 * and where later traffic is like the measured one. Sizes without a warm call are left out: what they cost is not known.
 */
export function paddingPlans(rows: readonly SizedSignature[]): PaddingPlan[] {
  const groups = new Map<string, { variant: string; pattern: string; sizes: Size[] }>();
  for (const row of rows) {
    const open = openBatchOf(row.signature);
    if (open === null || row.warmNanos === null || row.firstCallNanos === null) continue;
    const key = `${row.variant} ${open.pattern}`;
    const group = groups.get(key) ?? { variant: row.variant, pattern: open.pattern, sizes: [] };
    const buildOnceNanos = Math.max(0, row.firstCallNanos - row.warmNanos);
    group.sizes.push({
      batch: open.batch,
      calls: row.hits + row.misses,
      buildNanos: buildOnceNanos * row.misses,
      buildOnceNanos,
      warmNanos: row.warmNanos,
    });
    groups.set(key, group);
  }
  return [...groups.values()].flatMap(({ variant, pattern, sizes }) => {
    const sorted = [...sizes].sort((a, b) => a.batch - b.batch);
    const nowNanos = sorted.reduce((sum, { calls, buildNanos, warmNanos }) => sum + buildNanos + calls * warmNanos, 0);
    const { buckets, nanos } = cheapest(sorted);
    if (sorted.length < 2 || nanos > nowNanos * (1 - WORTHWHILE)) return [];
    return [{ variant, pattern, sizes: sorted.map(({ batch, calls }) => ({ batch, calls })), buckets, nowNanos, paddedNanos: nanos }];
  });
}

/** The common first dimension of all inputs, and the signature without it; null when they have none. */
export function openBatchOf(signature: string): { batch: number; pattern: string } | null {
  const batches = new Set([...signature.matchAll(/\[(\d+)/g)].map((match) => Number(match[1])));
  const [batch] = batches;
  return batch === undefined || batches.size > 1 ? null : { batch, pattern: signature.replaceAll(/\[\d+/g, '[?') };
}

/** The cheapest way to cut ascending sizes into runs, each padded to its largest. */
function cheapest(sizes: readonly Size[]): { buckets: readonly number[]; nanos: number } {
  const best: { buckets: readonly number[]; nanos: number }[] = [{ buckets: [], nanos: 0 }];
  sizes.forEach((top, end) => {
    let calls = 0;
    let found = { buckets: [] as readonly number[], nanos: Infinity };
    for (let start = end; start >= 0; start -= 1) {
      calls += sizes[start]?.calls ?? 0;
      const before = best[start] ?? found;
      const nanos = before.nanos + top.buildOnceNanos + calls * top.warmNanos;
      if (nanos < found.nanos) found = { buckets: [...before.buckets, top.batch], nanos };
    }
    best.push(found);
  });
  return best[sizes.length] ?? { buckets: [], nanos: 0 };
}
