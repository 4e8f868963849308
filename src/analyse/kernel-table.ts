import type { KernelFigure } from '../model/analysis.js';
import type { SpanDetail } from '../model/span.js';

interface Entry {
  count: number;
  nanos: number;
  readonly shapes: Set<string>;
  readonly layers: Set<string>;
  readonly details: Set<SpanDetail>;
}

const MOST_NAMES = 8;

/** Kernels grouped by operation. */
export class KernelTable {
  calls = 0;
  readonly #entries = new Map<string, Entry>();

  get size(): number {
    return this.#entries.size;
  }

  /** Adds one span; `nanos` is its own time without its children's. */
  add(op: string, nanos: number, detail: SpanDetail | undefined): void {
    let entry = this.#entries.get(op);
    if (entry === undefined) {
      entry = { count: 0, nanos: 0, shapes: new Set(), layers: new Set(), details: new Set() };
      this.#entries.set(op, entry);
    }
    entry.count += detail?.repeat ?? 1;
    entry.nanos += nanos;
    if (detail === undefined || entry.details.has(detail)) return;
    entry.details.add(detail);
    for (const shape of detail.outputShapes ?? []) if (entry.shapes.size < MOST_NAMES) entry.shapes.add(shape);
    if (detail.layer !== undefined && entry.layers.size < MOST_NAMES) entry.layers.add(detail.layer);
  }

  /** Per call, dearest first. `share` is of `latencyNanos`, a call's mean latency. */
  figures(latencyNanos: number): readonly KernelFigure[] {
    const calls = Math.max(1, this.calls);
    return [...this.#entries]
      .map(([op, entry]) => ({
        op,
        count: entry.count / calls,
        nanosPerCall: entry.nanos / calls,
        share: latencyNanos === 0 ? 0 : entry.nanos / calls / latencyNanos,
        shapes: [...entry.shapes],
        layers: [...entry.layers],
      }))
      .sort((a, b) => b.nanosPerCall - a.nanosPerCall || (a.op < b.op ? -1 : 1));
  }
}
