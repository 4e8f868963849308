import type { Analysis, Comparison, VariantAnalysis } from '../../../model/analysis.js';
import type { AdviceEvidence } from '../../../model/findings.js';
import type { Trial } from '../../../model/trial.js';
import { feedsItself, ONNX_RUNTIME } from '../../../model/variant.js';
import { fasterVariants, type FasterVariant } from './faster.js';
import { pipelineEachCall, slowerWhenCompiled, type PipelineEachCall, type SlowerWhenCompiled } from './keras.js';
import { levelsFirst, levelToKeep, withOptimisedFile, type LevelToKeep, type OptimisedFile } from './levels.js';
import { sessionFindings, type SessionFinding } from './onnx.js';
import { threadFindings, type FewerThreads, type ThreadsBeyondLimit } from './threads.js';
import { triedTraffic, type TrafficFinding } from './traffic.js';
import { isInPlace, tried, trialVerdict, type TriedChangeSaves } from './trials.js';
import { atMost, CERTAIN, NOTABLE_SHARE, type Weighed } from './weighed.js';

/** A first call this many times the median is worth a warm-up. */
const NOTABLE_COLD = 5;
/** Batches above this are not small any more. */
const SMALL_BATCH = 32;
/** Of a small call this much must be spent neither in kernels nor on data. */
const NOTABLE_FIXED = 0.3;

/** What to do, found before it is put into words; `share`s are of a call. */
export type AdviceFinding =
  | FasterVariant
  | LevelToKeep
  | OptimisedFile
  | SlowerWhenCompiled
  | PipelineEachCall
  | SessionFinding
  | TriedChangeSaves
  | FewerThreads
  | ThreadsBeyondLimit
  | TrafficFinding
  | OwnCallFinding;

/** What a variant's own calls show. */
export type OwnCallFinding = Weighed &
  (
    | { readonly kind: 'plain-backend' }
    | {
        readonly kind: 'retracing';
        readonly key: string;
        readonly calls: number;
        readonly causes: readonly string[];
        readonly signatures: readonly string[];
        /** Above warm calls, all together. */
        readonly extraNanos: number;
      }
    | { readonly kind: 'tensors-left'; readonly key: string; readonly tensors: number }
    | { readonly kind: 'data-adapter'; readonly key: string; readonly name: string; readonly nanos: number; readonly share: number }
    | {
        readonly kind: 'small-calls';
        readonly key: string;
        readonly batch: number;
        readonly stages: VariantAnalysis['stages'];
        readonly share: number;
      }
    | { readonly kind: 'garbage'; readonly key: string; readonly share: number }
    | { readonly kind: 'slices'; readonly key: string; readonly slices: number; readonly batch: number }
    | { readonly kind: 'cold-start'; readonly key: string; readonly firstNanos: number; readonly warmNanos: number }
    | {
        readonly kind: 'nothing-to-gain';
        readonly key: string;
        readonly against: readonly Comparison[];
        readonly trials: readonly Trial[];
        readonly kernelShare: number;
      }
  );

/**
 * Advice from evidence, the largest verified saving first. Savings of variants that were run are measured; others are
 * bounded by the share of the call they could save at most, and say so. Without evidence there is no advice, and when
 * everything that was tried is no faster, "nothing to gain here" is the answer.
 */
export function adviceFindings(analysis: Omit<Analysis, 'advice'>, evidence: AdviceEvidence): readonly AdviceFinding[] {
  const { variants, batch } = analysis;
  const { trials = [] } = evidence;
  const [baseline] = variants;
  if (baseline === undefined || baseline.calls === 0) return [];
  const against = analysis.comparisons.filter(({ baseline: key }) => key === baseline.key);
  const onnx = analysis.runtime === ONNX_RUNTIME;
  const keras = analysis.runtime === 'keras';
  const faster = fasterVariants(analysis, baseline, against);
  const level = onnx ? levelToKeep(baseline, against) : [];
  const found: readonly AdviceFinding[] = [
    ...(onnx ? withOptimisedFile(faster, variants, against) : faster),
    ...level,
    ...(keras ? slowerWhenCompiled(against) : []),
    ...(triedTraffic(trials) ?? (onnx ? [] : retracing(variants))),
    ...tensorsLeft(variants, evidence),
    ...(keras
      ? pipelineEachCall(baseline, faster)
      : (tried(trials, 'keep-tensors') ?? (onnx ? sessionFindings(baseline, variants) : adapter(baseline)))),
    ...(tried(trials, 'compile-to-graph') ?? []),
    ...(tried(trials, 'xla') ?? []),
    ...threadFindings(baseline, trials),
    ...(tried(trials, 'spinning') ?? []),
    ...(tried(trials, 'batch-up') ?? smallCalls(baseline, batch)),
    ...plainBackend(analysis),
    ...garbage(baseline),
    ...(keras ? [] : slices(baseline, variants, batch)),
    ...coldStart(baseline),
  ];
  const ordered = inOrder(found, onnx);
  const gains = level.length > 0 || found.some(({ saving }) => saving !== null);
  return gains ? ordered : [...nothingToGain(baseline, against, trials), ...ordered];
}

/** More rows in a call save time per row, not per call: it comes after what makes the same call faster. */
const inOrder = (found: readonly AdviceFinding[], onnx: boolean): readonly AdviceFinding[] =>
  [...found].sort(
    (a, b) =>
      (onnx ? levelsFirst(a) - levelsFirst(b) : 0) ||
      Number(b.verified) - Number(a.verified) ||
      Number(a.id === 'batch-up') - Number(b.id === 'batch-up') ||
      (b.saving?.share ?? 0) - (a.saving?.share ?? 0),
  );

/** A program that did not choose its backend by an option of ours, and calculates in JavaScript. */
const plainBackend = ({ environment, model }: Omit<Analysis, 'advice'>): readonly OwnCallFinding[] =>
  environment.backend !== 'cpu' || model.path !== null ? [] : [{ kind: 'plain-backend', id: 'native-backend', ...CERTAIN }];

/** Calls that had to build a graph because something about the input changed. */
function retracing(variants: readonly VariantAnalysis[]): readonly OwnCallFinding[] {
  return variants.flatMap(({ key, cold, calls, latencyNanos, stages }): OwnCallFinding[] => {
    // Where warm calls build graphs too (Keras' input pipeline), another shape is not why.
    if (stages['graph-building'].share > NOTABLE_SHARE) return [];
    const rebuilt = cold.filter(({ temperature, causes }) => temperature === 'cold-signature' && causes.length > 0);
    // One more shape is no pattern that buckets could mend; Keras runs make one such call to see what it costs.
    if (rebuilt.length < 2) return [];
    const extraNanos = rebuilt.reduce((sum, call) => sum + Math.max(0, call.latencyNanos - latencyNanos.p50), 0);
    const all = calls * latencyNanos.mean + cold.reduce((sum, call) => sum + call.latencyNanos, 0);
    if (all === 0 || extraNanos / all < NOTABLE_SHARE / 10) return [];
    const causes = [...new Set(rebuilt.flatMap((call) => call.causes))];
    const signatures = [...new Set(rebuilt.map(({ signature }) => signature))];
    return [
      { kind: 'retracing', id: 'pad-to-buckets', key, calls: rebuilt.length, causes, signatures, extraNanos, ...atMost(extraNanos / all) },
    ];
  });
}

function tensorsLeft(variants: readonly VariantAnalysis[], { tensorsLeft: left }: AdviceEvidence): readonly OwnCallFinding[] {
  return variants.flatMap(({ key }): OwnCallFinding[] => {
    const tensors = left.get(key) ?? 0;
    return tensors < 0.5 ? [] : [{ kind: 'tensors-left', id: 'dispose', key, tensors, ...CERTAIN }];
  });
}

function adapter({ key, name, stages }: VariantAnalysis): readonly OwnCallFinding[] {
  const { share, nanosPerCall: nanos } = stages['data-adapter'];
  return share < NOTABLE_SHARE ? [] : [{ kind: 'data-adapter', id: 'keep-tensors', key, name, nanos, share, ...atMost(share) }];
}

function smallCalls(variant: VariantAnalysis, batch: number): readonly OwnCallFinding[] {
  const { key, stages } = variant;
  const share = stages.glue.share + stages['graph-building'].share;
  // What transformers.js does between runs goes with what it is given: nobody knows that it would shrink.
  if (share < NOTABLE_FIXED || batch >= SMALL_BATCH || feedsItself(variant)) return [];
  return [{ kind: 'small-calls', id: 'batch-up', key, batch, stages, share, ...atMost(share) }];
}

function garbage(variant: VariantAnalysis): readonly OwnCallFinding[] {
  const { key, stages } = variant;
  const { share } = stages.gc;
  if (share < NOTABLE_SHARE / 2 || feedsItself(variant)) return [];
  return [{ kind: 'garbage', id: 'less-garbage', key, share, ...atMost(share) }];
}

/**
 * `predict` of TensorFlow.js splits what it is given into slices of 32 rows, unless `batchSize` says otherwise, and runs every
 * layer for each. Where `predictOnBatch` was measured beside it, the comparison says more.
 */
function slices(
  { key, name, call, tree }: VariantAnalysis,
  variants: readonly VariantAnalysis[],
  batch: number,
): readonly OwnCallFinding[] {
  if (call !== 'predict' || variants.some((other) => other.name === name && other.call === 'predictOnBatch')) return [];
  const stage = tree.children.find((node) => node.name === 'data-adapter' && node.kind === 'stage');
  const perCall = (stage?.count ?? 0) / Math.max(1, tree.count);
  return perCall < 2 ? [] : [{ kind: 'slices', id: 'one-slice', key, slices: perCall, batch, ...CERTAIN }];
}

function coldStart({ key, calls, cold, latencyNanos }: VariantAnalysis): readonly OwnCallFinding[] {
  const first = cold.find(({ temperature }) => temperature === 'cold-session');
  if (calls === 0 || first === undefined || first.latencyNanos < NOTABLE_COLD * latencyNanos.p50) return [];
  return [{ kind: 'cold-start', id: 'warm-up', key, firstNanos: first.latencyNanos, warmNanos: latencyNanos.p50, ...CERTAIN }];
}

/** Claimed only when every comparison, tried variants included, came to a conclusion, and none was faster. */
function nothingToGain(
  { key, stages }: VariantAnalysis,
  against: readonly Comparison[],
  trials: readonly Trial[],
): readonly OwnCallFinding[] {
  const verdicts = [...against.map(({ verdict }) => verdict), ...trials.filter(isInPlace).flatMap((trial) => trialVerdict(trial) ?? [])];
  if (verdicts.length === 0 || verdicts.some((verdict) => verdict === 'cannot-tell' || verdict === 'faster')) return [];
  const kernelShare = stages['kernel-execution'].share;
  return [{ kind: 'nothing-to-gain', id: 'nothing-to-gain', key, against, trials, kernelShare, ...CERTAIN }];
}
