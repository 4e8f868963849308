import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { machineSpeed, speedChange, watchedSpeed, type WatchedSpeed } from '../../src/analyse/machine-speed.js';
import { betweenProcesses, processRatio, processSpread, type ProcessSeries } from '../../src/analyse/process-ratio.js';
import { studentInterval } from '../../src/analyse/statistics/student.js';
import type { Conditions } from '../../src/model/trust.js';
import { normalsFrom, uniformFrom } from '../../src/model/random.js';
import { verdictOf } from '../../src/model/verdict.js';

const PROCESS_SPREAD = processSpread(20e6);

const CONDITIONS: Conditions = {
  samples: 0,
  cpuCount: { start: 2, end: 2 },
  cpuMhz: null,
  probeNanos: { low: 1, median: 1, high: 1 },
  load: null,
  throttledNanos: null,
  preemptions: 0,
  memory: { limitBytes: 1, lowestAvailableBytes: 1, majorFaults: 0, stalledNanos: null },
};

/** A machine so many times slower than the other, as many looks tell. */
const watched = (slower: number): WatchedSpeed => ({ ...machineSpeed(27_000 * slower, 400_000 * slower), loopError: 0, wakingError: 0 });

/** Processes of 100 calls, two seconds; each process has a speed of its own, each call some noise that only lengthens it. */
function side(
  processes: number,
  { nanos = 20e6, spread = PROCESS_SPREAD, noise }: { nanos?: number; spread?: number; noise: () => number },
): ProcessSeries {
  const series = { nanos: [] as number[], blocks: [] as number[], signatures: [] as string[], machine: watched(1) };
  for (let process = 0; process < processes; process += 1) {
    const speed = nanos * Math.exp(spread * noise());
    for (let call = 0; call < 100; call += 1) {
      series.nanos.push(speed * (1 + 0.02 * Math.abs(noise())));
      series.blocks.push(process);
      series.signatures.push('float32[1,4]');
    }
  }
  return series;
}

/** How often `told` holds in so many draws. */
const share = (draws: number, told: (noise: () => number) => boolean): number => {
  const noise = normalsFrom(uniformFrom(7));
  return Array.from({ length: draws }, () => told(noise)).filter(Boolean).length / draws;
};

const verdictFor = (a: ProcessSeries, b: ProcessSeries) => verdictOf(processRatio(a, b, 0.95), 0.02);
const isTold = (a: ProcessSeries, b: ProcessSeries): boolean => ['faster', 'slower'].includes(verdictFor(a, b));

describe('runs compared by process', () => {
  it('calls equals different in at most 5 % of the draws, however many processes there are', () => {
    for (const processes of [1, 2, 5, 10])
      expect(share(1000, (noise) => isTold(side(processes, { noise }), side(processes, { noise })))).toBeLessThanOrEqual(0.06);
  });

  it('does not take a few calls that agree for certain, nor a process whose stretches do not agree', () => {
    const of = (nanos: readonly number[]): ProcessSeries => ({
      nanos: [...nanos],
      blocks: nanos.map(() => 0),
      signatures: nanos.map(() => 'x'),
      machine: null,
    });
    const errorOf = (nanos: readonly number[]): number => processRatio(of(nanos), of(nanos), 0.95).error;
    const alike = (calls: number): number[] => Array.from({ length: calls }, () => 1e6);
    // Four calls on a busy machine may all have been disturbed, by half of what they take.
    expect(errorOf(alike(4))).toBeGreaterThan(0.2);
    expect(errorOf(alike(4000))).toBeLessThan(0.01);
    // The fastest typical call of one quarter is a third faster than that of all others: it may be a lucky spell.
    const lucky = Array.from({ length: 4000 }, (_, call) => (call < 1000 ? 1e6 : 1.3e6));
    expect(errorOf(lucky)).toBeGreaterThan(Math.log(1.3));
  });

  it('and where processes differ twice as much as is known, the more of them the sooner it learns', () => {
    const wrong = [1, 5, 20].map((processes) =>
      share(500, (noise) =>
        isTold(side(processes, { noise, spread: 2 * PROCESS_SPREAD }), side(processes, { noise, spread: 2 * PROCESS_SPREAD })),
      ),
    );
    expect(wrong[1]).toBeLessThan(wrong[0]!);
    expect(wrong[2]).toBeLessThanOrEqual(0.1);
  });

  it('tells three times as slow from one process against one, and 25 % from twenty', () => {
    expect(share(200, (noise) => verdictFor(side(1, { noise }), side(1, { noise, nanos: 60e6 })) === 'slower')).toBeGreaterThan(0.95);
    expect(share(200, (noise) => verdictFor(side(20, { noise }), side(20, { noise, nanos: 25e6 })) === 'slower')).toBeGreaterThan(0.9);
  });

  it('never calls what lies within the noise that it names different', () => {
    const noise = normalsFrom(uniformFrom(3));
    for (let draw = 0; draw < 200; draw += 1) {
      const ratio = processRatio(side(1, { noise }), side(1, { noise }), 0.95);
      const difference = Math.max(ratio.value, 1 / ratio.value) - 1;
      if (difference < ratio.withinNoise) expect(ratio.interval[0] < 1 && ratio.interval[1] > 1).toBe(true);
    }
  });

  it('is less sure where nothing shows how fast the machine was', () => {
    const noise = normalsFrom(uniformFrom(4));
    const [a, b] = [side(1, { noise }), side(1, { noise })];
    expect(processRatio({ ...a, machine: null }, b, 0.95).withinNoise).toBeGreaterThan(2 * processRatio(a, b, 0.95).withinNoise);
  });

  it('is less sure of processes of few calls, and of those that came to speed for a shorter time', () => {
    const of = (calls: number): ProcessSeries => ({
      nanos: Array.from({ length: calls }, (_, call) => 1e6 + call),
      blocks: Array.from({ length: calls }, () => 0),
      signatures: Array.from({ length: calls }, () => 'float32[1,4]'),
      machine: watched(1),
    });
    const noise = (a: ProcessSeries, b: ProcessSeries): number => processRatio(a, b, 0.95).withinNoise;
    expect(noise(of(7), of(7))).toBeGreaterThan(1.5 * noise(of(2000), of(2000)));
    expect(noise(of(50), of(4000))).toBeGreaterThan(1.5 * noise(of(50), of(50)));
    expect(noise(of(2000), of(4000))).toBeLessThan(1.05 * noise(of(2000), of(2000)));
  });

  it("takes out of a machine's change only what the looks at it carry", () => {
    const looks = (low: number, median: number, samples: number) =>
      watchedSpeed([
        {
          ...CONDITIONS,
          samples,
          probeNanos: { low: 27_000, median: 27_000, high: 27_000 },
          referenceNanos: { low, median, high: median },
        },
      ]);
    expect(looks(400_000, 400_000, 4)).toBeNull();
    expect(watchedSpeed([undefined])).toBeNull();
    const [steady, slower, doubtful] = [looks(400_000, 400_000, 10)!, looks(800_000, 800_000, 10)!, looks(800_000, 8e6, 10)!];
    const whole = speedChange(steady, slower);
    expect(whole.share).toBeCloseTo(0.45 * Math.LN2, 9);
    const part = speedChange(steady, doubtful);
    expect(part.share).toBeLessThan(0.5 * whole.share);
    expect(part.error).toBeGreaterThan(1.5 * whole.error);
    expect(speedChange(slower, steady).share).toBeCloseTo(-whole.share, 12);
  });

  it('inverts when the sides are swapped', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), (seed, left, right) => {
        const noise = normalsFrom(uniformFrom(seed));
        const [a, b] = [side(left, { noise }), side(right, { noise })];
        const [there, back] = [processRatio(a, b, 0.95), processRatio(b, a, 0.95)];
        expect(back.value).toBeCloseTo(1 / there.value, 9);
        expect(back.interval[0]).toBeCloseTo(1 / there.interval[1], 9);
        expect(back.withinNoise).toBeCloseTo(there.withinNoise, 9);
      }),
      { numRuns: 30 },
    );
  });

  it('is not moved by which sizes a program happened to get', () => {
    const sizes = (counts: readonly (readonly [string, number, number])[]): ProcessSeries => {
      const calls = counts.flatMap(([signature, count, nanos]) => Array.from({ length: count }, () => ({ signature, nanos })));
      return {
        nanos: calls.map(({ nanos }) => nanos),
        signatures: calls.map(({ signature }) => signature),
        blocks: calls.map(() => 0),
        machine: null,
      };
    };
    const ratio = processRatio(
      sizes([
        ['a', 90, 1e6],
        ['b', 10, 9e6],
      ]),
      sizes([
        ['a', 10, 1e6],
        ['b', 90, 9e6],
        ['c', 500, 5],
      ]),
      0.95,
    );
    expect(ratio.value).toBeCloseTo(1, 12);
    expect(processRatio(sizes([['a', 9, 1]]), sizes([['b', 9, 1]]), 0.95).basis).toBe('too-few');
  });

  it('takes out a slower processor whole, and says how much less sure that makes it', () => {
    const noise = normalsFrom(uniformFrom(1));
    const at = (slower: number, series: ProcessSeries): ProcessSeries => ({
      ...series,
      nanos: series.nanos.map((nanos) => nanos * slower),
      machine: watched(slower),
    });
    const series = side(5, { noise });
    const ratio = processRatio(at(1, series), at(1.5, series), 0.95);
    expect(ratio.value).toBeCloseTo(1, 3);
    expect(ratio.withinNoise).toBeGreaterThan(processRatio(at(1, series), at(1, series), 0.95).withinNoise);
  });

  it('gives an interval that many processes make, not what was known beforehand', () => {
    const values = Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? 1 : -1));
    const { standardError } = betweenProcesses({ values, spread: 0.001 }, { values, spread: 0.001 });
    expect(standardError).toBeCloseTo(Math.sqrt(2 / 200), 2);
    expect(studentInterval(betweenProcesses({ values: [1], spread: 0.1 }, { values: [1], spread: 0.1 }), 0.95)[1]).toBeGreaterThan(0.25);
  });
});
