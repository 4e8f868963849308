import { wallShares } from '../../session/wall-share.js';
import type { RunProfile } from './decode-profile.js';
import { parentsOf } from './nesting.js';

/** What the profiler itself takes of a traced run, measured on this machine with the session's own threads. */
export interface ProfilerShare {
  /** Of each kernel's own time, nanoseconds. */
  readonly insideNanos: number;
  /** After each kernel, before the next one. */
  readonly outsideNanos: number;
}

export const NO_SHARE: ProfilerShare = { insideNanos: 0, outsideNanos: 0 };

/** Where a kernel lies: nanoseconds from the beginning of the profile. */
export interface Placed {
  readonly parent: number;
  readonly startNanos: number;
  readonly durationNanos: number;
  /** Without what its subgraph took, where it has one; shared among kernels that ran side by side. */
  readonly wallNanos: number;
}

/**
 * Lays kernels out as they would lie without the profiler: its share is taken out of each kernel and of the gap behind it, and
 * what follows moves up by that. So a loop is as long as its iterations, and the sum of kernels compares to a plain run.
 *
 * @param unitNanos of the profile's times
 */
export function placeNodes(profile: RunProfile, unitNanos: number, share: ProfilerShare): readonly Placed[] {
  const threads = new Set(profile.nodes.map(({ thread }) => thread));
  const parents = parentsOf(profile);
  return threads.size > 1 ? sideBySide(profile, parents, unitNanos, share) : oneByOne(profile, parents, unitNanos, share);
}

/** One thread runs the graph: spans follow or hold each other. */
function oneByOne({ nodes }: RunProfile, parents: Int32Array, unitNanos: number, share: ProfilerShare): readonly Placed[] {
  const starts = new Float64Array(nodes.length);
  const durations = new Float64Array(nodes.length);
  const ofChildren = new Float64Array(nodes.length);
  const endOfChildren = new Float64Array(nodes.length);
  // The profiler's time until here, and where the last span ended, both as it was measured.
  let removed = 0;
  let lastEnd = 0;
  let owed = 0;
  const moveTo = (nanos: number): void => {
    removed += Math.min(owed, Math.max(0, nanos - lastEnd));
    owed = 0;
    lastEnd = Math.max(lastEnd, nanos);
  };
  const open: number[] = [];
  const close = (index: number): void => {
    const node = nodes[index];
    if (node === undefined) return;
    const end = (node.start + node.duration) * unitNanos;
    moveTo(end);
    const remaining = end - removed - (starts[index] ?? 0);
    // What lies before its last child's end stays, or that would stick out.
    const behind = (starts[index] ?? 0) + remaining - Math.max(starts[index] ?? 0, endOfChildren[index] ?? 0);
    const inside = Math.min(share.insideNanos, Math.max(0, behind));
    removed += inside;
    durations[index] = remaining - inside;
    const parent = parents[index] ?? -1;
    if (parent >= 0) {
      ofChildren[parent] = (ofChildren[parent] ?? 0) + (durations[index] ?? 0);
      endOfChildren[parent] = (starts[index] ?? 0) + (durations[index] ?? 0);
    }
    owed = share.outsideNanos;
  };
  nodes.forEach((node, index) => {
    while (open.length > 0 && open.at(-1) !== parents[index]) close(open.pop() ?? -1);
    moveTo(node.start * unitNanos);
    starts[index] = node.start * unitNanos - removed;
    open.push(index);
  });
  while (open.length > 0) close(open.pop() ?? -1);
  return nodes.map((_, index) => ({
    parent: parents[index] ?? -1,
    startNanos: starts[index] ?? 0,
    durationNanos: durations[index] ?? 0,
    wallNanos: Math.max(0, (durations[index] ?? 0) - (ofChildren[index] ?? 0)),
  }));
}

/** `executionMode: 'parallel'`: kernels overlap, so each keeps its place and gives up its share alone. */
function sideBySide({ nodes }: RunProfile, parents: Int32Array, unitNanos: number, share: ProfilerShare): readonly Placed[] {
  const holders = new Set(parents);
  const spans = nodes.map(({ start, duration }, index) => ({
    startNanos: start * unitNanos,
    durationNanos: Math.max(0, duration * unitNanos - share.insideNanos),
    role: holders.has(index) ? ('call' as const) : ('kernel' as const),
  }));
  const shares = wallShares(spans);
  return spans.map(({ startNanos, durationNanos }, index) => ({
    parent: parents[index] ?? -1,
    startNanos,
    durationNanos,
    wallNanos: shares[index] ?? 0,
  }));
}
