import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CallPoint } from '../../src/model/analysis.js';
import { thinPoints } from '../../src/report/studies/sweep/thin-points.js';

const point = (latencyNanos: number, over: Partial<CallPoint> = {}): CallPoint =>
  ({ latencyNanos, temperature: 'warm', ...over }) as CallPoint;
const kept = (points: readonly CallPoint[], most: number) => thinPoints(points, most).map(({ index }) => index);

it('keeps of each stretch the slowest and the fastest, where they were', () => {
  expect(
    kept(
      [5, 9, 1, 4, 7, 7, 3, 8].map((latency) => point(latency)),
      4,
    ),
  ).toEqual([1, 2, 6, 7]);
  expect(
    kept(
      [5, 9, 1].map((latency) => point(latency)),
      3,
    ),
  ).toEqual([0, 1, 2]);
});

it('keeps every cold and every failed call', () => {
  expect(
    kept(
      [point(5, { temperature: 'cold-session' }), point(4), point(3), point(2), point(9, { error: 'x' }), point(1), point(6), point(7)],
      2,
    ),
  ).toEqual([0, 4, 5, 7]);
});

it('never has more ordinary calls than asked for, and keeps the extremes of all', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(1000), { minLength: 1, maxLength: 300 }),
      fc.integer({ min: 2, max: 50 }).map((half) => 2 * half),
      (latencies, most) => {
        const left = thinPoints(
          latencies.map((latency) => point(latency)),
          most,
        ).map((placed) => placed.point.latencyNanos);
        expect(left.length).toBeLessThanOrEqual(most);
        expect([Math.min(...left), Math.max(...left)]).toEqual([Math.min(...latencies), Math.max(...latencies)]);
      },
    ),
  );
});
