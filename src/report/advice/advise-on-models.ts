import type { Advice, Analysis } from '../../model/analysis.js';
import { leakSentences } from '../words/leaks.js';
import type { AdviceEvidence } from '../../model/findings.js';
import { adviseOn } from './advise.js';

/** Advice on each model by itself, leaks first: they end the process, whatever its latency. */
export function adviseOnModels(analysis: Omit<Analysis, 'advice'>, evidence: AdviceEvidence): Advice[] {
  const { models = [], leaks = [] } = analysis;
  const told = leakSentences(leaks).map((sentence): Advice => ({
    id: 'dispose',
    sentence,
    evidence: 'Counted as tf.memory().numTensors counts them, each with the place where it was made; memory grows until the process ends.',
    saving: null,
    verified: true,
  }));
  if (models.length < 2) return [...told, ...adviseOn(analysis, evidence)];
  const perModel = models.flatMap(({ id, name, runtime }) => {
    const variants = analysis.variants.filter(({ model }) => model === id);
    const keys = new Set(variants.map(({ key }) => key));
    const comparisons = analysis.comparisons.filter(({ baseline }) => keys.has(baseline));
    return adviseOn({ ...analysis, runtime, variants, comparisons }, evidence).map((advice) => ({
      ...advice,
      sentence: `${name}: ${advice.sentence}`,
    }));
  });
  return [...told, ...perModel];
}
