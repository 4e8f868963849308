import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import fCdf from '@stdlib/stats-base-dists-f-cdf';
import { describe, expect, it } from 'vitest';
import { summarise, samplesNeeded } from '../../src/analyse/latency.js';
import { adjustFalseDiscovery } from '../../src/analyse/statistics/false-discovery.js';
import { hodgesLehmann, MAX_PAIRS } from '../../src/analyse/statistics/signed-rank.js';
import {
  pairedEstimate,
  studentInterval,
  studentP,
  studentReach,
  studentTest,
  welchEstimate,
} from '../../src/analyse/statistics/student.js';
import { wilsonInterval } from '../../src/analyse/statistics/wilson.js';
import { medianInterval } from '../../src/engines/keras/statistics.js';
import { median } from '../../src/model/median.js';

/** Made by scripts/fixtures/make-statistics-reference.py with SciPy. */
const reference = JSON.parse(readFileSync(new URL('../fixtures/statistics/reference.json', import.meta.url), 'utf8'));

const near = (ours: number, theirs: number, relative = 1e-9): void =>
  expect(Math.abs(ours - theirs), `${ours} against ${theirs}`).toBeLessThanOrEqual(relative * Math.max(1e-6, Math.abs(theirs)));

const momentsOf = (values: number[]) => {
  const { value, standardError } = pairedEstimate(values);
  return { mean: value, standardError, n: values.length };
};

describe('our statistics agree with SciPy', () => {
  it('on Student quantiles and p-values', () => {
    for (const [p, df, value] of reference.studentQuantile) near(studentReach(2 * p - 1, df), value, 1e-8);
    for (const [t, df, value] of reference.studentTwoSided) near(studentP(t, df), value, 1e-8);
  });

  it('on the tail of F', () => {
    for (const [f, d1, d2, tail] of reference.fQuantileTail) near(1 - fCdf(f, d1, d2), tail, 1e-7);
  });

  it('on Hodges–Lehmann with the exact signed-rank interval, for any number of pairs', () => {
    for (const { values, confidence, value, interval } of reference.hodgesLehmann) {
      const ours = hodgesLehmann(values, confidence);
      near(ours.value, value);
      near(ours.interval[0], interval[0]);
      near(ours.interval[1], interval[1]);
    }
  });

  it('on Hodges–Lehmann of many pairs, which are put together with their neighbours', () => {
    const few = Array.from({ length: MAX_PAIRS }, (_, index) => Math.sin(index));
    const many = few.flatMap((value) => Array.from({ length: 9 }, () => value));
    expect(hodgesLehmann(many, 0.95)).toEqual(hodgesLehmann(few, 0.95));
    // A group is told by its own location, which one wild value does not move.
    expect(
      hodgesLehmann(
        many.map((value, index) => (index % 9 === 4 ? 1e6 : value)),
        0.95,
      ),
    ).toEqual(hodgesLehmann(few, 0.95));
  });

  it('on the interval of a median, and beyond what a double holds of 2ⁿ', () => {
    for (const { values, median, interval } of reference.medianInterval) {
      const ours = medianInterval(values)!;
      expect([ours.median, ours.interval]).toEqual([expect.closeTo(median, 12), interval]);
    }
    const many = medianInterval(Array.from({ length: 4001 }, (_, i) => i))!;
    // 1.96 × √4001 ÷ 2 = 62.0 on either side of 2000.
    expect([many.median, many.interval]).toEqual([2000, [1938, 2062]]);
    expect(many.coverage).toBeCloseTo(0.95, 2);
  });

  it('on medians, of even numbers and odd', () => {
    for (const { values, median: theirs } of reference.medianInterval) expect(median([...values].reverse())).toBeCloseTo(theirs, 12);
    expect([median([]), median([3]), median([4, 1])]).toEqual([null, 3, 2.5]);
  });

  it('on Wilson intervals', () => {
    for (const [hits, trials, confidence, low, high] of reference.wilson) {
      wilsonInterval(hits, trials, confidence).forEach((ours, side) => expect(ours).toBeCloseTo([low, high][side], 10));
    }
  });

  it('on Benjamini–Hochberg', () => {
    for (const { p, adjusted } of reference.falseDiscovery) adjustFalseDiscovery(p).forEach((ours, i) => near(ours, adjusted[i]));
  });

  it('on Welch and on paired tests', () => {
    for (const { a, b, p, interval } of reference.welch) {
      const estimate = welchEstimate(momentsOf(a), momentsOf(b));
      near(studentTest(estimate), p, 1e-8);
      studentInterval(estimate, 0.95).forEach((ours, side) => near(ours, interval[side], 1e-8));
    }
    for (const { differences, p, interval } of reference.paired) {
      const estimate = pairedEstimate(differences);
      near(studentTest(estimate), p, 1e-8);
      studentInterval(estimate, 0.95).forEach((ours, side) => near(ours, interval[side], 1e-8));
    }
  });

  it('on the summary of latencies', () => {
    for (const { values, p50, p90, p99, mean, spread } of reference.summary) {
      const ours = summarise(values);
      near(ours.p50, p50);
      near(ours.p90!, p90);
      near(ours.p99!, p99);
      near(ours.mean, mean);
      near(ours.spread, spread, 1e-7);
    }
  });
});

describe('percentiles', () => {
  it('are refused below the number of samples that makes them more than the maximum', () => {
    expect([samplesNeeded(0.9), samplesNeeded(0.99)]).toEqual([29, 299]);
    const values = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
    expect([summarise(values(28)).p90, summarise(values(29)).p90]).toEqual([null, 26.2]);
    expect([summarise(values(298)).p99, summarise(values(299)).p99]).toEqual([null, expect.closeTo(296.02, 9)]);
    expect(summarise([])).toMatchObject({ p50: 0, p90: null });
  });
});

describe('laws', () => {
  const number = fc.double({ min: -1e3, max: 1e3, noNaN: true });
  const pairs = fc.array(number, { minLength: 6, maxLength: 80 });

  it('a location moves with its values, turns with their sign, does not depend on their order, and lies in its interval', () => {
    fc.assert(
      fc.property(pairs, number, (values, shift) => {
        const {
          value,
          interval: [low, high],
        } = hodgesLehmann(values, 0.95);
        expect(low <= value && value <= high).toBe(true);
        const all = ({ value: middle, interval }: ReturnType<typeof hodgesLehmann>) => [interval[0], middle, interval[1]];
        const expectAll = (ours: readonly number[], theirs: readonly number[]) =>
          ours.forEach((one, i) => expect(one).toBeCloseTo(theirs[i]!, 9));
        expectAll(
          all(
            hodgesLehmann(
              values.map((one) => one + shift),
              0.95,
            ),
          ),
          [low + shift, value + shift, high + shift],
        );
        expectAll(
          all(
            hodgesLehmann(
              values.map((one) => -one),
              0.95,
            ),
          ),
          [-high, -value, -low],
        );
        expectAll(all(hodgesLehmann([...values].reverse(), 0.95)), [low, value, high]);
      }),
      { numRuns: 30 },
    );
  });

  it('to be surer an interval has to be wider', () => {
    const sure = fc
      .tuple(fc.double({ min: 0.5, max: 0.999, noNaN: true }), fc.double({ min: 0.5, max: 0.999, noNaN: true }))
      .map((two) => two.sort((a, b) => a - b))
      .filter(([less, more]) => more - less > 1e-9);
    fc.assert(
      fc.property(pairs, sure, ([first = 0, ...rest], [less, more]) => {
        const values = [first, ...rest];
        const holds = ([a, b]: readonly [number, number], [c, d]: readonly [number, number]) => expect(a <= c && d <= b).toBe(true);
        holds(hodgesLehmann(values, more).interval, hodgesLehmann(values, less).interval);
        holds(studentInterval(pairedEstimate(values), more), studentInterval(pairedEstimate(values), less));
        holds(wilsonInterval(rest.length, values.length + 3, more), wilsonInterval(rest.length, values.length + 3, less));
      }),
      { numRuns: 50 },
    );
  });

  it('a p-value is below 5 % exactly where the 95 % interval leaves 0 out', () => {
    fc.assert(
      fc.property(pairs, (values) => {
        const estimate = pairedEstimate(values);
        const [low, high] = studentInterval(estimate, 0.95);
        expect(studentTest(estimate) < 0.05).toBe(low > 0 || high < 0);
      }),
    );
  });

  it('Welch with its sides swapped is the same with the other sign', () => {
    fc.assert(
      fc.property(pairs, pairs, (a, b) => {
        const [there, back] = [welchEstimate(momentsOf(a), momentsOf(b)), welchEstimate(momentsOf(b), momentsOf(a))];
        expect(back.value).toBe(there.value === 0 ? back.value : -there.value);
        expect([back.standardError, back.df]).toEqual([expect.closeTo(there.standardError, 9), expect.closeTo(there.df, 6)]);
      }),
    );
  });

  it('adjusting keeps the order of p-values, raises each, and calls as many false as the step-up rule of the paper', () => {
    const rates = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(rates, fc.double({ min: 0.01, max: 0.5, noNaN: true }), (p, q) => {
        const adjusted = adjustFalseDiscovery(p);
        adjusted.forEach((one, i) => {
          expect(one >= p[i]! && one <= 1).toBe(true);
          p.forEach((other, j) => expect(other < p[i]! && adjusted[j]! > one).toBe(false));
        });
        const sorted = [...p].sort((a, b) => a - b);
        const stepUp = sorted.findLastIndex((one, i) => one * (p.length / (i + 1)) <= q) + 1;
        expect(adjusted.filter((one) => one <= q)).toHaveLength(stepUp);
      }),
    );
  });

  it('no percentile is stated that the largest sample misses more often than 1 time in 20', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 0.999, noNaN: true }), (q) => {
        const needed = samplesNeeded(q);
        expect([1 - q ** needed >= 0.95 - 1e-12, 1 - q ** (needed - 1) >= 0.95]).toEqual([true, false]);
      }),
    );
  });
});
