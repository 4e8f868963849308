import { nanosFromMillis } from '../../../model/nanos.js';
import type { SessionTrace, SessionTracer } from '../../../model/session.js';
import { clockOffsetNanos } from '../../session/clock-offset.js';
import { foldLoops } from '../../session/fold.js';
import { ARM, KEPT_READINGS, SLOT, type OnnxAddon } from './addon.js';
import { profileOrigin } from './anchor.js';
import { decodeProfile, ProfileError, type RunProfile } from './decode-profile.js';
import type { NodesByName } from './graph-view.js';
import { kernelsOf } from './kernels.js';
import { NO_SHARE, type ProfilerShare } from './layout.js';
import type { PrivateFolder } from './private-folder.js';

export interface OnnxTracerOptions {
  /**
   * `nanos`: the profiler's clock is made finer while a run is traced. Only where one thread runs the graph: of what others
   * do it would make nonsense.
   */
  readonly times: 'nanos' | 'micros';
  /** What the profiler takes, asked for at each trace; nothing is subtracted when left out. */
  readonly share?: () => ProfilerShare;
  /** The graph that runs, asked for at each trace: it may become known later. */
  readonly nodes?: () => NodesByName | undefined;
  /** `folded` (by default): one row a node, its loop iterations counted; `each`: a row for each execution. */
  readonly iterations?: 'folded' | 'each';
}

/** What all tracers of one thread share. */
export interface TracedThread {
  readonly addon: OnnxAddon;
  readonly folder: PrivateFolder;
}

/**
 * Traces single runs of one session, on the calling thread:
 *
 *     tracer.traceNextRun();
 *     binding.run(…);
 *     const trace = tracer.takeTrace();   // kernels inside the run, or null
 *
 * Tracing changes no result and cannot fail the run.
 */
export function createOnnxTracer({ addon, folder }: TracedThread, options: OnnxTracerOptions): SessionTracer {
  const { slots } = addon;
  const offsetNanos = clockOffsetNanos(addon);
  const read = (slot: number): number => slots[slot] ?? 0;
  const unitNanos = options.times === 'nanos' ? 1 : 1000;
  let runsBefore = 0;
  let share = NO_SHARE;
  const counts = { taken: 0, lost: 0, unreadable: 0 };
  return {
    traceNextRun() {
      // Before the run, because it takes runs of its own.
      share = options.share?.() ?? NO_SHARE;
      addon.setPrefix(folder.prefix);
      runsBefore = read(SLOT.runCount);
      slots[SLOT.arm] = ARM[options.times];
    },
    cancel() {
      slots[SLOT.arm] = ARM.off;
      folder.empty();
    },
    takeTrace() {
      slots[SLOT.arm] = ARM.off;
      const begin = performance.now();
      // No run reached the library, or it ran elsewhere, or could not be given options: nothing was traced.
      if (read(SLOT.runCount) === runsBefore || read(SLOT.runTraced) === ARM.off) {
        counts.lost++;
        folder.empty();
        return null;
      }
      const text = folder.take();
      const profile = text === null ? null : decoded(text);
      if (text === null || profile === null) {
        counts.unreadable++;
        return null;
      }
      const readings = Array.from(slots.subarray(SLOT.firstReading, SLOT.firstReading + Math.min(KEPT_READINGS, read(SLOT.readings))));
      const origin = profileOrigin(profile, readings, unitNanos) ?? read(SLOT.runStart);
      const each = kernelsOf(profile, {
        originNanos: origin + offsetNanos,
        unitNanos,
        share,
        nodes: options.nodes?.() ?? NO_NODES,
      });
      counts.taken++;
      return {
        startNanos: Math.round(read(SLOT.runStart) + offsetNanos),
        endNanos: Math.round(read(SLOT.runEnd) + offsetNanos),
        // A session is planned when it is made: a run builds nothing.
        buildNanos: 0,
        kernels: options.iterations === 'each' ? each : foldLoops(each),
        failed: read(SLOT.runFailed) !== 0,
        metadataBytes: text.length,
        decodeNanos: nanosFromMillis(performance.now() - begin),
      } satisfies SessionTrace;
    },
    counts,
  };
}

const NO_NODES: NodesByName = new Map();

function decoded(text: string): RunProfile | null {
  try {
    return decodeProfile(text);
  } catch (error) {
    if (error instanceof ProfileError) return null;
    throw error;
  }
}
