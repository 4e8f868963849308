import { expect, it } from 'vitest';
import { analyse } from '../../src/analyse/analyse.js';
import type { Recording } from '../../src/model/recording.js';
import { draw, type DrawnCall } from '../helpers/recordings.js';

const CALLS = 100;
const SPANS_PER_CALL = 10_000;
const CALL_NANOS = SPANS_PER_CALL * 100;

/** A million spans: 100 calls of two variants in rounds, each a root and kernels of 60 names. */
function million(): Recording {
  const detail = { outputShapes: ['[1,2]'] };
  const calls = Array.from({ length: CALLS }, (_, call): DrawnCall => {
    const start = call * 2 * CALL_NANOS;
    const children = Array.from({ length: SPANS_PER_CALL - 1 }, (__, place) => ({
      name: `Op${place % 60}`,
      stage: 'kernel-execution' as const,
      kind: 'kernel' as const,
      start: start + (place + 1) * 100,
      duration: 90,
      detail,
    }));
    return { variant: call % 2, round: call >> 1, root: { name: 'predict', start, duration: CALL_NANOS, children } };
  });
  return draw({
    calls,
    variants: [
      { name: 'uncompiled', call: 'predict' },
      { name: 'compiled', call: 'predict' },
    ],
  });
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
