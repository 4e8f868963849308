import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toldAnalysis as analyse } from '../../src/runs/told.js';
import { latencyRatio } from '../../src/analyse/ratio.js';
import { adjustFalseDiscovery } from '../../src/analyse/statistics/false-discovery.js';
import type { Comparison, DiffNode } from '../../src/model/analysis.js';
import { normalsFrom, uniformFrom } from '../../src/model/random.js';
import { draw, type DrawnCall } from '../helpers/recordings.js';
import { verdictOf } from '../../src/model/verdict.js';

const VARIANTS = [
  { name: 'uncompiled', call: 'predict' },
  { name: 'compiled', call: 'predict' },
];

const flat = (node: DiffNode): DiffNode[] => [node, ...node.children.flatMap(flat)];

/** Interleaved rounds; `kernel(variant, random)` gives the kernel's nanoseconds. */
function rounds(count: number, seed: number, kernel: (variant: number, noise: number) => number): DrawnCall[] {
  const noise = normalsFrom(uniformFrom(seed));
  const calls: DrawnCall[] = [];
  let start = 0;
  for (let round = 0; round < count; round += 1) {
    for (const variant of [0, 1]) {
      const duration = Math.round(kernel(variant, noise()));
      const children = [
        { name: 'adapter', stage: 'data-adapter', start: start + 100, duration: 20_000 },
        { name: 'MatMul', kind: 'kernel', stage: 'kernel-execution', start: start + 30_000, duration },
      ] as const;
      calls.push({ variant, round, root: { name: 'predict', stage: 'glue', start, duration: duration + 40_000, children } });
      start += duration + 50_000;
    }
  }
  return calls;
}

const compareOne = (calls: readonly DrawnCall[]): Comparison => {
  const [comparison] = analyse([draw({ calls, variants: VARIANTS })]).comparisons;
  return comparison!;
};

describe('comparing variants', () => {
  it('finds a kernel that doubled, and colours only it and the root', () => {
    const comparison = compareOne(rounds(30, 1, (variant, noise) => (variant === 0 ? 50_000 : 100_000) + noise * 3000));
    expect(comparison.verdict).toBe('slower');
    expect(comparison.ratio).toBeCloseTo(140 / 90, 1);
    expect(comparison.sentence).toMatch(
      /^compiled\/predict takes 1\.5\d × the time of uncompiled\/predict \(95 % 1\.\d\d – 1\.\d\d\): 1\.5\d times as slow\.$/,
    );
    expect(
      flat(comparison.diff)
        .filter((node) => node.significant)
        .map(({ name }) => name),
    ).toEqual(['predict', 'MatMul']);
    expect(comparison.diff.children[1]!.shiftNanos).toBeCloseTo(50_000, -4);
  });

  it('says "no difference" only when the interval fits the practical band', () => {
    const same = compareOne(rounds(40, 2, (_, noise) => 50_000 + noise * 1000));
    expect(same.verdict).toBe('no-difference');
    expect(same.sentence).toContain(': no difference; compile() does not change predict in tfjs.');
    expect(flat(same.diff).some((node) => node.significant)).toBe(false);
    const wide = compareOne(rounds(10, 3, (_, noise) => 50_000 + noise * 15_000));
    expect(wide.verdict).toBe('cannot-tell');
    expect(wide.sentence).toContain('inconclusive, more calls are needed');
  });

  it('is not fooled by drift that both variants share', () => {
    let drift = 1;
    const drifting = rounds(40, 4, (variant, noise) => {
      if (variant === 0) drift *= 1.03;
      return 50_000 * drift + noise * 500;
    });
    expect(['no-difference', 'cannot-tell']).toContain(compareOne(drifting).verdict);
  });

  it('withholds a verdict from a handful of calls', () => {
    const few = compareOne(rounds(2, 5, (variant) => (variant === 0 ? 10_000 : 90_000)));
    expect(few).toMatchObject({ verdict: 'cannot-tell' });
    expect(few.withheld).toContain('at least 6 calls');
  });

  it('finds no difference between a variant and itself, exactly', () => {
    const calls = rounds(12, 6, (_, noise) => 50_000 + noise * 4000).filter(({ variant }) => variant === 0);
    const twin = calls.map((call) => ({ ...call, variant: 1 }));
    const comparison = compareOne([...calls, ...twin]);
    expect(comparison).toMatchObject({ ratio: 1, interval: [1, 1], verdict: 'no-difference' });
    for (const node of flat(comparison.diff))
      expect(node).toMatchObject({ shiftNanos: 0, interval: [0, 0], significant: false, selfInterval: [0, 0], selfSignificant: false });
  });

  it('negates every shift and inverts the ratio when the sides are swapped', () => {
    const calls = rounds(15, 7, (variant, noise) => 40_000 + variant * 9000 + noise * 4000);
    const there = compareOne(calls);
    const back = compareOne(calls.map((call) => ({ ...call, variant: 1 - call.variant! })));
    expect(back.ratio).toBeCloseTo(1 / there.ratio, 12);
    expect(back.interval[0]).toBeCloseTo(1 / there.interval[1], 12);
    const [left, right] = [flat(there.diff), flat(back.diff)];
    left.forEach((node, index) => {
      expect(right[index]!.shiftNanos).toBeCloseTo(-node.shiftNanos, 6);
      expect(right[index]!.interval[0]).toBeCloseTo(-node.interval[1], 6);
      expect(right[index]!.significant).toBe(node.significant);
    });
  });

  it('keeps frames that one side lacks, with zeros', () => {
    const calls = rounds(12, 8, () => 50_000).map((call) =>
      call.variant === 0 ? call : { ...call, root: { ...call.root!, children: call.root!.children!.slice(0, 1) } },
    );
    const gone = compareOne(calls).diff.children[1]!;
    expect(gone).toMatchObject({ name: 'MatMul', shiftNanos: -50_000, candidate: { count: 0, totalNanosPerCall: 0 }, significant: true });
  });
});

describe('self times of a difference', () => {
  /** The root's own time rises by what its kernel loses: the call takes as long as before. */
  const traded = (noise: number): DrawnCall[] =>
    rounds(20, 9, (_, random) => 60_000 + random * noise).map((call) => {
      const [adapter, kernel] = call.root!.children!;
      return call.variant === 0
        ? call
        : { ...call, root: { ...call.root!, children: [adapter!, { ...kernel!, duration: kernel!.duration - 20_000 }] } };
    });
  const ownShift = ({ baseline, candidate }: DiffNode): number => candidate.selfNanosPerCall - baseline.selfNanosPerCall;

  it('have intervals of their own: a shift inside a call that takes as long is seen', () => {
    const { diff } = compareOne(traded(1000));
    expect(flat(diff).map(({ name, significant, selfSignificant }) => `${name} ${significant} ${selfSignificant}`)).toEqual([
      'predict false true',
      'adapter false false',
      'MatMul true true',
    ]);
    expect(ownShift(diff)).toBeCloseTo(20_000, -2);
    expect(diff.selfInterval[0]).toBeGreaterThan(15_000);
  });

  it('are a leaf’s total, and lie inside their interval', () => {
    for (const node of flat(compareOne(traded(8000)).diff)) {
      expect(node.selfInterval[0]).toBeLessThanOrEqual(ownShift(node) + 1e-6);
      expect(node.selfInterval[1]).toBeGreaterThanOrEqual(ownShift(node) - 1e-6);
      if (node.children.length > 0) continue;
      expect(node.selfInterval).toEqual(node.interval);
    }
  });

  it('are negated when the sides are swapped', () => {
    const calls = traded(8000);
    const there = flat(compareOne(calls).diff);
    const back = flat(compareOne(calls.map((call) => ({ ...call, variant: 1 - call.variant! }))).diff);
    there.forEach((node, index) => {
      expect(back[index]!.selfInterval[0]).toBeCloseTo(-node.selfInterval[1], 6);
      expect(back[index]!.selfInterval[1]).toBeCloseTo(-node.selfInterval[0], 6);
      expect(back[index]!.selfSignificant).toBe(node.selfSignificant);
    });
  });
});

describe('the ratio', () => {
  it('swaps and ignores the unit, for any latencies', () => {
    const latencies = fc.array(fc.integer({ min: 1, max: 1e9 }), { minLength: 6, maxLength: 40 });
    fc.assert(
      fc.property(latencies, latencies, fc.integer({ min: 2, max: 1000 }), fc.boolean(), (a, b, unit, paired) => {
        const series = (nanos: number[], scale: number) => ({
          nanos: nanos.map((value) => value * scale),
          blocks: nanos.map((_, index) => (paired ? index : -1)),
        });
        const there = latencyRatio(series(a, 1), series(b, 1), 0.95);
        const back = latencyRatio(series(b, 1), series(a, 1), 0.95);
        const scaled = latencyRatio(series(a, unit), series(b, unit), 0.95);
        expect(Math.log(back.value)).toBeCloseTo(-Math.log(there.value), 9);
        expect(Math.log(scaled.value)).toBeCloseTo(Math.log(there.value), 9);
        expect(there.interval[0]).toBeLessThanOrEqual(there.value * (1 + 1e-12));
        expect(there.interval[1]).toBeGreaterThanOrEqual(there.value * (1 - 1e-12));
      }),
      { seed: 9, numRuns: 200 },
    );
  });

  it('reads the verdict off the interval', () => {
    const verdict = (value: number, low: number, high: number) => verdictOf({ value, interval: [low, high], basis: 'paired' }, 0.02);
    expect([
      verdict(1, 0.99, 1.01),
      verdict(1, 0.9, 1.1),
      verdict(0.5, 0.4, 0.6),
      verdict(2, 1.5, 2.5),
      verdict(1.015, 1.005, 1.03),
      verdict(0.99, 0.97, 0.999),
    ]).toEqual(['no-difference', 'cannot-tell', 'faster', 'slower', 'cannot-tell', 'cannot-tell']);
  });
});

describe('Benjamini–Hochberg', () => {
  it('never falls below the p-value, keeps the order, and one test is left alone', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 }), (pValues) => {
        const adjusted = adjustFalseDiscovery(pValues);
        pValues.forEach((p, index) => {
          expect(adjusted[index]!).toBeGreaterThanOrEqual(p);
          pValues.forEach((q, other) => p <= q && expect(adjusted[index]!).toBeLessThanOrEqual(adjusted[other]!));
        });
        if (pValues.length === 1) expect(adjusted).toEqual(pValues);
      }),
      { seed: 10 },
    );
  });
});
