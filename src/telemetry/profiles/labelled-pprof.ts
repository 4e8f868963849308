import { fileURLToPath } from 'node:url';
import { renderSamplesAsPprof, type PprofFunction } from '../../formats/pprof/write.js';
import { originEpochNanos } from '../../record/clock.js';
import { stackOf, timedSamples, treeOf, type V8Node, type V8Profile } from '../../record/v8-profile.js';
import type { ActiveCall } from '../../record/call-activity.js';
import type { ProfileChunk } from './thread-profiler.js';

/** What a back end of profiles is sent, or what a file holds. */
export interface LabelledPprof {
  readonly bytes: Uint8Array;
  readonly beganMillis: number;
  readonly endedMillis: number;
}

type Labels = Readonly<Record<string, string>>;

interface Counted {
  count: number;
  nanos: number;
}

/**
 * A chunk as pprof. Samples of one stack and one call are one, with the call's labels; those in which the thread had nothing to do
 * are left out. A sample stands for the time until the next one: on a busy machine V8's sampler comes late, and counted by its
 * interval most of the time would be missing. Null when no sample is left.
 */
export function labelledPprof(
  { profile, offsetMicros, intervalMicros, calls }: ProfileChunk,
  labelsOf: (call: ActiveCall) => Labels,
): LabelledPprof | null {
  const tree = treeOf(profile);
  const samples = [...countedByCall(profile, calls)].flatMap(([id, byCall]) => {
    if (tree.nodes.get(id)?.callFrame.functionName === '(idle)') return [];
    const stack = stackOf(tree, id).map(frameOf);
    return [...byCall].map(([call, counted]) => ({ stack, ...counted, labels: call === undefined ? {} : labelsOf(call) }));
  });
  if (samples.length === 0) return null;
  const epochMillis = (v8Micros: number): number => Number(originEpochNanos()) / 1e6 + (v8Micros - offsetMicros) / 1000;
  const beganMillis = epochMillis(profile.startTime);
  const bytes = renderSamplesAsPprof({
    samples,
    periodNanos: intervalMicros * 1000,
    timeNanos: beganMillis * 1e6,
    durationNanos: (profile.endTime - profile.startTime) * 1000,
  });
  return { bytes, beganMillis, endedMillis: epochMillis(profile.endTime) };
}

/** By node of V8's tree and call. */
function countedByCall(
  profile: V8Profile,
  calls: ProfileChunk['calls'],
): ReadonlyMap<number, ReadonlyMap<ActiveCall | undefined, Counted>> {
  const counted = new Map<number, Map<ActiveCall | undefined, Counted>>();
  const taken = timedSamples(profile);
  taken.forEach(({ id, at }, index) => {
    const byCall = counted.get(id) ?? new Map<ActiveCall | undefined, Counted>();
    counted.set(id, byCall);
    const one = byCall.get(calls[index]) ?? { count: 0, nanos: 0 };
    byCall.set(calls[index], one);
    one.count++;
    one.nanos += Math.max(0, (taken[index + 1]?.at ?? profile.endTime) - at) * 1000;
  });
  return counted;
}

function frameOf({ callFrame: { functionName, url, lineNumber } }: V8Node): PprofFunction {
  const name = functionName !== '' ? functionName : url === '' ? '(native)' : '(anonymous)';
  return { name, file: url.startsWith('file://') ? fileURLToPath(url) : url, line: lineNumber + 1 };
}
