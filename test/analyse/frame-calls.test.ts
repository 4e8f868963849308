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

  it('of many calls is right to 0.05 %, and the same in whatever order they come', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), fc.constantFrom(1, 97, 5003), (scale, stride) => {
        const times = Array.from({ length: 5009 }, (_, i) => Math.floor((((i * stride) % 5009) ** 2 / 5009 ** 2) * scale));
        const [forth, back] = [times, times.toReversed()].map((list) => {
          const table = new FrameCallsTable();
          list.forEach((nanos, place) => table.add(0, place, nanos));
          return table.summaries(1)[0]!;
        });
        const sorted = [...times].sort((a, b) => a - b);
        const away = (found: number | null, exact: number): number => Math.abs(found! - exact) / Math.max(1, exact);
        expect(away(forth!.p50Nanos, sorted[2504]!)).toBeLessThan(0.00051 + 0.5 / Math.max(1, sorted[2504]!));
        expect(away(forth!.p99Nanos, sorted[4958]!)).toBeLessThan(0.00051 + 0.5 / Math.max(1, sorted[4958]!));
        expect([back!.seen, back!.p50Nanos, back!.p99Nanos]).toEqual([5009, forth!.p50Nanos, forth!.p99Nanos]);
      }),
      { numRuns: 20 },
    );
  });
});
