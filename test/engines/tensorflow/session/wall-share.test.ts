import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Share, wallShares } from '../../../../src/engines/session/wall-share.js';

const intervals = fc.array(
  fc.record({ startNanos: fc.nat(1000), durationNanos: fc.nat(300), role: fc.constantFrom('kernel' as const, 'call' as const) }),
  { maxLength: 30 },
);

/** Reference: nanosecond by nanosecond. */
function slowShares(all: readonly Share[]): number[] {
  const shares = all.map(() => 0);
  for (let at = 0; at < 1400; at++) {
    const covering = all.flatMap((one, index) => (one.startNanos <= at && at < one.startNanos + one.durationNanos ? [index] : []));
    const kernels = covering.filter((index) => all[index]?.role === 'kernel');
    const running = kernels.length > 0 ? kernels : covering;
    for (const index of running) shares[index] = (shares[index] ?? 0) + 1 / running.length;
  }
  return shares;
}

describe('wallShares', () => {
  it('gives what counting each nanosecond gives', () => {
    fc.assert(
      fc.property(intervals, (all) => {
        const shares = wallShares(all);
        slowShares(all).forEach((share, index) => {
          expect(shares[index]).toBeCloseTo(share, 6);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('leaves a call what its body does not use', () => {
    const shares = wallShares([
      { startNanos: 0, durationNanos: 100, role: 'call' },
      { startNanos: 10, durationNanos: 30, role: 'kernel' },
      { startNanos: 20, durationNanos: 30, role: 'kernel' },
      { startNanos: 90, durationNanos: 0, role: 'kernel' },
    ]);
    expect([...shares]).toEqual([60, 20, 20, 0]);
  });
});
