import { AsyncResource } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { Session } from 'node:inspector';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { CallStart } from '../../../src/model/recorder.js';
import type { ActiveCall, ActiveSlice } from '../../../src/record/call-activity.js';
import { CallActivity } from '../../../src/record/call-activity.js';
import { Recorder } from '../../../src/record/recorder.js';
import { stackOf, timedSamples, treeOf } from '../../../src/record/v8-profile.js';
import { callsOfSamples } from '../../../src/telemetry/profiles/calls-of-samples.js';
import { ThreadProfiler, type ProfileChunk } from '../../../src/telemetry/profiles/thread-profiler.js';

const START = { variant: 0, temperature: 'warm', round: -1, signature: '', batch: 1 } as const;
const startOf = (name: string): CallStart => ({ ...START, labels: { name } });

/** So much of a processor's time: what the clock says passes without a sample where others have the processors. */
function busy(millis: number): void {
  const before = process.cpuUsage();
  for (let taken = 0; taken < millis * 1000;) {
    const { user, system } = process.cpuUsage(before);
    taken = user + system;
  }
}
// Each a function of its own by which V8 knows it.
const plantedInA = (): void => busy(5);
const plantedInB = (): void => busy(5);
const plantedInInner = (): void => busy(5);
const plantedOutside = (): void => busy(5);

/** Labels of the samples that V8 took in a function: how many of each. */
function labelsIn(chunks: readonly ProfileChunk[], functionName: string): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const { profile, calls } of chunks) {
    const tree = treeOf(profile);
    timedSamples(profile).forEach(({ id }, i) => {
      if (!stackOf(tree, id).some(({ callFrame }) => callFrame.functionName === functionName)) return;
      const name = calls[i]?.start.labels?.['name'] ?? 'none';
      counted[name] = (counted[name] ?? 0) + 1;
    });
  }
  return counted;
}

/** Of samples in a function, the share that has the label which it must have. */
function share(chunks: readonly ProfileChunk[], functionName: string, label: string): number {
  const counted = labelsIn(chunks, functionName);
  const all = Object.values(counted).reduce((sum, count) => sum + count, 0);
  expect(all).toBeGreaterThan(20);
  return (counted[label] ?? 0) / all;
}

describe('samples and the calls they were taken in', () => {
  const told: string[] = [];
  const chunks: ProfileChunk[] = [];
  const profiler = (chunkMillis = 3_600_000): ThreadProfiler =>
    new ThreadProfiler({
      intervalMicros: 500,
      chunkMillis,
      onChunk: (chunk) => chunks.push(chunk),
      tell: (sentence) => told.push(sentence),
    });
  afterEach(() => {
    chunks.length = 0;
    expect(told.splice(0)).toEqual([]);
  });

  it('finds each function in the call that ran it: calls under way at once, one inside of another, work between them', async () => {
    const profiles = profiler();
    const recorder = new Recorder({ activity: profiles.activity });
    const steps = async (planted: () => void, inner?: () => void): Promise<void> => {
      for (let i = 0; i < 12; i++) {
        planted();
        await turn();
        inner?.();
      }
    };
    profiles.start();
    const call = (name: string, planted: () => void, inner?: () => void): Promise<void> =>
      recorder.callAsync(startOf(name), 0, 0, 0, async () => await steps(planted, inner));
    const nested = (): void => recorder.callSync(startOf('inner'), 0, 0, 0, plantedInInner);
    await Promise.all([call('a', plantedInA, nested), call('b', plantedInB), steps(plantedOutside)]);
    // Another chunk, of which the first one's calls know nothing.
    profiles.flush();
    await Promise.all([call('b', plantedInB), steps(plantedOutside)]);
    profiles.stop();
    expect(chunks).toHaveLength(2);
    expect(share(chunks, 'plantedInA', 'a')).toBeGreaterThanOrEqual(0.95);
    expect(share(chunks, 'plantedInB', 'b')).toBeGreaterThanOrEqual(0.95);
    expect(share(chunks, 'plantedInInner', 'inner')).toBeGreaterThanOrEqual(0.95);
    expect(share(chunks, 'plantedOutside', 'none')).toBeGreaterThanOrEqual(0.95);
    expect(share(chunks.slice(1), 'plantedInB', 'b')).toBeGreaterThanOrEqual(0.95);
  });

  it('gives what runs after a call, and what runs for another inside of it, to none', async () => {
    const profiles = profiler();
    const recorder = new Recorder({ activity: profiles.activity });
    const another = new AsyncResource('another');
    let left: Promise<void> = Promise.resolve();
    profiles.start();
    await recorder.callAsync(startOf('a'), 0, 0, 0, async () => {
      left = (async () => {
        for (let i = 0; i < 12; i++) {
          await turn();
          if (i > 1) plantedOutside();
        }
      })();
      await turn();
      for (let i = 0; i < 12; i++) another.runInAsyncScope(plantedInB);
      plantedInA();
    });
    await left;
    profiles.stop();
    expect(share(chunks, 'plantedOutside', 'none')).toBeGreaterThanOrEqual(0.95);
    expect(share(chunks, 'plantedInB', 'none')).toBeGreaterThanOrEqual(0.95);
  });

  it('goes on beside a session of the program that profiles, which gets its own profile', () => {
    const profiles = profiler();
    profiles.start();
    busy(20);
    const own = new Session();
    own.connect();
    own.post('Profiler.enable');
    profiles.flush();
    const problems: unknown[] = [];
    // It would be refused in a session that a profile of ours had been put into.
    own.post('Profiler.setSamplingInterval', { interval: 1000 }, (problem) => problem === null || problems.push(problem));
    own.post('Profiler.start', (problem) => problem === null || problems.push(problem));
    plantedInA();
    profiles.flush();
    plantedInA();
    let samples = 0;
    own.post('Profiler.stop', (problem, { profile }) => {
      if (problem !== null) problems.push(problem);
      samples = profile.samples?.length ?? 0;
    });
    own.disconnect();
    profiles.stop();
    expect(problems).toEqual([]);
    expect(samples).toBeGreaterThan(0);
    expect(chunks).toHaveLength(3);
  });

  it('ends a chunk early when more calls wait than it may hold', async () => {
    let full = 0;
    const activity = new CallActivity(() => full++, 10);
    const recorder = new Recorder({ activity });
    for (let i = 0; i < 10; i++) recorder.callSync(startOf('a'), 0, 0, 0, () => undefined);
    expect(full).toBe(1);
    expect(activity.take()).toHaveLength(10);
    expect(activity.take()).toEqual([]);
    await recorder.callAsync(startOf('a'), 0, 0, 0, async () => await turn());
    expect(activity.take().length).toBeGreaterThanOrEqual(1);
  });
});

/** Stretches that lie inside of one another or apart, as one thread makes them: the same tree of intervals, drawn. */
const nestedSlices = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 1, max: 60 })), { maxLength: 30 })
  .map((drawn) => {
    const slices: ActiveSlice[] = [];
    for (const [startMillis, length] of drawn) {
      const slice = { startMillis, endMillis: startMillis + length, call: callOf(`${slices.length}`) };
      const crosses = slices.some(
        (other) =>
          slice.startMillis === other.startMillis ||
          slice.endMillis === other.endMillis ||
          slice.endMillis === other.startMillis ||
          slice.startMillis === other.endMillis ||
          (slice.startMillis < other.startMillis && slice.endMillis > other.startMillis && slice.endMillis < other.endMillis) ||
          (slice.startMillis > other.startMillis && slice.startMillis < other.endMillis && slice.endMillis > other.endMillis),
      );
      if (!crosses) slices.push(slice);
    }
    return slices;
  });
const callOf = (name: string): ActiveCall => ({ start: startOf(name), startMillis: 0 });

it('a sample belongs to the innermost stretch that holds it, whatever the order they ended in', () => {
  fc.assert(
    fc.property(nestedSlices, fc.array(fc.integer({ min: 0, max: 2700 })), (slices, tenths) => {
      const at = tenths.map((tenth) => tenth * 1e5).sort((a, b) => a - b);
      const expected = at.map(
        (nanos) =>
          slices
            .filter(({ startMillis, endMillis }) => startMillis <= nanos / 1e6 && nanos / 1e6 <= endMillis)
            .sort((a, b) => a.startMillis - b.startMillis)
            .at(-1)?.call,
      );
      expect(callsOfSamples(at, slices)).toEqual(expected);
    }),
  );
});
