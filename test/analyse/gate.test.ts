import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { baselineOf, checkAgainst } from '../../src/analyse/gate.js';
import { readBaseline, writeBaseline } from '../../src/analyse/baseline-file.js';
import { covariateEstimate } from '../../src/analyse/statistics/covariate.js';
import { studentInterval } from '../../src/analyse/statistics/student.js';
import { analyse } from '../../src/analyse/analyse.js';
import type { Baseline } from '../../src/model/gate.js';
import { renderAnnotations } from '../../src/render/annotations.js';
import { renderJUnit } from '../../src/render/junit.js';
import { draw, META, normals, seeded } from './fixtures.js';

/** Sessions whose true median is `nanos`, differing between sessions by `spread` (a share). */
function sessions(nanos: number, spread: number, count: number, normal: () => number): Baseline {
  const sessionMedianNanos = Array.from({ length: count }, () => nanos * Math.exp(spread * normal()));
  const stageNanos = { 'kernel-execution': nanos * 0.8, glue: 1e5 };
  return { baselineVersion: 1, madeAt: '2026-11-25T00:00:00Z', meta: META, variants: [{ key: 'uncompiled/predict', sessionMedianNanos, sessionReferenceNanos: sessionMedianNanos.map(() => 1000), stageNanos }] };
}

/** Share of `runs` gates with each outcome, when now takes `ratio` × the baseline. */
function outcomes(ratio: number, spread: number, runs = 1000): Record<string, number> {
  const normal = normals(seeded(Math.round(ratio * 1000) + spread * 1e5));
  const counts: Record<string, number> = { pass: 0, regression: 0, 'cannot-tell': 0 };
  for (let run = 0; run < runs; run += 1) {
    const { outcome } = checkAgainst(sessions(1e6, spread, 5, normal), sessions(1e6 * ratio, spread, 5, normal), 0.05, false);
    counts[outcome]! += 1 / runs;
  }
  return counts;
}

describe('the gate', () => {
  it('finds a planted 10 % slowdown, passes an A/A pair, and seldom alarms at the very limit (by simulation)', () => {
    for (const spread of [0.01, 0.02]) {
      const slow = outcomes(1.1, spread);
      const same = outcomes(1, spread);
      const limit = outcomes(1.05, spread);
      const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
      console.log(`sessions differ by ${percent(spread)}: power ${percent(slow['regression']!)}, A/A false alarms ${percent(same['regression']!)}, A/A passed ${percent(same['pass']!)}, alarms at +5 % ${percent(limit['regression']!)}`);
      expect(same['regression']!).toBeLessThan(0.01);
      // 5 % by construction; three standard errors of 1,000 runs are 2.1 %.
      expect(limit['regression']!).toBeLessThan(0.071);
      expect(slow['pass']!).toBeLessThan(0.01);
    }
    expect(outcomes(1.1, 0.01)['regression']!).toBeGreaterThan(0.99);
  });

  /** Sessions on a machine whose speed varies by `speed`, with a reference that is off by `noise` of its own. */
  function restless(ratio: number, speed: number, noise: number, normal: () => number): Baseline {
    const factors = Array.from({ length: 5 }, () => Math.exp(speed * normal()));
    const [variant] = sessions(1e6 * ratio, 0, 5, normal).variants;
    return {
      ...sessions(1e6, 0, 5, normal),
      variants: [{ ...variant!, sessionMedianNanos: factors.map((f) => 1e6 * ratio * f * Math.exp(0.01 * normal())), sessionReferenceNanos: factors.map((f) => 1e3 * f * Math.exp(noise * normal())) }],
    };
  }

  it.each([
    [0.1, 0.005, 'a reference that follows the machine'],
    [0.01, 0.3, 'a reference that is mostly noise'],
  ])('machine ± %d, reference ± %d: keeps its power and its false alarms (by simulation): %s', (speed, noise) => {
    const normal = normals(seeded(77));
    const share = (ratio: number, wanted: string): number => {
      let hits = 0;
      for (let run = 0; run < 1000; run += 1) if (checkAgainst(restless(1, speed, noise, normal), restless(ratio, speed, noise, normal), 0.05, false).outcome === wanted) hits += 1;
      return hits / 1000;
    };
    const [power, alarms, limit] = [share(1.1, 'regression'), share(1, 'regression'), share(1.05, 'regression')];
    console.log(`machine ± ${speed}, reference ± ${noise}: power ${power}, A/A alarms ${alarms}, alarms at +5 % ${limit}`);
    expect(power).toBeGreaterThan(0.75);
    expect(alarms).toBeLessThan(0.01);
    expect(limit).toBeLessThan(0.08);
  });

  it('agrees with least squares of NumPy on the covariate', () => {
    const { covariate } = JSON.parse(readFileSync(new URL('../fixtures/statistics/reference.json', import.meta.url), 'utf8')) as { covariate: { x: number[][]; y: number[][]; value: number; interval: [number, number] }[] };
    for (const { x, y, value, interval } of covariate) {
      const [a, b] = x.map((side, group) => side.map((one, index) => ({ x: one, y: y[group]![index]! })));
      const estimate = covariateEstimate(a!, b!)!;
      expect(estimate.value).toBeCloseTo(value, 9);
      expect(studentInterval(estimate, 0.9)[0]).toBeCloseTo(interval[0], 9);
      expect(studentInterval(estimate, 0.9)[1]).toBeCloseTo(interval[1], 9);
    }
    expect(covariateEstimate([{ x: 1, y: 1 }], [{ x: 1, y: 2 }])).toBeNull();
  });

  it('says in a sentence what grew', () => {
    const result = checkAgainst(sessions(1e6, 0.001, 5, normals(seeded(1))), sessions(1.2e6, 0.001, 5, normals(seeded(2))), 0.05, false);
    expect(result.outcome).toBe('regression');
    expect(result.checks[0]!.sentence).toMatch(/1\.20 ms a call, baseline 1\.00 ms; with the machine's speed taken out \+(19|20)\.\d % .*allowed \+5\.0 %\. A regression; kernel-execution grew most, by 160 µs a call\./);
  });

  it('takes the speed of the machine out', () => {
    const was = sessions(1e6, 0.001, 5, normals(seeded(1)));
    const [slow] = sessions(1.5e6, 0.001, 5, normals(seeded(2))).variants;
    const now = { ...was, variants: [{ ...slow!, sessionReferenceNanos: [1500, 1500, 1500, 1500, 1500] }] };
    expect(checkAgainst(was, now, 0.05, false).outcome).toBe('pass');
  });

  it('refuses other conditions unless forced, and a baseline without the variant', () => {
    const was = sessions(1e6, 0.01, 5, normals(seeded(1)));
    const now = { ...was, meta: { ...META, batch: 8 } };
    expect(() => checkAgainst(was, now, 0.05, false)).toThrow('other conditions: batch size (32, now 8)');
    expect(checkAgainst(was, now, 0.05, true).notes).toEqual(['batch size differs: 32, now 8.']);
    expect(() => checkAgainst(was, { ...was, variants: [] }, 0.05, false)).toThrow('which holds: uncompiled/predict');
  });

  it('takes medians of sessions, three at least', () => {
    const session = (latencyNanos: number) => ({ analysis: analyse([draw({ calls: [{ root: null, latencyNanos }] })]), referenceNanos: 9 });
    expect(baselineOf([session(5), session(7), session(6)], META, 'now').variants[0]!.sessionMedianNanos).toEqual([5, 7, 6]);
    expect(() => baselineOf([session(5), session(7)], META, 'now')).toThrow('at least 3 sessions; 2 were measured');
  });

  it('writes a baseline that reads back, and names the bad field of a damaged one', () => {
    const was = sessions(1e6, 0.01, 5, normals(seeded(1)));
    expect(readBaseline(writeBaseline(was), 'f')).toEqual(was);
    const damaged: [unknown, string][] = [
      [{ ...was, baselineVersion: 9 }, 'baselineVersion is 9'],
      [{ ...was, meta: {} }, 'meta lacks the model'],
      [{ ...was, variants: [] }, 'variants is empty'],
      [{ ...was, variants: [{ key: 'a', sessionMedianNanos: [1, 'x'], stageNanos: {} }] }, 'variants[0].sessionMedianNanos'],
      [7, 'it holds no object'],
    ];
    for (const [value, part] of damaged) expect(() => readBaseline(JSON.stringify(value), 'f')).toThrow(part);
    expect(() => readBaseline('{', 'f')).toThrow('f is not a baseline');
  });

  it('renders JUnit and workflow annotations', () => {
    const check = { key: 'a/b', ratio: 1.2, interval: [1.1, 1.3] as const, baselineNanos: 1e6, currentNanos: 1.2e6 };
    const result = {
      outcome: 'regression' as const, model: 'm<"1">', maxRegression: 0.05, notes: [],
      checks: [
        { ...check, outcome: 'regression' as const, sentence: '+20 % & more' },
        { ...check, key: 'c', outcome: 'pass' as const, sentence: 'fine' },
        { ...check, key: 'd', outcome: 'cannot-tell' as const, sentence: 'noise\nmore' },
      ],
    };
    expect(renderJUnit(result)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="inferscope check" tests="3" failures="1" errors="1">
    <testcase classname="m&lt;&quot;1&quot;&gt;" name="a/b" time="0.001200000">
      <failure type="regression" message="+20 % &amp; more"/>
    </testcase>
    <testcase classname="m&lt;&quot;1&quot;&gt;" name="c" time="0.001200000"/>
    <testcase classname="m&lt;&quot;1&quot;&gt;" name="d" time="0.001200000">
      <error type="cannot-tell" message="noise
more"/>
    </testcase>
  </testsuite>
</testsuites>
`);
    expect(renderAnnotations(result)).toBe(
      '::error title=m<"1"> a/b::+20 %25 & more\n::notice title=m<"1"> c::fine\n::warning title=m<"1"> d::noise%0Amore\n',
    );
  });
});
