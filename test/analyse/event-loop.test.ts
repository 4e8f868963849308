import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { busiestLoop, busyLoop, heldByCalls } from '../../src/analyse/event-loop.js';
import { groupRowsByCall } from '../../src/analyse/call-rows.js';
import type { CallRecord, Recording, RecordingMeta } from '../../src/model/recording.js';
import { KIND, STAGE } from '../../src/model/codes.js';
import { readRecording } from '../../src/record/reader.js';

const BASE = readRecording('test/fixtures/short-runs/0.isr');

type Stage = 'adapter' | 'queue' | 'kernels' | 'fetch';

/** One asynchronous call with stages at these milliseconds of its time. */
function callOf(stages: readonly (readonly [Stage, number, number])[], lengthMillis: number): Recording {
  const rows = [['unexplained', 0, lengthMillis] as const, ...stages];
  const column = (of: (row: (typeof rows)[number], at: number) => number): number[] => rows.map(of);
  const spans = {
    length: rows.length,
    startNanos: Float64Array.from(column(([, from]) => from * 1e6)),
    durationNanos: Float64Array.from(column(([, from, to]) => (to - from) * 1e6)),
    parent: Int32Array.from(column((_, at) => (at === 0 ? -1 : 0))),
    call: new Uint32Array(rows.length),
    name: new Uint32Array(rows.length),
    detail: new Uint32Array(rows.length),
    stage: Uint8Array.from(column(([stage]) => STAGE[stage])),
    kind: Uint8Array.from(column((_, at) => (at === 0 ? KIND.call : KIND.stage))),
  };
  const call: CallRecord = {
    variant: 0,
    rootSpan: 0,
    startNanos: 0,
    latencyNanos: lengthMillis * 1e6,
    temperature: 'warm',
    round: -1,
    signature: 'float32[1]',
    batch: 1,
    async: true,
  };
  return { ...BASE, spans, calls: [call] };
}
const heldIn = (recording: Recording) => heldByCalls(recording, groupRowsByCall(recording));
const held = (recording: Recording, number = 0) => heldIn(recording)![number]!;
const eventLoopOf = (recordings: readonly Recording[]) => busiestLoop(recordings.flatMap((each) => busyLoop(each, heldIn(each)) ?? []));

describe('what a call holds of the event loop', () => {
  it('of a synchronous one is all of it', () => {
    const number = BASE.calls.findIndex(({ async, rootSpan }) => async !== true && rootSpan >= 0);
    const nanos = BASE.spans.durationNanos[BASE.calls[number]!.rootSpan]!;
    expect(held(BASE, number)).toEqual({ totalNanos: nanos, longestNanos: nanos });
  });

  it('of one that waits is what runs between the waits, stages that follow on one another as one', () => {
    const recording = callOf(
      [
        ['adapter', 0, 3],
        ['queue', 3, 10],
        ['adapter', 10, 11],
        ['kernels', 11, 18],
        ['fetch', 18, 20],
      ],
      25,
    );
    const { totalNanos, longestNanos } = held(recording);
    expect(totalNanos / 1e6).toBeCloseTo(13, 3);
    expect(longestNanos / 1e6).toBeCloseTo(10, 3);
  });

  it('is never more than its stages take, nor more at a stretch than in all', () => {
    const stage = fc.tuple(fc.constantFrom<Stage>('adapter', 'queue', 'kernels', 'fetch'), fc.nat(50), fc.nat(10));
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
  const calls = Array.from({ length: 12 }, (_, at) => ({
    variant: 0,
    rootSpan: -1,
    startNanos: at * 100e6,
    latencyNanos: 25e6,
    temperature: 'warm' as const,
    round: -1,
    signature: 'float32[1]',
    batch: 1,
  }));
  const empty = readRecording('test/fixtures/short-runs/0.isr').spans;
  const program: Recording = { ...BASE, meta: { ...BASE.meta, pid: 7 }, spans: { ...empty, length: 0 }, calls };

  it('is the share of the time from its first to its last call', () => {
    expect(eventLoopOf([program])).toEqual({ heldShare: (12 * 25) / (11 * 100 + 25), seconds: 1.125, threads: 1 });
  });

  it('is of the thread that was held most', () => {
    const busy = { ...program, calls: calls.map((call) => ({ ...call, latencyNanos: 90e6 })) };
    expect(eventLoopOf([program, busy])).toMatchObject({ heldShare: (12 * 90) / (11 * 100 + 90), threads: 2 });
  });

  it('is not told of calls that were made to be measured, of few, of Python, of traces of a service', () => {
    expect(eventLoopOf([{ ...program, calls: calls.map((call) => ({ ...call, round: 1 })) }])).toBeNull();
    expect(eventLoopOf([{ ...program, calls: calls.slice(0, 5) }])).toBeNull();
    const traced = Object.fromEntries(Object.entries(program.meta).filter(([name]) => name !== 'pid')) as unknown as RecordingMeta;
    expect(heldIn({ ...program, meta: traced })).toBeNull();
    expect(eventLoopOf([{ ...program, meta: { ...program.meta, model: { ...program.meta.model, runtime: 'keras' } } }])).toBeNull();
  });
});
