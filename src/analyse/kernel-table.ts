import type { KernelFigure } from '../model/analysis.js';
import type { SpanDetail } from '../model/span.js';
import { WHOLE, type Weight } from './looked-into.js';

interface Entry {
  count: number;
  nanos: number;
  /** Of the native spans under it. */
  nativeNanos: number;
  readonly shapes: Set<string>;
  readonly layers: Set<string>;
  readonly fused: Set<string>;
  readonly details: Set<SpanDetail>;
}

const MAX_NAMES = 8;

/** Kernels grouped by operation. */
export class KernelTable {
  calls = 0;
  readonly #entries = new Map<string, Entry>();

  get size(): number {
    return this.#entries.size;
  }

  /** Adds one span; `nanos` is its own time without its children's. */
  add(op: string, nanos: number, detail: SpanDetail | undefined, weight: Weight = WHOLE): void {
    const entry = this.#entry(op);
    entry.count += (detail?.repeat ?? 1) * weight.count;
    entry.nanos += nanos * weight.time;
    if (detail === undefined || entry.details.has(detail)) return;
    entry.details.add(detail);
    for (const shape of detail.outputShapes ?? []) if (entry.shapes.size < MAX_NAMES) entry.shapes.add(shape);
    for (const op of detail.fused ?? []) if (entry.fused.size < MAX_NAMES) entry.fused.add(op);
    if (detail.layer !== undefined && entry.layers.size < MAX_NAMES) entry.layers.add(detail.layer);
  }

  /** Adds TensorFlow's own part of an operation, which has a span of its own under the operation's. */
  addNative(op: string, nanos: number): void {
    this.#entry(op).nativeNanos += nanos;
  }

  /** What TensorFlow itself took, as a share of what an operation took; null where its native part was not timed. */
  nativeShare(op: string): number | null {
    const entry = this.#entries.get(op);
    return entry === undefined || entry.nativeNanos === 0 ? null : entry.nativeNanos / (entry.nanos + entry.nativeNanos);
  }

  /** Whether native parts were timed at all. */
  get timesNative(): boolean {
    return [...this.#entries.values()].some(({ nativeNanos }) => nativeNanos > 0);
  }

  #entry(op: string): Entry {
    let entry = this.#entries.get(op);
    if (entry === undefined) {
      entry = { count: 0, nanos: 0, nativeNanos: 0, shapes: new Set(), layers: new Set(), fused: new Set(), details: new Set() };
      this.#entries.set(op, entry);
    }
    return entry;
  }

  /** Per call, dearest first. `share` is of `latencyNanos`, a call's mean latency. */
  figures(latencyNanos: number): readonly KernelFigure[] {
    const calls = Math.max(1, this.calls);
    return [...this.#entries]
      .map(([op, entry]) => ({
        op,
        count: entry.count / calls,
        nanosPerCall: (entry.nanos + entry.nativeNanos) / calls,
        share: latencyNanos === 0 ? 0 : (entry.nanos + entry.nativeNanos) / calls / latencyNanos,
        nativeNanosPerCall: entry.nativeNanos === 0 ? null : entry.nativeNanos / calls,
        shapes: [...entry.shapes],
        layers: [...entry.layers],
        fused: [...entry.fused],
      }))
      .sort((a, b) => b.nanosPerCall - a.nanosPerCall || (a.op < b.op ? -1 : 1));
  }
}

/**
 * Which calls the kernels of a variant are timed in. Eager operations in the untouched ones, where there are any; what
 * runs inside a session is only seen in the traced ones.
 */
export function kernelsFrom(timed: KernelTable, traced: KernelTable): 'timed' | 'traced' {
  return traced.size === 0 || (traced.timesNative && timed.size > 0) ? 'timed' : 'traced';
}

/** The kernels of a variant. The native part of an operation timed in untouched calls is the share that it had in the traced ones. */
export function kernelFigures(timed: KernelTable, traced: KernelTable, latencyNanos: number): readonly KernelFigure[] {
  if (kernelsFrom(timed, traced) === 'traced') return traced.figures(latencyNanos);
  return timed.figures(latencyNanos).map((figure) => {
    const share = traced.nativeShare(figure.op);
    return share === null ? figure : { ...figure, nativeNanosPerCall: share * figure.nanosPerCall };
  });
}
