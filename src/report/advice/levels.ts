import type { Advice, Comparison, VariantAnalysis } from '../../model/analysis.js';
import { formatTime } from '../words.js';

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
export const USUAL = 'all/run';

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

/** A start that is shorter by less than this is not worth a file. */
const MIN_START_NANOS = 5e6;
const MIN_START_SHARE = 0.2;

/** What the optimiser takes at every start, and what the file that it wrote once takes. One session of each was made. */
export function optimisedFile(variants: readonly VariantAnalysis[]): Advice[] {
  const building = (name: string): number => variants.find((one) => one.name === name)?.cold[0]?.stages['graph-building'].nanosPerCall ?? 0;
  const [all, offline] = [building('all'), building('offline')];
  if (offline === 0 || all - offline < Math.max(MIN_START_NANOS, MIN_START_SHARE * all)) return [];
  return [
    {
      id: 'optimised-file',
      sentence: `Write the optimised model once, with \`inferscope compile\`, where start-up matters: making the session takes ${formatTime(offline)} instead of ${formatTime(all)}.`,
      evidence:
        'One session of each was made in this run. The file holds for this kind of processor and this version of ONNX Runtime only.',
      saving: null,
      verified: false,
    },
  ];
}
