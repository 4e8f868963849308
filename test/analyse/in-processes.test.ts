import { describe, expect, it } from 'vitest';
import { toldAnalysis as analyse } from '../../src/runs/told.js';
import type { Recording } from '../../src/model/recording.js';
import { normalsFrom, uniformFrom } from '../../src/model/random.js';
import { draw, type DrawnCall } from '../helpers/recordings.js';

const VARIANTS = [
  { name: 'uncompiled', call: 'predict' },
  { name: 'graph', call: 'predict' },
];

const call = (of: Partial<DrawnCall>, nanos: number): DrawnCall => ({
  ...of,
  root: {
    name: 'predict',
    stage: 'glue',
    start: 0,
    duration: Math.round(nanos),
    children: [{ name: 'MatMul', kind: 'kernel', stage: 'kernel-execution', start: 1, duration: Math.round(nanos / 2) }],
  },
});

/** A profile of so many processes: in each the candidate is slower by a share of that process's own. */
function profile(processes: number, slower: number, spread: number, seed = 1): Recording[] {
  const noise = normalsFrom(uniformFrom(seed));
  return Array.from({ length: processes }, (_, pid) => {
    const own = slower * Math.exp(spread * noise());
    const calls = Array.from({ length: 12 }, (_unused, round) =>
      [0, 1].map((variant) => call({ variant, round }, 1e6 * (variant === 0 ? 1 : own) * (1 + 0.002 * noise()))),
    ).flat();
    return draw({ calls, variants: VARIANTS, meta: { pid: pid + 1 } });
  });
}

describe('a profile spread over processes', () => {
  it('rests its intervals on processes: rounds that agree to 0.2 % in each do not hide that processes differ by 5 %', () => {
    const [one] = analyse(profile(1, 1, 0)).comparisons;
    expect(one!.interval[1] / one!.interval[0]).toBeLessThan(1.01);
    const several = Array.from({ length: 60 }, (_, seed) => analyse(profile(5, 1, 0.05, seed)).comparisons[0]!);
    for (const { interval } of several) expect(interval[1] / interval[0]).toBeGreaterThan(1.05);
    expect(several.filter(({ verdict }) => verdict !== 'cannot-tell').length / several.length).toBeLessThanOrEqual(0.07);
  });

  it('tells a difference that all processes show', () => {
    const [comparison] = analyse(profile(5, 1.3, 0.02)).comparisons;
    expect(comparison).toMatchObject({ verdict: 'slower' });
    expect(comparison!.diff.significant).toBe(true);
  });

  it('withholds the interval of two processes', () => {
    expect(analyse(profile(2, 1.3, 0)).comparisons[0]).toMatchObject({
      verdict: 'cannot-tell',
      withheld: 'an interval over processes needs 3 of them',
    });
  });
});

describe('traces of a service', () => {
  /** Calls of so many processes before (variant 0) and after (1) a moment. */
  const service = (processes: readonly [number, number], slower: number, spread = 0.05): Recording => {
    const noise = normalsFrom(uniformFrom(3));
    const calls = [0, 1].flatMap((variant) =>
      Array.from({ length: processes[variant] ?? 0 }, (_, number) => {
        const own = Math.exp(spread * noise());
        return Array.from({ length: 40 }, () =>
          call({ variant, process: `${variant}-${number}` }, 1e6 * own * (variant === 0 ? 1 : slower) * (1 + 0.002 * Math.abs(noise()))),
        );
      }).flat(),
    );
    return draw({
      calls,
      variants: [
        { name: 'before', call: 'predict' },
        { name: 'after', call: 'predict' },
      ],
    });
  };

  it('count processes, not calls: one against one is told as such and is not certain', () => {
    const [comparison] = analyse([service([1, 1], 1.1)]).comparisons;
    expect(comparison!.verdict).toBe('cannot-tell');
    expect(comparison!.sentence).toMatch(/from one process against one: differences below (?:\d+ %|[\d.]+ ×) are within noise\.$/);
    expect(comparison!.diff.significant).toBe(false);
  });

  it('tell +25 % from 24 processes a side', () => {
    const [comparison] = analyse([service([24, 24], 1.25)]).comparisons;
    expect(comparison).toMatchObject({ verdict: 'slower' });
    expect(comparison!.sentence).toContain('from 24 against 24 processes');
  });
});
