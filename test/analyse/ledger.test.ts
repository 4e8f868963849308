import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attribute } from '../../src/analyse/attribution.js';
import { groupRowsByCall, latencyOf } from '../../src/analyse/call-rows.js';
import { ledgerOfCall } from '../../src/analyse/ledger.js';
import { sweep } from '../../src/analyse/sweep-line.js';
import { gcClock } from '../../src/analyse/gc-clock.js';
import type { Recording } from '../../src/model/recording.js';
import { STAGES, stageCode } from '../../src/model/stage.js';
import { arbitraryRun } from '../helpers/arbitrary-run.js';
import { draw } from '../helpers/recordings.js';

const ledgers = (recording: Recording): Record<string, number>[] => {
  const rows = groupRowsByCall(recording);
  const attribution = attribute(recording, rows);
  return recording.calls.map((_, call) => {
    const ledger = ledgerOfCall(recording, rows, attribution, call);
    return Object.fromEntries(STAGES.map((stage) => [stage, ledger[stageCode(stage)]!]).filter(([, nanos]) => nanos !== 0));
  });
};

describe('the ledger of a call', () => {
  it('gives each stage the self time of its spans and the rest of a sync call to the root', () => {
    // 0        10        20        30        40        50
    // |predict.............................................|
    //     |adapter.|    |kernel-execution........|
    //                       |MatMul.|
    const recording = draw({
      calls: [
        {
          root: {
            name: 'predict',
            stage: 'glue',
            start: 0,
            duration: 53,
            children: [
              { name: 'data-adapter', stage: 'data-adapter', start: 4, duration: 10 },
              {
                name: 'kernel-execution',
                stage: 'glue',
                start: 19,
                duration: 25,
                children: [{ name: 'MatMul', kind: 'kernel', stage: 'kernel-execution', start: 23, duration: 9 }],
              },
            ],
          },
        },
      ],
    });
    expect(ledgers(recording)).toEqual([{ 'data-adapter': 10, 'kernel-execution': 9, glue: 18 + 16 }]);
  });

  it('takes a collection out of the spans it fell in', () => {
    const root = {
      name: 'predict',
      stage: 'glue',
      start: 100,
      duration: 100,
      children: [{ name: 'k', stage: 'kernel-execution', start: 120, duration: 50 }],
    } as const;
    const gc = [
      { startNanos: 110, durationNanos: 20, type: 'scavenge' },
      { startNanos: 195, durationNanos: 50, type: 'scavenge' },
    ];
    expect(ledgers(draw({ calls: [{ root }], gc }))).toEqual([{ 'kernel-execution': 40, glue: 35, gc: 25 }]);
  });

  it('takes a pause out of the calls of the process that paused, and one of no process out of all', () => {
    const root = { name: 'predict', stage: 'kernel-execution', start: 100, duration: 100 } as const;
    const drawn = draw({ calls: [{ root }, { root }] });
    const pauses = [
      { startNanos: 110, durationNanos: 20, type: 'scavenge', process: 'a' },
      { startNanos: 150, durationNanos: 5, type: 'scavenge' },
    ];
    const recording = { ...drawn, calls: drawn.calls.map((call, index) => ({ ...call, process: ['a', 'b'][index]! })), gc: pauses };
    expect(ledgers(recording)).toEqual([
      { 'kernel-execution': 75, gc: 25 },
      { 'kernel-execution': 95, gc: 5 },
    ]);
  });

  it('counts a pause inside a pause once', () => {
    const clock = gcClock([
      { startNanos: 10, durationNanos: 30, type: 'mark-sweep-compact' },
      { startNanos: 20, durationNanos: 5, type: 'weak-callbacks' },
    ]);
    expect([clock.between(0, 100), clock.between(15, 22), clock.between(40, 50)]).toEqual([30, 7, 0]);
  });

  it('takes our own cost from the span and from its parent, never more than is there', () => {
    const root = {
      name: 'predict',
      stage: 'glue',
      start: 0,
      duration: 30,
      children: [
        { name: 'a', stage: 'data-adapter', start: 0, duration: 2 },
        { name: 'b', stage: 'kernel-execution', start: 10, duration: 10 },
      ],
    } as const;
    const tool = { insideNanos: 3, outsideNanos: 4 };
    expect(ledgers(draw({ calls: [{ root }], tool }))).toEqual(
      [{ 'data-adapter': 0, 'kernel-execution': 7, glue: 18 - 11, tool: 2 + 3 + 11 }].map((ledger) =>
        Object.fromEntries(Object.entries(ledger).filter(([, nanos]) => nanos !== 0)),
      ),
    );
  });

  it('calls the root self time of an async call waiting, and counts parallel branches once', () => {
    // 0        10        20
    // |predictAsync..........|
    //   |a.......|
    //       |b.......|
    const root = {
      name: 'predictAsync',
      stage: 'glue',
      start: 0,
      duration: 24,
      children: [
        { name: 'a', stage: 'kernel-execution', start: 2, duration: 9 },
        { name: 'b', stage: 'data-adapter', start: 6, duration: 9 },
      ],
    } as const;
    expect(ledgers(draw({ calls: [{ root, async: true }] }))).toEqual([{ 'kernel-execution': 4, 'data-adapter': 9, unexplained: 11 }]);
  });

  for (const form of ['nested', 'wild'] as const) {
    it(`closes exactly on ${form} spans, with gc, tool cost and async calls, and has no negative stage`, () => {
      fc.assert(
        fc.property(arbitraryRun(form), (run) => {
          const recording = draw(run);
          ledgers(recording).forEach((ledger, call) => {
            const values = Object.values(ledger);
            expect(values.reduce((sum, nanos) => sum + nanos, 0)).toBe(latencyOf(recording, call));
            expect(values.every((nanos) => nanos >= 0 && Number.isInteger(nanos))).toBe(true);
          });
        }),
        { seed: 3, numRuns: 300 },
      );
    });
  }

  it('gives the same by the sweep as by subtraction where spans nest', () => {
    fc.assert(
      fc.property(arbitraryRun('nested'), (run) => {
        const recording = draw(run);
        const rows = groupRowsByCall(recording);
        const fast = attribute(recording, rows);
        const wallSelf = new Float64Array(recording.spans.length);
        const gc = new Float64Array(recording.spans.length);
        recording.calls.forEach((call, index) => {
          const own = rows.order.subarray(rows.offset[index], rows.offset[index + 1]);
          sweep(recording, own, call.rootSpan, gcClock(recording.gc), { wallSelf, gc });
        });
        expect([...wallSelf]).toEqual([...fast.wallSelf]);
        expect([...gc]).toEqual([...fast.gc]);
      }),
      { seed: 4, numRuns: 300 },
    );
  });
});
