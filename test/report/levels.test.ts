import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Trust } from '../../src/model/trust.js';
import type { Verdict } from '../../src/model/verdict.js';
import { headlineOf } from '../../src/report/topics/verdict.js';
import { shownDifference } from '../../src/report/words.js';
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
