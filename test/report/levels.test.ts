import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Trial } from '../../src/model/trial.js';
import type { Trust } from '../../src/model/trust.js';
import type { Verdict } from '../../src/model/verdict.js';
import { adviseOn } from '../../src/report/advice/advise.js';
import { headlineOf } from '../../src/report/topics/verdict.js';
import { shownDifference } from '../../src/model/multiple.js';
import { drawAnalysis } from '../helpers/drawn-analysis.js';

/** A run whose A/A control passed with this interval. */
const passed = (interval: readonly [number, number]): Trust => ({
  grade: 'passed',
  sentence: '',
  withheld: null,
  withheldBelow: null,
  overhead: null,
  again: { variant: 'disabled/run', ratio: 1, interval, verdict: 'cannot-tell' },
  falseAlarms: null,
  clockResolutionNanos: 1,
  conditions: null,
  warnings: [],
  skipped: [],
});

/** What the headline says where `all` is to `disabled` as given. */
function headline(ratio: number, verdict: Verdict, again?: readonly [number, number]): string {
  const tree = (self: number): string => `run 0\n  kernel-execution ${self}`;
  const drawn = drawAnalysis({ 'disabled/run': tree(1000), 'all/run': tree(1000 * ratio) });
  const comparisons = drawn.comparisons.map((comparison) => ({
    ...comparison,
    ratio,
    verdict,
    interval: [ratio * 0.99, ratio * 1.01] as const,
  }));
  const trust = again === undefined ? drawn.trust : passed(again);
  return headlineOf({ ...drawn, comparisons, ...(trust === undefined ? {} : { trust }) }).use;
}

it('of the levels of ONNX Runtime the default is kept, unless the model as it was exported is faster', () => {
  expect(headline(0.5, 'faster')).toBe('Use all/run: 2.00× faster than disabled/run.');
  expect(headline(1, 'no-difference')).toBe('Keep all/run, the default: nothing measured here is faster.');
  expect(headline(2, 'slower')).toBe('Use disabled/run: 2.00× faster than all/run, the default.');
});

it('a difference no larger than what the A/A control showed is not certain, in the headline itself', () => {
  const noisy = [0.9, 1.29] as const;
  expect(headline(0.73, 'faster', noisy)).toBe(
    'Not certain: all/run came out 27 % faster than disabled/run, and in this run differences below 29 % are within noise.',
  );
  expect(headline(1.37, 'slower', noisy)).toBe(
    'Not certain: disabled/run came out 27 % faster than all/run, the default, and in this run differences below 29 % are within noise.',
  );
  expect(headline(0.7, 'faster', noisy)).toBe('Use all/run: 30 % faster than disabled/run.');
  expect(headline(0.73, 'faster', [0.99, 1.01])).toBe('Use all/run: 27 % faster than disabled/run.');
});

it('property: a headline without a doubt names a difference above the noise of its own run', () => {
  const [ratios, bounds] = [fc.double({ min: 0.05, max: 0.97, noNaN: true }), fc.double({ min: 1, max: 6, noNaN: true })];
  fc.assert(
    fc.property(ratios, bounds, (ratio, bound) => {
      const use = headline(ratio, 'faster', [1 / bound, bound]);
      expect(use.startsWith('Use ')).toBe(shownDifference(ratio) > bound - 1);
    }),
  );
});

it('where no variant can be told to be faster, measuring longer comes before the advice that holds all the same', () => {
  const drawn = drawAnalysis({ 'disabled/run': 'run 0\n  Conv 1000', 'all/run': 'run 0\n  Conv 1000' });
  const comparisons = drawn.comparisons.map((comparison) => ({ ...comparison, verdict: 'cannot-tell' as const }));
  const sentence = 'Create the session once.';
  const advice = [{ id: 'session-once', sentence, evidence: '', saving: null, verified: false }];
  expect(headlineOf({ ...drawn, comparisons, advice }).act).toBe(`Measure longer (more calls) or on a quieter machine. ${sentence}`);
  expect(headlineOf({ ...drawn, comparisons, advice: [] }).act).toBe('Measure longer (more calls) or on a quieter machine.');
});

const tried = (id: Trial['id'], ratio: number): Trial => ({
  id,
  variant: 'disabled/run',
  change: 'as it is',
  ratio,
  interval: [ratio - 0.01, ratio + 0.01],
  rounds: 20,
});

/** The list of advice where levels came out as given beside `disabled`. */
function advised(
  levels: Readonly<Record<string, readonly [ratio: number, verdict: Verdict]>>,
  { building = {}, trials = [], again }: AdviceGiven = {},
): readonly string[] {
  const calls = Object.fromEntries(['disabled/run', ...Object.keys(levels)].map((key) => [key, 'run 0\n  kernel-execution 1000000']));
  const drawn = drawAnalysis(calls);
  const comparisons = drawn.comparisons.map((comparison) => {
    const [ratio, verdict] = levels[comparison.candidate]!;
    return { ...comparison, ratio, verdict, interval: [ratio * 0.99, ratio * 1.01] as const };
  });
  const variants = drawn.variants.map((variant) => {
    const nanos = (building[variant.key] ?? 0) * 1e6;
    const stages = { ...variant.stages, 'graph-building': { ...variant.stages['graph-building'], nanosPerCall: nanos } };
    return { ...variant, cold: [{ stages, latencyNanos: nanos }] as unknown as typeof variant.cold };
  });
  const trust = again === undefined ? {} : { trust: passed(again) };
  return adviseOn({ ...drawn, runtime: 'onnxruntime', variants, comparisons, ...trust }, { tensorsLeft: new Map(), trials }).map(
    ({ sentence }) => sentence,
  );
}

interface AdviceGiven {
  /** Milliseconds that a session took to make, by variant. */
  readonly building?: Readonly<Record<string, number>>;
  readonly trials?: readonly Trial[];
  readonly again?: readonly [number, number];
}

it('advice on a model begins with its level, then the file that makes its start shorter; what else saves more comes after', () => {
  const levels = { 'all/run': [0.6, 'faster'], 'offline/run': [0.59, 'faster'] } as const;
  const trials = [tried('spinning', 0.5), tried('threads', 0.4)];
  const advice = advised(levels, { building: { 'all/run': 45, 'offline/run': 20 }, trials });
  expect(advice.slice(0, 2)).toEqual([
    'Leave graphOptimizationLevel at its default, all (all/run): it saves 40 % of a call.',
    'Write the optimised model once, with `inferscope compile`, where start-up matters: making the session takes 20.0 ms instead of 45.0 ms.',
  ]);
  expect(advice.slice(2, 4)).toEqual([
    expect.stringMatching(/^Set the number of threads/),
    expect.stringMatching(/^Let waiting threads spin/),
  ]);
});

it('a file that is faster at each call, too, is told once, with both savings', () => {
  const levels = { 'all/run': [0.8, 'faster'], 'offline/run': [0.5, 'faster'] } as const;
  expect(advised(levels, { building: { 'all/run': 45, 'offline/run': 20 } }).filter((sentence) => sentence.includes('compile'))).toEqual([
    'Write the optimised model once with `inferscope compile`, and open that file with graphOptimizationLevel disabled (offline/run): it saves 50 % of a call. At start, making the session takes 20.0 ms instead of 45.0 ms.',
  ]);
});

it.each([
  [{ 'all/run': [1, 'no-difference'] }, 'Leave graphOptimizationLevel at its default, all (all/run): no level is faster.'],
  [{ 'all/run': [1.5, 'slower'] }, 'Set graphOptimizationLevel to disabled (disabled/run): it is 1.50× faster than all, the default.'],
  [
    { 'all/run': [1, 'cannot-tell'], 'basic/run': [1, 'no-difference'] },
    'Leave graphOptimizationLevel at its default, all (all/run): whether another level is faster is inconclusive.',
  ],
] as const)('where none is faster, the level comes first all the same: %j', (levels, sentence) => {
  expect(advised(levels, { trials: [tried('threads', 0.5)] })[0]).toBe(sentence);
});

it('advice says as the headline does that a saving lies within the noise of its run', () => {
  expect(advised({ 'all/run': [0.73, 'faster'] }, { again: [0.9, 1.29] })[0]).toBe(
    'Leave graphOptimizationLevel at its default, all (all/run): it came out to save 27 % of a call, and in this run differences below 29 % are within noise.',
  );
});
