import type { Comparison } from '../../model/analysis.js';

/** What running an ONNX model as another variant means. All levels are one choice: the best of them is advised. */
export function onnxChange(candidate: string): readonly [id: string, what: string] {
  if (candidate === 'offline')
    return [
      'optimisation-level',
      'Write the optimised model once with `inferscope compile`, and open that file with graphOptimizationLevel disabled',
    ];
  if (candidate === 'all') return ['optimisation-level', 'Leave graphOptimizationLevel at its default, all'];
  return ['optimisation-level', `Set graphOptimizationLevel to ${candidate}`];
}

/** Key of the variant of an ONNX model that a program gets by default. */
const USUAL = 'all/run';

/**
 * The fastest of those that are surely faster. What a program gets by default is preferred to what cannot be told from it:
 * nothing has to be changed for it.
 */
export function bestOf(against: readonly Comparison[]): Comparison | undefined {
  const faster = against.filter((c) => c.verdict === 'faster').sort((a, b) => a.ratio - b.ratio);
  const [best] = faster;
  const usual = faster.find(({ candidate }) => candidate === USUAL);
  return best !== undefined && usual !== undefined && usual.interval[0] <= best.interval[1] ? usual : best;
}
