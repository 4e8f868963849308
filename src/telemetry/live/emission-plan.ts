/**
 * Which rows of a finished call become spans, and what stands for the others.
 *
 * Three things make a row disappear: its kernel is shorter than asked for, the budget of its trace is used up, or the
 * call's kernels were not asked for at all. Short kernels become one span below each parent and stage, as long as the
 * time it stands for, so that every parent's own time stays what it was.
 */
import { addToGroup } from '../../model/add-to-group.js';
import { spanKindCode } from '../../model/span.js';
import type { SpanColumns } from '../../model/span.js';

/** The rows of one call inside of a batch: `first` is the root's, `end` the one after its last. */
export interface BatchedCall {
  readonly spans: SpanColumns;
  readonly first: number;
  readonly end: number;
  /** Row number of the batch's row 0: parents are numbered since the recorder began. */
  readonly firstOfBatch: number;
}

export interface PlanLimits {
  readonly minimumKernelNanos: number;
  /** Spans below the root, at most. */
  readonly budget: number;
}

/** Short kernels of one parent and stage. */
export interface FoldedKernels {
  readonly parent: number;
  readonly stage: number;
  readonly startNanos: number;
  /** Own time of all of them together. */
  nanos: number;
  count: number;
  /** How many of each name, by its number in the recording's strings. */
  readonly names: Map<number, number>;
}

export interface EmissionPlan {
  /** Rows that become spans, parents first, the root left out. */
  readonly rows: readonly number[];
  readonly folded: readonly FoldedKernels[];
  /** Rows that the budget left out, and their own time. */
  readonly leftOut: number;
  readonly leftOutNanos: number;
  /** Own time of each row by stage code. */
  readonly stageNanos: ReadonlyMap<number, number>;
}

const FOLDABLE = new Set([spanKindCode('dispatch'), spanKindCode('kernel')]);

export function planEmission(call: BatchedCall, { minimumKernelNanos, budget }: PlanLimits): EmissionPlan {
  const { spans, first, end } = call;
  const own = ownNanos(call);
  const short = shortRows(call, minimumKernelNanos);
  const rows: number[] = [];
  const emitted = new Set([first]);
  const folds = new Folds();
  const stageNanos = new Map<number, number>();
  let leftOut = 0;
  let leftOutNanos = 0;
  for (let row = first; row < end; row++) {
    const nanos = own[row - first] ?? 0;
    const stage = spans.stage[row] ?? 0;
    stageNanos.set(stage, (stageNanos.get(stage) ?? 0) + nanos);
    if (row === first) continue;
    const ancestor = emittedAncestor(call, emitted, short, row);
    if (ancestor === undefined || ((short.has(row) ? !folds.has(ancestor, stage) : true) && rows.length + folds.size >= budget)) {
      leftOut++;
      leftOutNanos += nanos;
    } else if (short.has(row)) folds.add(ancestor, stage, spans.startNanos[row] ?? 0, nanos, spans.name[row] ?? 0);
    else {
      rows.push(row);
      emitted.add(row);
    }
  }
  return { rows, folded: folds.all(), leftOut, leftOutNanos, stageNanos };
}

const parentOf = ({ spans, firstOfBatch }: BatchedCall, row: number): number => (spans.parent[row] ?? -1) - firstOfBatch;

/** The nearest row above that has a span; undefined below a row that the budget left out. */
function emittedAncestor(call: BatchedCall, emitted: ReadonlySet<number>, short: ReadonlySet<number>, row: number): number | undefined {
  let above = parentOf(call, row);
  while (short.has(above)) above = parentOf(call, above);
  return emitted.has(above) ? above : undefined;
}

/** Duration of each row without its children's. */
function ownNanos(call: BatchedCall): Float64Array {
  const { spans, first, end } = call;
  const own = new Float64Array(end - first);
  for (let row = first; row < end; row++) {
    const nanos = spans.durationNanos[row] ?? 0;
    own[row - first] = (own[row - first] ?? 0) + nanos;
    const above = parentOf(call, row) - first;
    if (row > first && above >= 0) own[above] = (own[above] ?? 0) - nanos;
  }
  return own.map((nanos) => Math.max(0, nanos));
}

/**
 * Kernels below the minimum, with what runs inside them. One alone below its parent stays: a span that stands for one
 * saves nothing and tells less.
 */
function shortRows(call: BatchedCall, minimumNanos: number): ReadonlySet<number> {
  const { spans, first, end } = call;
  const short = new Set<number>();
  if (minimumNanos <= 0) return short;
  const siblings = new Map<number, number[]>();
  for (let row = first + 1; row < end; row++) {
    const parent = parentOf(call, row);
    if (short.has(parent)) short.add(row);
    else if (FOLDABLE.has(spans.kind[row] ?? 0) && (spans.durationNanos[row] ?? 0) < minimumNanos) {
      short.add(row);
      addToGroup(siblings, parent, row);
    }
  }
  for (const [only, more] of siblings.values()) {
    if (only === undefined || more !== undefined || parentOf(call, only + 1) === only) continue;
    short.delete(only);
  }
  return short;
}

/** Groups of short kernels by parent and stage. */
class Folds {
  readonly #groups = new Map<string, FoldedKernels>();

  get size(): number {
    return this.#groups.size;
  }

  has(parent: number, stage: number): boolean {
    return this.#groups.has(`${parent}/${stage}`);
  }

  add(parent: number, stage: number, startNanos: number, nanos: number, name: number): void {
    const key = `${parent}/${stage}`;
    const group = this.#groups.get(key) ?? { parent, stage, startNanos, nanos: 0, count: 0, names: new Map<number, number>() };
    group.nanos += nanos;
    group.count++;
    group.names.set(name, (group.names.get(name) ?? 0) + 1);
    this.#groups.set(key, group);
  }

  all(): FoldedKernels[] {
    return [...this.#groups.values()];
  }
}
