import type { Advice, VariantAnalysis } from '../../model/analysis.js';
import { formatCount } from '../words.js';

/**
 * `predict` of TensorFlow.js splits what it is given into slices of 32 rows, unless `batchSize` says otherwise, and runs every
 * layer for each. Where `predictOnBatch` was measured beside it, the comparison says more.
 */
export function slicedCalls(baseline: VariantAnalysis, variants: readonly VariantAnalysis[], batch: number): Advice[] {
  const { name, call } = baseline;
  if (call !== 'predict' || variants.some((other) => other.name === name && other.call === 'predictOnBatch')) return [];
  const adapter = baseline.tree.children.find((node) => node.name === 'data-adapter' && node.kind === 'stage');
  const slices = (adapter?.count ?? 0) / Math.max(1, baseline.tree.count);
  if (slices < 2) return [];
  const rows = batch > slices ? `the ${formatCount(batch)} rows` : 'the rows';
  return [
    {
      id: 'one-slice',
      sentence: `Call \`predictOnBatch\`, or give \`predict\` the option \`batchSize\`: it splits ${rows} of a call into ${formatCount(slices)} slices and runs every layer for each.`,
      evidence: `Stages and layers ran ${formatCount(slices)}× in each call of ${baseline.key}; \`predict\` takes 32 rows at a time where nothing else is said. \`inferscope profile MODEL --batch ${batch}\` measures both.`,
      saving: null,
      verified: true,
    },
  ];
}
