import { readFileSync } from 'node:fs';
import fCdf from '@stdlib/stats-base-dists-f-cdf';
import { describe, expect, it } from 'vitest';
import { summarise, samplesNeeded } from '../../src/analyse/latency.js';
import { adjustFalseDiscovery } from '../../src/analyse/statistics/false-discovery.js';
import { hodgesLehmann } from '../../src/analyse/statistics/signed-rank.js';
import {
  pairedEstimate, studentInterval, studentP, studentReach, studentTest, welchEstimate,
} from '../../src/analyse/statistics/student.js';

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

  it('on Hodges–Lehmann with the exact signed-rank interval', () => {
    for (const { values, value, interval } of reference.hodgesLehmann) {
      const ours = hodgesLehmann(values, 0.95);
      near(ours.value, value);
      near(ours.interval[0], interval[0]);
      near(ours.interval[1], interval[1]);
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
