import { expect, it } from 'vitest';
import { analyse } from '../../src/analyse/analyse.js';
import type { Recording } from '../../src/model/recording.js';
import { spanKindCode } from '../../src/model/span.js';
import { stageCode } from '../../src/model/stage.js';
import { META } from '../analyse/fixtures.js';

const CALLS = 100;
const SPANS_PER_CALL = 10_000;

/** A million spans: 100 calls of two variants in rounds, each a root, stages and kernels of 60 names. */
function million(): Recording {
  const length = CALLS * SPANS_PER_CALL;
  const column = (value: (row: number, place: number) => number): number[] =>
    Array.from({ length }, (_, row) => value(row, row % SPANS_PER_CALL));
  const root = (row: number): number => row - (row % SPANS_PER_CALL);
  const callNanos = SPANS_PER_CALL * 100;
  return {
    meta: {
      ...META,
      variants: [
        { name: 'uncompiled', call: 'predict' },
        { name: 'compiled', call: 'predict' },
      ],
    },
    strings: ['predict', ...Array.from({ length: 60 }, (_, op) => `Op${op}`)],
    details: [{}, { outputShapes: ['[1,2]'] }],
    spans: {
      length,
      startNanos: Float64Array.from(column((row, place) => (root(row) / SPANS_PER_CALL) * 2 * callNanos + place * 100)),
      durationNanos: Float64Array.from(column((_, place) => (place === 0 ? callNanos : 90))),
      parent: Int32Array.from(column((row, place) => (place === 0 ? -1 : root(row)))),
      call: Uint32Array.from(column((row) => root(row) / SPANS_PER_CALL)),
      name: Uint32Array.from(column((_, place) => (place === 0 ? 0 : 1 + (place % 60)))),
      detail: Uint32Array.from(column((_, place) => (place === 0 ? 0 : 1))),
      stage: Uint8Array.from(column((_, place) => stageCode(place === 0 ? 'glue' : 'kernel-execution'))),
      kind: Uint8Array.from(column((_, place) => spanKindCode(place === 0 ? 'call' : 'kernel'))),
    },
    calls: Array.from({ length: CALLS }, (_, call) => ({
      variant: call % 2,
      rootSpan: call * SPANS_PER_CALL,
      startNanos: call * 2 * callNanos,
      latencyNanos: callNanos,
      temperature: 'warm',
      round: call >> 1,
      signature: 'float32[32,4]',
      batch: 32,
    })),
    gc: [],
    lostSpans: 0,
    complete: true,
  };
}

it('analyses a million spans, and prints how long it took', () => {
  const recording = million();
  const started = performance.now();
  const analysis = analyse([recording]);
  console.log(`a million spans: ${((performance.now() - started) / 1000).toFixed(2)} s`);
  expect(analysis.spans.recorded).toBe(1_000_000);
  expect(analysis.variants.map(({ calls }) => calls)).toEqual([50, 50]);
  expect(analysis.comparisons[0]!.ratio).toBe(1);
});
