import type { WorkFigure } from '../model/analysis.js';
import { dtypeBytes } from '../model/dtypes.js';
import { type MachinePeak, rooflineOf } from '../model/roofline.js';
import type { SpanDetail } from '../model/span.js';
import { estimateBytes, estimateFlops } from '../model/work.js';
import { WHOLE, type Weight } from './looked-into.js';

/** Floating-point operations and bytes moved, of one execution or of those folded into one span. */
interface Estimate {
  readonly flops: number;
  readonly bytes: number;
}

interface Entry {
  readonly op: string;
  readonly layer: string | null;
  count: number;
  nanos: number;
  flops: number;
  bytes: number;
  readonly shapes: Set<string>;
}

const MAX_SHAPES = 4;
/** Kernels whose work can be estimated, grouped by operation and layer. */
export class WorkTable {
  calls = 0;
  readonly #entries = new Map<string, Entry>();
  readonly #estimates = new WeakMap<SpanDetail, Estimate | null>();

  get size(): number {
    return this.#entries.size;
  }

  /** Adds one span that took `nanos`; nothing happens when its work cannot be estimated. */
  add(op: string, layer: string | undefined, nanos: number, detail: SpanDetail | undefined, weight: Weight = WHOLE): void {
    if (detail === undefined) return;
    const estimate = this.#estimate(op, detail);
    if (estimate === null || estimate.flops + estimate.bytes === 0) return;
    const key = `${op}\n${layer ?? ''}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { op, layer: layer ?? null, count: 0, nanos: 0, flops: 0, bytes: 0, shapes: new Set() };
      this.#entries.set(key, entry);
    }
    entry.count += (detail.repeat ?? 1) * weight.count;
    // Work goes with the time, so that the rate stays what was measured.
    entry.nanos += nanos * weight.time;
    entry.flops += estimate.flops * weight.time;
    entry.bytes += estimate.bytes * weight.time;
    for (const shape of detail.outputShapes ?? []) if (entry.shapes.size < MAX_SHAPES) entry.shapes.add(shape);
  }

  /** Per call, dearest first. `nativeFactor` × an operation's time as held here is TensorFlow's own: null where that is all of it. */
  figures(peak: MachinePeak | null, nativeFactor: (op: string) => number | null): readonly WorkFigure[] {
    const calls = Math.max(1, this.calls);
    return [...this.#entries.values()]
      .map(({ op, layer, count, nanos, flops, bytes, shapes }) => {
        const work = { flops: flops / calls, bytes: bytes / calls, nanos: (nanos / calls) * (nativeFactor(op) ?? 1) };
        return {
          op,
          layer,
          count: count / calls,
          shapes: [...shapes],
          nanosPerCall: work.nanos,
          flopsPerCall: work.flops,
          bytesPerCall: work.bytes,
          roofline: peak === null ? null : rooflineOf(work, peak),
        };
      })
      .sort((a, b) => b.nanosPerCall - a.nanosPerCall || (a.op < b.op ? -1 : 1));
  }

  /** Once for each detail: many spans share one. */
  #estimate(op: string, detail: SpanDetail): Estimate | null {
    let estimate = this.#estimates.get(detail);
    if (estimate === undefined) {
      estimate = estimateOf(op, detail);
      this.#estimates.set(detail, estimate);
    }
    return estimate;
  }
}

/** What the recording says of it; otherwise from the shapes. */
function estimateOf(op: string, detail: SpanDetail): Estimate | null {
  // A kernel of a session run carries its memory and, where they could be estimated, its figures.
  if (detail.allocatedBytes !== undefined)
    return detail.flops === undefined || detail.bytesMoved === undefined ? null : { flops: detail.flops, bytes: detail.bytesMoved };
  const inputs = (detail.inputShapes ?? []).map(parsed);
  const outputs = (detail.outputShapes ?? []).map(parsed);
  const flops = estimateFlops({ op, inputs, outputs });
  const inputBytes = inputs.map((shape, index) =>
    shape === null ? null : elements(shape) * (dtypeBytes(detail.inputDtypes?.[index] ?? 'float32') ?? 4),
  );
  const bytes = estimateBytes(op, inputBytes, detail.outputBytes ?? 0);
  return flops === null || bytes === null ? null : { flops, bytes };
}

const elements = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** `[32,4]` → 32, 4; null for a shape that is not known. */
function parsed(shape: string): readonly number[] | null {
  const inner = /^\[([\d,]*)\]$/.exec(shape)?.[1];
  return inner === undefined ? null : inner === '' ? [] : inner.split(',').map(Number);
}
