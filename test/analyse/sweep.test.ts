import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { crossover, fitSweep, overheadShare } from '../../src/analyse/sweep.js';
import type { SweepFit, SweepPoint } from '../../src/model/sweep.js';
import { normalsFrom, uniformFrom } from '../../src/model/random.js';

const SIZES = [1, 2, 4, 8, 16, 32];

const points = (fixed: number, perItem: number, noise: number, normal: () => number, bend = 0): SweepPoint[] =>
  SIZES.flatMap((size) => [0, 1, 2].map(() => ({ size, nanos: (fixed + perItem * size + bend * size ** 2) * (1 + noise * normal()) })));

const lineOf = (made: readonly SweepPoint[]): SweepFit => {
  const result = fitSweep(made);
  if (result.kind !== 'line') throw new Error(result.refusal.kind);
  return result.fit;
};

describe('the sweep', () => {
  it('covers the true fixed and per-item cost and the true crossover 95 times in 100 (by simulation)', () => {
    const normal = normalsFrom(uniformFrom(11));
    const covered = { fixed: 0, perItem: 0, crossover: 0, overhead: 0 };
    let lines = 0;
    const runs = 1000;
    for (let run = 0; run < runs; run += 1) {
      const a = fitSweep(points(1e6, 2e5, 0.03, normal));
      const b = fitSweep(points(4e5, 3e5, 0.03, normal));
      if (a.kind !== 'line' || b.kind !== 'line') continue;
      lines += 1;
      const inside = ([low, high]: readonly [number, number], truth: number) => Number(low <= truth && truth <= high);
      covered.fixed += inside(a.fit.fixedNanos.interval, 1e6);
      covered.perItem += inside(a.fit.perItemNanos.interval, 2e5);
      covered.overhead += inside(overheadShare(a.fit, 5).interval, 0.5);
      const cross = crossover(a.fit, b.fit, 1, 32);
      if (cross.kind === 'crossover') covered.crossover += inside(cross.size.interval, 6);
    }
    console.log('coverage over', lines, 'lines', covered);
    expect(lines).toBeGreaterThan(980);
    for (const count of Object.values(covered)) {
      expect(count / lines).toBeGreaterThan(0.925);
      expect(count / lines).toBeLessThan(0.985);
    }
  });

  it('covers them where processes differ by 10 % as a whole, and does not without saying which process made what', () => {
    const normal = normalsFrom(uniformFrom(12));
    const covered = { fixed: 0, perItem: 0, crossover: 0, overhead: 0, unsaid: 0 };
    const runs = 1000;
    const inside = ([low, high]: readonly [number, number], truth: number) => Number(low <= truth && truth <= high);
    for (let run = 0; run < runs; run += 1) {
      const processes = [1, 2, 3].map((process) => ({ process, both: 0.1 * normal(), apart: 0.03 * normal() }));
      const drawn = (fixed: number, perItem: number, sign: number): SweepPoint[] =>
        processes.flatMap(({ process, both, apart }) =>
          SIZES.map((size) => ({
            size,
            process,
            nanos: (fixed + perItem * size) * Math.exp(both + (sign * apart) / 2) * (1 + 0.03 * normal()),
          })),
        );
      const [a, b] = [lineOf(drawn(1e5, 2e4, 1)), lineOf(drawn(4e4, 3e4, -1))];
      covered.fixed += inside(a.fixedNanos.interval, 1e5);
      covered.perItem += inside(a.perItemNanos.interval, 2e4);
      covered.overhead += inside(overheadShare(a, 5).interval, 0.5);
      const cross = crossover(a, b, 1, 32);
      covered.crossover += cross.kind === 'crossover' ? inside(cross.size.interval, 6) : 1;
      covered.unsaid += inside(lineOf(drawn(1e5, 2e4, 1).map(({ size, nanos }) => ({ size, nanos }))).perItemNanos.interval, 2e4);
    }
    console.log('coverage where processes differ', covered);
    const { unsaid, ...said } = covered;
    for (const count of Object.values(said)) expect(count / runs).toBeGreaterThan(0.93);
    // Nor by intervals that hold everything.
    for (const count of [said.fixed, said.perItem]) expect(count / runs).toBeLessThan(0.995);
    expect(unsaid / runs).toBeLessThan(0.9);
  });

  it('agrees with SciPy where all weights are equal', () => {
    const reference = JSON.parse(readFileSync(new URL('../fixtures/statistics/reference.json', import.meta.url), 'utf8'));
    const { x, y, fixed, slope } = reference.line[0];
    const made = x.map((size: number, i: number) => ({ size, nanos: 1e12 + Number(y[i]) }));
    const fit = lineOf(made);
    expect(fit.fixedNanos.value - 1e12).toBeCloseTo(fixed[0], 1);
    expect(fit.perItemNanos.value).toBeCloseTo(slope[0], 3);
    expect(fit.perItemNanos.interval[0]).toBeCloseTo(slope[1], 2);
    expect(fit.fixedNanos.interval[1] - 1e12).toBeCloseTo(fixed[2], 1);
  });

  it('agrees with NumPy and SciPy on weighted fits, lack of fit, crossovers by Fieller and the share of overhead', () => {
    const reference = JSON.parse(readFileSync(new URL('../fixtures/statistics/reference.json', import.meta.url), 'utf8'));
    const near = (ours: number, theirs: number, relative = 1e-7) =>
      expect(Math.abs(ours / theirs - 1), `${ours} against ${theirs}`).toBeLessThan(relative);
    for (const { x, a, b, fit, covariance, lackOfFitP, crossover: cross, overheadAt8 } of reference.sweep) {
      const [first, second] = [a, b].map((side: number[]) => lineOf(x.map((size: number, i: number) => ({ size, nanos: side[i]! }))));
      near(first!.fixedNanos.value, fit[0]);
      near(first!.perItemNanos.value, fit[1]);
      first!.covariance.forEach((ours, i) => near(ours, covariance[i]));
      near(first!.lackOfFitP!, lackOfFitP);
      const met = crossover(first!, second!, 1, 32);
      if (met.kind !== 'crossover') throw new Error(`no crossover but ${met.kind}`);
      [met.size.value, ...met.size.interval].forEach((ours, i) => near(ours, cross[i]));
      const { value, interval } = overheadShare(first!, 8);
      // The reference differentiates numerically.
      [value, ...interval].forEach((ours, i) => near(ours, overheadAt8[i], 1e-5));
    }
  });

  it('refuses where the line does not fit, and with too few sizes', () => {
    const normal = normalsFrom(uniformFrom(3));
    expect(fitSweep(points(1e6, 1e5, 0.01, normal, 3e5))).toMatchObject({
      kind: 'refused',
      refusal: { kind: 'no-line', size: expect.any(Number), share: expect.any(Number) },
    });
    expect(fitSweep(points(1e6, 1e5, 0.01, normal).filter(({ size }) => size < 4))).toMatchObject({
      kind: 'refused',
      refusal: { kind: 'few-sizes', sizes: 2 },
    });
  });

  it('claims no crossover outside of the sizes measured, nor between lines that are the same', () => {
    const normal = normalsFrom(uniformFrom(4));
    const base = lineOf(points(1e6, 2e5, 0.01, normal));
    expect(crossover(base, lineOf(points(3e5, 1e5, 0.01, normal)), 1, 32)).toEqual({ kind: 'none', faster: 'candidate' });
    expect(crossover(base, lineOf(points(1e6, 2e5, 0.05, normal)), 1, 32).kind).toBe('cannot-tell');
    const there = crossover(base, lineOf(points(4e5, 3e5, 0.01, normal)), 1, 32);
    expect(there).toMatchObject({ kind: 'crossover', fasterBelow: 'candidate' });
  });
});
