import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameCallsTable } from '../../src/analyse/frame-calls.js';

describe('FrameCallsTable', () => {
  it('names the slowest calls of a frame, slowest first, and its median', () => {
    const table = new FrameCallsTable();
    [40, 10, 90, 70, 20].forEach((nanos, place) => table.add(1, place, nanos));
    table.add(0, 4, 7);
    expect(table.summaries(2)).toEqual([
      { seen: 1, p50Nanos: 7, p99Nanos: null, slowest: [4] },
      { seen: 5, p50Nanos: 40, p99Nanos: null, slowest: [2, 3, 0] },
    ]);
  });

  it('states p99 only with enough calls', () => {
    const table = new FrameCallsTable();
    for (let i = 1; i <= 299; i++) table.add(0, i, i);
    expect(table.summaries(1)[0]!.p99Nanos).toBe(297);
    expect(table.summaries(1)[0]!.p50Nanos).toBe(150);
  });

  it('agrees with sorting, whatever the times', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 50 }), { minLength: 1, maxLength: 40 }), (times) => {
        const table = new FrameCallsTable();
        times.forEach((nanos, place) => table.add(0, place, nanos));
        const [summary] = table.summaries(1);
        const falling = [...times].sort((a, b) => b - a);
        expect(summary!.slowest.map((place) => times[place])).toEqual(falling.slice(0, 3));
        expect(times.filter((t) => t <= summary!.p50Nanos).length).toBeGreaterThanOrEqual(times.length / 2);
      }),
    );
  });
});
