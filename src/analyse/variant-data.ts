import { append } from '../model/append.js';
import type { CallPoint, ColdCall, LoopFigure } from '../model/analysis.js';
import type { CpuUse } from '../model/cpu.js';
import type { Recording } from '../model/recording.js';
import type { SpanDetail } from '../model/span.js';
import type { Variant } from '../model/variant.js';
import { variantKey } from '../model/variant.js';
import type { Blocks } from './blocks.js';
import { FrameTable } from './frame-table.js';
import { KernelTable } from './kernel-table.js';
import { WorkTable } from './work-table.js';
import { emptyLedger, type Ledger } from './ledger.js';

/** What is gathered about one variant while the calls stream by. */
export interface VariantData {
  readonly key: string;
  readonly variant: Variant;
  /** Latency of each warm, measured, untraced call without an error, in order. */
  readonly latencies: number[];
  /** The block of each of these, and its input signature. */
  readonly latencyBlocks: number[];
  /** The longest stretch in which each of these held the JavaScript thread. */
  readonly heldNanos: number[];
  readonly latencySignatures: string[];
  /** What stretches of these took of the processors. */
  readonly cpu: CpuUse[];
  /** Latency of each warm call whose native run was traced: measured ones. */
  readonly tracedLatencies: number[];
  /** Traced calls of the warm-up that stand in for measured ones. */
  tracedInWarmUp: number;
  /** Sum of the ledgers of those of these that have spans. */
  readonly ledger: Ledger;
  ledgerCalls: number;
  /** Call tree of the measured calls, and of the calls whose native run was traced. */
  readonly timed: FrameTable;
  readonly traced: FrameTable;
  readonly timedKernels: KernelTable;
  readonly tracedKernels: KernelTable;
  readonly timedWork: WorkTable;
  readonly tracedWork: WorkTable;
  /** By node. */
  readonly loops: Map<string, LoopFigure>;
  readonly cold: ColdCall[];
  readonly timeline: CallPoint[];
  /** Calls of any kind. */
  seen: number;
  errors: number;
  /** Tensors left behind, summed over the calls of `latencies`. */
  tensorsLeft: number;
}

export function newVariantData(variant: Variant, blocks: Blocks): VariantData {
  return {
    key: variantKey(variant),
    variant,
    latencies: [],
    latencyBlocks: [],
    heldNanos: [],
    latencySignatures: [],
    cpu: [],
    tracedLatencies: [],
    tracedInWarmUp: 0,
    ledger: emptyLedger(),
    ledgerCalls: 0,
    timed: new FrameTable(blocks.count),
    traced: new FrameTable(0),
    timedKernels: new KernelTable(),
    tracedKernels: new KernelTable(),
    timedWork: new WorkTable(),
    tracedWork: new WorkTable(),
    loops: new Map(),
    cold: [],
    timeline: [],
    seen: 0,
    errors: 0,
    tensorsLeft: 0,
  };
}

/** Details of several recordings under one numbering. */
export class DetailPool {
  readonly #offsets: number[] = [];
  readonly #details: SpanDetail[] = [];

  constructor(recordings: readonly Recording[]) {
    for (const recording of recordings) {
      this.#offsets.push(this.#details.length);
      append(this.#details, recording.details);
    }
  }

  id(recording: number, detail: number): number {
    return detail === 0 ? 0 : (this.#offsets[recording] ?? 0) + detail;
  }

  get(id: number): SpanDetail | undefined {
    return id === 0 ? undefined : this.#details[id];
  }
}
