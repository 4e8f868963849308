import { describe, expect, it } from 'vitest';
import { cpuFigure, stretchEndedBy } from '../../src/analyse/cpu.js';
import type { CpuUse, ThreadUse } from '../../src/model/cpu.js';
import type { CallRecord, Environment } from '../../src/model/recording.js';
import type { VariantAnalysis } from '../../src/model/analysis.js';
import { threadFindings } from '../../src/analyse/findings/advice/threads.js';
import { tellAdvice } from '../../src/report/advice/advise.js';
import { readRecording } from '../../src/record/reader.js';

const BASE = readRecording('test/fixtures/short-runs/0.isr').meta.environment;
const machine = (cpuCount: number, intraOp: number | null = null): Environment => ({
  ...BASE,
  cpuCount,
  threads: { intraOp, interOp: null },
});
const times = (millis: number, systemMillis = 0) => ({ nanos: millis * 1e6, systemNanos: systemMillis * 1e6 });

/** Ten calls in `wall` milliseconds, of which threads took so many. */
function stretch(wall: number, javascript: number, native: number, over: Partial<ThreadUse> = {}): CpuUse {
  return {
    calls: 10,
    wallNanos: wall * 1e6,
    process: times(javascript + native + 1, 1),
    threads: { javascript: times(javascript), native: times(native), other: times(1), nativeThreads: 3, waitNanos: 0, ...over },
  };
}

describe('processor time of calls', () => {
  it('is a mean over the stretches, by group, with efficiency over the threads that ran', () => {
    expect(cpuFigure([stretch(100, 90, 110), stretch(100, 70, 130)], machine(8))).toMatchObject({
      calls: 20,
      stretches: 2,
      wallNanosPerCall: 10e6,
      groups: { javascript: { nanos: 8e6 }, native: { nanos: 12e6 }, other: { nanos: 1e5 } },
      busyCores: 2,
      threads: 4,
      efficiency: 0.5,
      waitShare: 0,
      limit: null,
    });
  });

  it('of a pool of workers is shared out among the calls of all of them', () => {
    // Two workers take 5 ms of JavaScript and 3 ms of the engine per call; a stretch of one has ten calls, and as many of the other's.
    const looked = [8, 13, 9].map((otherCalls) => ({
      ...stretch(100, 50, 60, { other: times(5 * otherCalls) }),
      process: times(50 + 60 + 5 * otherCalls),
      otherCalls,
    }));
    const { perCall, groups, busyCores, otherCalls } = cpuFigure(looked, machine(8))!;
    expect(otherCalls).toBe(30);
    expect(
      [perCall.nanos, groups!.javascript.nanos, groups!.native.nanos, groups!.other.nanos].map((nanos) => Math.round(nanos / 1e4) / 100),
    ).toEqual([8, 5, 3, 0]);
    expect(busyCores).toBeCloseTo((50 + 30) / 100, 9);
  });

  it('is not told from one call or two', () => {
    const one = { ...stretch(10, 9, 11), calls: 1 };
    expect(cpuFigure([one, one], machine(8))).toBeNull();
    expect(cpuFigure([one, one, one], machine(8))?.calls).toBe(3);
    expect(cpuFigure([], machine(8))).toBeNull();
  });

  it('leaves out stretches of which threads took more than the process: looking took longer than the calls', () => {
    const right = stretch(100, 90, 100);
    const wrong = { ...stretch(100, 0, 300), process: times(100) };
    expect(cpuFigure([right, wrong], machine(8))).toEqual(cpuFigure([right], machine(8)));
    expect(cpuFigure([wrong], machine(8))).toBeNull();
  });

  it('counts the threads that were chosen, and never more than there are processors', () => {
    expect(cpuFigure([stretch(100, 100, 100)], machine(8, 8))).toMatchObject({ threads: 8, efficiency: 0.25 });
    expect(cpuFigure([stretch(100, 100, 100)], machine(2, 8))).toMatchObject({ threads: 2, efficiency: 1 });
    expect(cpuFigure([stretch(100, 90, 0, { nativeThreads: 0 })], machine(8))).toMatchObject({ threads: 1, efficiency: 0.9 });
  });

  it('leaves out stretches in which others had the processors, and tells no efficiency where all are such', () => {
    const quiet = stretch(100, 90, 110);
    const busy = stretch(300, 90, 110, { waitNanos: 400e6 });
    expect(cpuFigure([quiet, busy, quiet, busy, quiet], machine(8))).toMatchObject({ stretches: 3, busyCores: 2 });
    expect(cpuFigure([busy, busy], machine(8))).toMatchObject({
      busyCores: null,
      efficiency: null,
      waitShare: 2 / 3,
      groups: { native: { nanos: 11e6 } },
    });
  });

  it('of the process as a whole has no groups; coarse counts of the system stay within the whole', () => {
    const { calls, wallNanos, process } = stretch(100, 90, 110);
    expect(cpuFigure([{ calls, wallNanos, process }], machine(8))).toMatchObject({
      groups: null,
      threads: null,
      efficiency: null,
      busyCores: 2.01,
    });
    const { systemNanos, nanos } = cpuFigure([stretch(100, 3, 0, { javascript: times(3, 10) })], machine(2))!.groups!.javascript;
    expect(systemNanos).toBe(nanos);
    expect(cpuFigure([], machine(2))).toBeNull();
  });

  it('is held back by a limit for a share of the time, the whole at most', () => {
    const limited = (throttled: number): CpuUse => ({ ...stretch(100, 90, 110), limit: { cores: 1.5, throttledNanos: throttled * 1e6 } });
    expect(cpuFigure([limited(10), limited(20)], machine(8))?.limit).toEqual({ cores: 1.5, throttledShare: 0.15 });
    expect(cpuFigure([limited(900)], machine(8))?.limit?.throttledShare).toBe(1);
  });
});

describe('a stretch', () => {
  const call = (over: Partial<CallRecord> = {}): CallRecord => ({
    variant: 0,
    rootSpan: -1,
    startNanos: 0,
    latencyNanos: 1,
    temperature: 'warm',
    round: 3,
    signature: '',
    batch: 1,
    ...over,
  });
  const use = { ...stretch(100, 1, 1), calls: 3 };
  it.each([
    ['of warm calls counts', {}, true],
    ['with a traced one does not', { traced: true }, false],
    ['with a cold one does not', { temperature: 'cold-signature' }, false],
    ['with one that failed does not', { error: 'no' }, false],
    ['with one of another round does not', { round: 2 }, false],
  ] as const)('%s', (_, over, counts) => {
    const calls = [call(), call(over), call(), call({ cpu: use })];
    expect(stretchEndedBy(calls, 3)).toBe(counts ? use : null);
    expect(stretchEndedBy(calls, 2)).toBeNull();
    expect(stretchEndedBy(calls.slice(2), 1)).toBeNull();
  });
});

describe('advice on threads', () => {
  const variant = (cpu: CpuUse, environment: Environment): VariantAnalysis =>
    ({ key: 'graph/predict', cpu: cpuFigure([cpu], environment) }) as unknown as VariantAnalysis;
  const trial = (ratio: number, interval: readonly [number, number]) =>
    ({ id: 'threads', variant: 'graph/predict', change: 'N=1 instead of 2 threads', threads: 1, ratio, interval, rounds: 20 }) as const;
  const two = variant(stretch(100, 90, 80), machine(2));

  it('one is as fast and leaves the other processor to others', () => {
    const [found] = threadFindings(two, [trial(1, [0.98, 1.01])]);
    expect(tellAdvice(found!, 'layers-model').sentence).toBe(
      'Set the number of threads inside an operation to 1 (N=1 instead of 2 threads): a call takes no longer, and at least 41 % of its processor time is left to other requests.',
    );
  });

  it('none where one is slower, where that is not sure, where little is left, or nothing was tried', () => {
    expect(threadFindings(two, [trial(1.3, [1.2, 1.4])])).toEqual([]);
    expect(threadFindings(two, [trial(1, [0.9, 1.1])])).toEqual([]);
    expect(threadFindings(variant(stretch(100, 90, 20), machine(2)), [trial(1, [0.98, 1.01])])).toEqual([]);
    expect(threadFindings(two, [])).toEqual([]);
  });

  it('as many as a limit allows, where it held calls back and fewer were not tried', () => {
    const limited = variant({ ...stretch(100, 90, 110), limit: { cores: 1.5, throttledNanos: 30e6 } }, machine(8));
    expect(threadFindings(limited, []).map(({ id }) => id)).toEqual(['threads-limit']);
    expect(threadFindings(limited, [trial(1.3, [1.2, 1.4])])).toEqual([]);
  });
});
