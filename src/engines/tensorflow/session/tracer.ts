import { nanosFromMillis } from '../../../model/nanos.js';
import type { SessionKernel, SessionTrace, SessionTracer } from '../../../model/session.js';
import { attachAddon, type NativeAddon, SLOT } from './addon.js';
import { clockOffsetNanos } from '../../session/clock-offset.js';
import { decodeFusedOps } from './decode-graph.js';
import { decodeStepStats, type StepStats } from './decode-step-stats.js';
import { foldLoops } from '../../session/fold.js';
import { kernelsOf } from './kernels.js';
import { NodeTable } from './node-table.js';
import { WireError } from '../../../model/protobuf-wire.js';

export interface TracerOptions {
  /**
   * `once` asks the first traced run for the optimised graph as well, which tells what fused kernels hold. It brings
   * the graph's constants with it: leave it out for a frozen model of hundreds of megabytes.
   */
  readonly fusedOps?: 'once' | 'never';
  /** `folded` (by default): one row a node, its loop iterations counted; `each`: a row for each execution. */
  readonly iterations?: 'folded' | 'each';
}

/** Values of the number that arms the add-on. */
const ARM = { off: 0, trace: 1, traceWithGraph: 2 } as const;

/**
 * Traces single runs of one optimised graph, on the calling thread:
 *
 *     tracer.traceNextRun();
 *     const result = binding.runSavedModel(…);
 *     const trace = tracer.takeTrace();   // kernels inside the call, or null
 *
 * One tracer for each session and set of feeds and fetches: node names and what was fused are remembered. Tracing changes no result
 * and cannot fail the run.
 */
export function createSessionTracer(addon: NativeAddon, options: TracerOptions = {}): SessionTracer {
  const { slots } = addon;
  attachAddon(addon);
  const offsetNanos = clockOffsetNanos(addon);
  const fused = new Map<string, readonly string[]>();
  const table = new NodeTable();
  let arm: number = options.fusedOps === 'once' ? ARM.traceWithGraph : ARM.trace;
  let taken = 0;
  let unreadable = 0;
  const lostBefore = slots[SLOT.lost] ?? 0;
  return {
    traceNextRun() {
      slots[SLOT.arm] = arm;
    },
    cancel() {
      slots[SLOT.arm] = ARM.off;
    },
    takeTrace() {
      const metadata = addon.take();
      if (metadata === undefined) return null;
      const begin = performance.now();
      const stats = decoded(metadata, slots, table);
      if (stats === null) {
        unreadable++;
        return null;
      }
      if (readFused(stats, fused)) arm = ARM.trace;
      taken++;
      const start = Math.round((slots[SLOT.runStart] ?? 0) + offsetNanos);
      const each = kernelsOf(stats.nodes, start, fused);
      const kernels = options.iterations === 'each' ? each : foldLoops(each);
      return traceOf({
        kernels,
        start,
        end: Math.round((slots[SLOT.runEnd] ?? 0) + offsetNanos),
        failed: slots[SLOT.runStatus] !== 0,
        metadataBytes: metadata.byteLength,
        begin,
      });
    },
    get counts() {
      return { taken, unreadable, lost: (slots[SLOT.lost] ?? 0) - lostBefore };
    },
  };
}

/** Node times relative to the start of the run; null when the bytes cannot be read. */
function decoded(metadata: ArrayBuffer, slots: Float64Array, table: NodeTable): StepStats | null {
  const epochNanos = BigInt(slots[SLOT.runSeconds] ?? 0) * 1_000_000_000n + BigInt(slots[SLOT.runNanos] ?? 0);
  try {
    return decodeStepStats(new Uint8Array(metadata), epochNanos, table);
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

/** Adds what the optimised graph tells; false when the run did not bring one. A graph that cannot be read tells nothing. */
function readFused(stats: StepStats, fused: Map<string, readonly string[]>): boolean {
  for (const graph of stats.partitionGraphs) {
    try {
      for (const [node, ops] of decodeFusedOps(graph)) fused.set(node, ops);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
    }
  }
  return stats.partitionGraphs.length > 0;
}

interface TraceParts {
  readonly kernels: readonly SessionKernel[];
  readonly start: number;
  readonly end: number;
  readonly failed: boolean;
  readonly metadataBytes: number;
  readonly begin: number;
}

function traceOf({ kernels, start, end, failed, metadataBytes, begin }: TraceParts): SessionTrace {
  const first = kernels[0]?.startNanos ?? end;
  return {
    startNanos: start,
    endNanos: end,
    buildNanos: Math.min(Math.max(0, first - start), end - start),
    kernels,
    failed,
    metadataBytes,
    decodeNanos: nanosFromMillis(performance.now() - begin),
  };
}
