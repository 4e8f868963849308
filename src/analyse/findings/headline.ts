import type { Analysis, Comparison, ModelFigure, VariantAnalysis } from '../../model/analysis.js';
import { noiseAbove } from './noise.js';
import { bestOf, ofModel, USUAL } from './variants.js';

/** What the whole run comes to. */
export type HeadlineFinding =
  | { readonly kind: 'nothing' }
  /** The first variant has no warm call, so nothing can be held against it. */
  | { readonly kind: 'no-baseline'; readonly baseline: VariantAnalysis; readonly others: readonly VariantAnalysis[] }
  | { readonly kind: 'alone'; readonly only: VariantAnalysis }
  | {
      readonly kind: 'gain';
      readonly best: Comparison;
      readonly baseline: VariantAnalysis;
      readonly candidate: VariantAnalysis | undefined;
      /** Others that are as good: what is between them and the best is within their intervals. */
      readonly ties: readonly Comparison[];
      /** Differences up to this are within noise, and this one is; null where it is not. */
      readonly noise: number | null;
    }
  | { readonly kind: 'inconclusive'; readonly doubtful: readonly Comparison[] }
  | ({ readonly kind: 'keep' } & Kept)
  | { readonly kind: 'several-models'; readonly models: readonly ModelFigure[] };

/** Nothing is faster than the first variant. */
export interface Kept {
  readonly baseline: VariantAnalysis;
  readonly slower: readonly Comparison[];
  readonly even: readonly Comparison[];
  /**
   * Of ONNX Runtime's levels the first is not what a program has by default: that one as good, or slower (`ratio` the first against
   * it); null where there is none.
   */
  readonly usual: { readonly kind: 'as-good' } | { readonly kind: 'slower'; readonly ratio: number; readonly noise: number | null } | null;
}

export interface Headlined {
  readonly finding: HeadlineFinding;
  /** What the finding is of: the whole analysis, or that of the one model that was called. */
  readonly analysis: Analysis;
}

/** A model that was loaded and has no call of its own is no second one: a pipeline runs it (a vocoder), or nobody does. */
export function headlineFinding(analysis: Analysis): Headlined {
  const { models = [] } = analysis;
  const called = models.filter(({ calls }) => calls > 0);
  const [one, ...others] = called.length === 0 ? models : called;
  if (one === undefined || models.length === 1) return { finding: ofOne(analysis), analysis };
  if (others.length > 0) return { finding: { kind: 'several-models', models: [one, ...others] }, analysis };
  const own = ofModel(analysis, one.id);
  return { finding: ofOne(own), analysis: own };
}

/** From the comparisons against the first variant, else from where the time goes. */
function ofOne(analysis: Analysis): HeadlineFinding {
  const { variants, comparisons } = analysis;
  const [baseline, ...others] = variants;
  if (baseline === undefined) return { kind: 'nothing' };
  if (baseline.calls === 0) return { kind: 'no-baseline', baseline, others };
  const against = comparisons.filter((comparison) => comparison.baseline === baseline.key);
  const best = bestOf(against);
  if (best !== undefined)
    return {
      kind: 'gain',
      best,
      baseline,
      candidate: others.find(({ key }) => key === best.candidate),
      ties: against.filter((one) => one !== best && one.verdict === 'faster' && one.interval[0] <= best.interval[1]),
      noise: noiseAbove(best.ratio, analysis),
    };
  if (against.length === 0) return { kind: 'alone', only: baseline };
  const doubtful = against.filter(({ verdict }) => verdict === 'cannot-tell');
  return doubtful.length > 0 ? { kind: 'inconclusive', doubtful } : { kind: 'keep', ...kept(analysis, baseline, against) };
}

const kept = (analysis: Analysis, baseline: VariantAnalysis, against: readonly Comparison[]): Kept => ({
  baseline,
  slower: against.filter(({ verdict }) => verdict === 'slower'),
  even: against.filter(({ verdict }) => verdict === 'no-difference'),
  usual: usualOf(analysis, against),
});

function usualOf(analysis: Analysis, against: readonly Comparison[]): Kept['usual'] {
  const usual = against.find(({ candidate }) => candidate === USUAL);
  if (usual?.verdict !== 'slower') return usual === undefined ? null : { kind: 'as-good' };
  const ratio = 1 / usual.ratio;
  return { kind: 'slower', ratio, noise: noiseAbove(ratio, analysis) };
}
