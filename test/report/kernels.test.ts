import { expect, it } from 'vitest';
import type { SamplingFigure } from '../../src/model/analysis.js';
import { KERNELS } from '../../src/report/topics/kernels.js';
import { drawAnalysis } from '../helpers/drawn-analysis.js';

const sampling: SamplingFigure = { traced: 3, tracedInWarmUp: 0, calls: 23, period: 8, nanos: 350_000, share: 0.01, upper: 0.02 };

/** The text of the topic, where a call's kernel stage took `stageNanos` and its kernels 900 ns, traced or not. */
function told(stageNanos: number, traced: SamplingFigure | null): string {
  const drawn = drawAnalysis({ 'all/run': 'run 10\n  kernel-execution 0\n    Conv 500\n    Gemm 400' });
  const variants = drawn.variants.map((variant) => ({
    ...variant,
    sampling: traced,
    stages: { ...variant.stages, 'kernel-execution': { nanosPerCall: stageNanos, share: 0.9 } },
  }));
  const { markdown } = KERNELS;
  return typeof markdown === 'function' ? markdown({ analysis: { ...drawn, variants }, extras: {} }) : '';
}

it('says where traced calls were so much slower that their kernels add up to more than the stage', () => {
  expect(told(450, sampling)).toContain(
    'all/run: timed in traced calls, which were slower than the others: they add up to 900 ns, where the stage takes 450 ns.',
  );
  expect(told(880, sampling)).not.toContain('slower than the others');
  expect(told(450, null)).not.toContain('slower than the others');
});
