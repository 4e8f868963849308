import type { Analysis, Comparison, StageFigure, VariantAnalysis } from '../../model/analysis.js';
import { STAGES, type Stage } from '../../model/stage.js';

/** Has warm calls: a variant without any has no figures of a warm call. */
export const isMeasured = ({ calls }: VariantAnalysis): boolean => calls > 0;

/** Each model of a program by itself: different models are not variants of each other. */
export function perModel(analysis: Analysis): readonly Analysis[] {
  const { models = [] } = analysis;
  return models.length > 1 ? models.map(({ id }) => ofModel(analysis, id)) : [analysis];
}

/** What an analysis says of one model of several. */
export function ofModel(analysis: Analysis, id: string): Analysis {
  const variants = analysis.variants.filter(({ model }) => model === id);
  const keys = new Set(variants.map(({ key }) => key));
  return {
    ...analysis,
    models: [],
    leaks: [],
    variants,
    comparisons: analysis.comparisons.filter(({ baseline }) => keys.has(baseline)),
    signatures: analysis.signatures.filter(({ variant }) => keys.has(variant)),
    signatureGroups: (analysis.signatureGroups ?? []).filter(({ variant }) => keys.has(variant)),
    padding: analysis.padding.filter(({ variant }) => keys.has(variant)),
  };
}

/** The fastest first. */
export const fastestFirst = (variants: readonly VariantAnalysis[]): readonly VariantAnalysis[] =>
  [...variants].sort((a, b) => a.latencyNanos.p50 - b.latencyNanos.p50);

/** The baseline and the fastest of these: with eleven variants, the details of all would bury the rest. */
export function baselineAndFastest(variants: readonly VariantAnalysis[]): readonly VariantAnalysis[] {
  const measured = variants.filter(isMeasured);
  return [...new Set([...measured.slice(0, 1), ...fastestFirst(measured).slice(0, 1)])];
}

/** The variants in the order in which a reader wants them: the baseline, the one to use instead, the rest as they ran. */
export function inReadingOrder({ variants, comparisons }: Pick<Analysis, 'variants' | 'comparisons'>): readonly VariantAnalysis[] {
  const [baseline, ...others] = variants;
  if (baseline === undefined) return [];
  const best = bestOf(comparisons.filter((comparison) => comparison.baseline === baseline.key))?.candidate;
  return [baseline, ...others.filter(({ key }) => key === best), ...others.filter(({ key }) => key !== best)];
}

/** The baseline, the one to use instead, then the fastest of these: no more than `most`. */
export function firstToShow(analysis: Pick<Analysis, 'variants' | 'comparisons'>, most: number): readonly VariantAnalysis[] {
  const [baseline, best, ...rest] = inReadingOrder(analysis);
  return [baseline, best, ...fastestFirst(rest)].filter((variant) => variant !== undefined).slice(0, most);
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
  if (best === undefined || usual === undefined) return best;
  return usual.interval[0] <= best.interval[1] || best.sameGraphAs?.includes(USUAL) === true ? usual : best;
}

/** The clearest gain first, else the largest difference: with eleven variants their ten differences would bury the rest. */
export function mostTelling({ comparisons }: Analysis): readonly Comparison[] {
  const distance = ({ ratio }: Comparison): number => Math.abs(Math.log(Math.max(ratio, 1e-9)));
  return [...comparisons].sort((a, b) => Number(b.verdict === 'faster') - Number(a.verdict === 'faster') || distance(b) - distance(a));
}

export interface StageShare extends StageFigure {
  readonly stage: Stage;
}

/** The stage with the most time per call. */
export function heaviestStage(stages: VariantAnalysis['stages']): StageShare {
  const stage = [...STAGES].sort((a, b) => stages[b].nanosPerCall - stages[a].nanosPerCall)[0] ?? 'unexplained';
  return { stage, ...stages[stage] };
}

/** Stages that some of these have: only engines that run later than they are asked have a queue. */
export const stagesOf = (variants: readonly VariantAnalysis[]): readonly Stage[] =>
  STAGES.filter((stage) => stage !== 'queue' || variants.some(({ stages }) => stages.queue.nanosPerCall > 0));

/** All stages together: the mean call, as the ledger has it. */
export const sumOfStages = ({ stages }: VariantAnalysis): number => STAGES.reduce((total, stage) => total + stages[stage].nanosPerCall, 0);

export const warmCalls = (variants: readonly VariantAnalysis[]): number => variants.reduce((sum, { calls }) => sum + calls, 0);
