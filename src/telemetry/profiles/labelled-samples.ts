import { fileURLToPath } from 'node:url';
import type { SampledFunction, TakenSamples } from '../../formats/taken-samples.js';
import { stackOf, timedSamples, treeOf, type V8Node } from '../../record/v8-profile.js';
import type { SampledProfile } from '../../record/v8-sampler.js';

/** What V8 sampled in some seconds, and of each sample, in the order of time, whose it is. */
export interface OwnedSamples<Owner> extends SampledProfile {
  readonly intervalMicros: number;
  readonly calls: readonly (Owner | undefined)[];
}

interface Counted {
  count: number;
  nanos: number;
}

/**
 * Samples with the labels of whose they are. Those of one stack and one owner are one; those in which the thread had nothing to do
 * are left out. A sample stands for the time until the next one: on a busy machine V8's sampler comes late, and counted by its
 * interval most of the time would be missing. Null when no sample is left.
 *
 * @param originEpochNanos of the clock of the thread that was sampled
 */
export function labelledSamples<Owner>(
  chunk: OwnedSamples<Owner>,
  originEpochNanos: string,
  labelsOf: (owner: Owner) => Readonly<Record<string, string>>,
): TakenSamples | null {
  const { profile, offsetMicros, intervalMicros } = chunk;
  const tree = treeOf(profile);
  const samples = [...countedByOwner(chunk)].flatMap(([id, byOwner]) => {
    if (tree.nodes.get(id)?.callFrame.functionName === '(idle)') return [];
    const stack = stackOf(tree, id).map(frameOf);
    return [...byOwner].map(([owner, counted]) => ({ stack, ...counted, labels: owner === undefined ? {} : labelsOf(owner) }));
  });
  if (samples.length === 0) return null;
  return {
    samples,
    periodNanos: intervalMicros * 1000,
    timeNanos: Number(originEpochNanos) + (profile.startTime - offsetMicros) * 1000,
    durationNanos: (profile.endTime - profile.startTime) * 1000,
  };
}

/** By node of V8's tree and owner. */
function countedByOwner<Owner>({
  profile,
  calls,
}: OwnedSamples<Owner>): ReadonlyMap<number, ReadonlyMap<Owner | undefined, Readonly<Counted>>> {
  const counted = new Map<number, Map<Owner | undefined, Counted>>();
  const taken = timedSamples(profile);
  taken.forEach(({ id, at }, index) => {
    const byOwner = counted.get(id) ?? new Map<Owner | undefined, Counted>();
    counted.set(id, byOwner);
    const one = byOwner.get(calls[index]) ?? { count: 0, nanos: 0 };
    byOwner.set(calls[index], one);
    one.count++;
    one.nanos += Math.max(0, (taken[index + 1]?.at ?? profile.endTime) - at) * 1000;
  });
  return counted;
}

function frameOf({ callFrame: { functionName, url, lineNumber } }: V8Node): SampledFunction {
  const name = functionName !== '' ? functionName : url === '' ? '(native)' : '(anonymous)';
  return { name, file: url.startsWith('file://') ? fileURLToPath(url) : url, line: lineNumber + 1 };
}
