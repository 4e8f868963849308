import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { busiestLoop, busyLoop, heldByCalls } from '../../src/analyse/event-loop.js';
import { groupRowsByCall } from '../../src/analyse/call-rows.js';
import type { Recording, RecordingMeta } from '../../src/model/recording.js';
import type { Stage } from '../../src/model/stage.js';
import { readRecording } from '../../src/record/reader.js';
import { draw } from '../helpers/recordings.js';

const BASE = readRecording('test/fixtures/short-runs/0.isr');

/** One asynchronous call with stages at these milliseconds of its time. */
function callOf(stages: readonly (readonly [Stage, number, number])[], lengthMillis: number): Recording {
  const children = stages.map(([stage, from, to]) => ({ name: stage, stage, start: from * 1e6, duration: (to - from) * 1e6 }));
  const root = { name: 'predict', stage: 'unexplained', start: 0, duration: lengthMillis * 1e6, children } as const;
  return draw({ calls: [{ root, async: true }], meta: BASE.meta });
}
const heldIn = (recording: Recording) => heldByCalls(recording, groupRowsByCall(recording));
const held = (recording: Recording, number = 0) => heldIn(recording)![number]!;
const eventLoopOf = (recordings: readonly Recording[]) =>
  busiestLoop(recordings.flatMap((each) => busyLoop(each, heldIn(each) ?? []) ?? []));

describe('what a call holds of the event loop', () => {
  it('of a synchronous one is all of it', () => {
    const number = BASE.calls.findIndex(({ async, rootSpan }) => async !== true && rootSpan >= 0);
    const nanos = BASE.spans.durationNanos[BASE.calls[number]!.rootSpan]!;
    expect(held(BASE, number)).toEqual({ totalNanos: nanos, longestNanos: nanos });
  });

  it('of one that waits is what runs between the waits, stages that follow on one another as one', () => {
    const recording = callOf(
      [
        ['data-adapter', 0, 3],
        ['queue', 3, 10],
        ['data-adapter', 10, 11],
        ['kernel-execution', 11, 18],
        ['fetch', 18, 20],
      ],
      25,
    );
    const { totalNanos, longestNanos } = held(recording);
    expect(totalNanos / 1e6).toBeCloseTo(13, 3);
    expect(longestNanos / 1e6).toBeCloseTo(10, 3);
  });

  it('of one whose wait is too short to answer anything in is one stretch', () => {
    const stages = (wait: number) =>
      [
        ['data-adapter', 0, 30],
        ['queue', 30, 30 + wait],
        ['kernel-execution', 30 + wait, 250 + wait],
      ] as const;
    expect(held(callOf(stages(0.05), 260)).longestNanos / 1e6).toBeCloseTo(250, 3);
    expect(held(callOf(stages(0.2), 260)).longestNanos / 1e6).toBeCloseTo(220, 3);
  });

  it('is never more than its stages take, nor more at a stretch than in all', () => {
    const stage = fc.tuple(fc.constantFrom<Stage>('data-adapter', 'queue', 'kernel-execution', 'fetch'), fc.nat(50), fc.nat(10));
    fc.assert(
      fc.property(fc.array(stage, { maxLength: 12 }), (drawn) => {
        const stages = drawn.map(([name, from, length]) => [name, from, from + length] as const);
        const { totalNanos, longestNanos } = held(callOf(stages, 70));
        const running = stages.filter(([name]) => name !== 'queue').reduce((sum, [, from, to]) => sum + to - from, 0);
        expect(totalNanos).toBeLessThanOrEqual(running * 1e6 + 1000);
        expect(longestNanos).toBeLessThanOrEqual(totalNanos + 2000 * stages.length);
        expect(Math.min(totalNanos, longestNanos)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('how busy a program keeps its event loop', () => {
  const calls = Array.from({ length: 12 }, (_, at) => ({ root: null, startNanos: at * 100e6, latencyNanos: 25e6 }));
  const program = draw({ calls, meta: { ...BASE.meta, pid: 7 } });

  it('is the share of the time from its first to its last call', () => {
    expect(eventLoopOf([program])).toEqual({ heldShare: (12 * 25) / (11 * 100 + 25), seconds: 1.125, threads: 1 });
  });

  it('is of the thread that was held most', () => {
    const busy = { ...program, calls: program.calls.map((call) => ({ ...call, latencyNanos: 90e6 })) };
    expect(eventLoopOf([program, busy])).toMatchObject({ heldShare: (12 * 90) / (11 * 100 + 90), threads: 2 });
  });

  it('is not told of calls that were made to be measured, of few, of Python, of traces of a service', () => {
    expect(eventLoopOf([{ ...program, calls: program.calls.map((call) => ({ ...call, round: 1 })) }])).toBeNull();
    expect(eventLoopOf([{ ...program, calls: program.calls.slice(0, 5) }])).toBeNull();
    const traced = Object.fromEntries(Object.entries(program.meta).filter(([name]) => name !== 'pid')) as unknown as RecordingMeta;
    expect(heldIn({ ...program, meta: traced })).toBeNull();
    expect(eventLoopOf([{ ...program, meta: { ...program.meta, model: { ...program.meta.model, runtime: 'keras' } } }])).toBeNull();
  });

  it('of asynchronous calls without spans is taken from those that have them, and from nothing where none has', () => {
    const with10 = Array.from({ length: 20 }, () => ({
      root: {
        name: 'run',
        stage: 'unexplained',
        start: 0,
        duration: 10e6,
        children: [{ name: 'fetch', stage: 'fetch', start: 0, duration: 2e6 }],
      } as const,
      async: true,
    }));
    const whole = draw({ calls: with10, meta: BASE.meta });
    const calls = whole.calls.map((call, number) => ({ ...call, startNanos: number * 20e6 }));
    const thinned = (every: number): Recording => ({
      ...whole,
      calls: calls.map((call, number) => (number % every === 0 ? call : { ...call, rootSpan: -1, latencyNanos: 10e6 })),
    });
    const all = eventLoopOf([thinned(1)])!;
    expect(eventLoopOf([thinned(4)])!.heldShare).toBeCloseTo(all.heldShare, 9);
    expect(eventLoopOf([{ ...thinned(4), calls: calls.map((call) => ({ ...call, rootSpan: -1 })) }])).toBeNull();
  });
});
