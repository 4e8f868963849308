import { expect, it } from 'vitest';
import type { Verdict } from '../../src/model/verdict.js';
import { headlineOf } from '../../src/report/topics/verdict.js';
import { drawAnalysis } from './drawn.js';

/** What the headline says where `all` is to `disabled` as given. */
function headline(ratio: number, verdict: Verdict): string {
  const tree = (self: number): string => `run 0\n  kernel-execution ${self}`;
  const drawn = drawAnalysis({ 'disabled/run': tree(1000), 'all/run': tree(1000 * ratio) });
  const comparisons = drawn.comparisons.map((comparison) => ({
    ...comparison,
    ratio,
    verdict,
    interval: [ratio * 0.99, ratio * 1.01] as const,
  }));
  return headlineOf({ ...drawn, comparisons }).use;
}

it('of the levels of ONNX Runtime the default is kept, unless the model as it was exported is faster', () => {
  expect(headline(0.5, 'faster')).toBe('Use all/run: 2.00× faster than disabled/run.');
  expect(headline(1, 'no-difference')).toBe('Keep all/run, the default: nothing measured here is faster.');
  expect(headline(2, 'slower')).toBe('Use disabled/run: 2.00× faster than all/run, the default.');
});
