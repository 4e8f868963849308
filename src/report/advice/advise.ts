import type { Advice, Analysis, Comparison, VariantAnalysis } from '../../model/analysis.js';
import type { AdviceEvidence } from '../../model/findings.js';
import { graphChange, feedsItself, ONNX_RUNTIME } from '../../model/variant.js';
import { bestOf, levelsFirst, levelToKeep, onnxChange, withOptimisedFile } from './levels.js';
import { kerasCaveat, kerasChange, pipelineEachCall, slowerWhenCompiled } from './keras.js';
import type { NamedVariant } from './changes.js';
import type { Trial } from '../../model/trial.js';
import { adviseOnSessions } from './onnx.js';
import { slicedCalls } from './slices.js';
import { adviseOnThreads } from './threads.js';
import { isOfTraffic, triedTraffic } from './traffic.js';
import { isInPlace, tried, trialEvidence, trialVerdict, whatToDo } from './trials.js';
import { noiseAbove, withinNoise } from '../words/trust.js';
import { formatCount, formatShare, formatTime, formatTimes } from '../words.js';

/** A stage, or a kind of waste, below this share of a call is not worth advice. */
const NOTABLE_SHARE = 0.1;
/** A first call this many times the median is worth a warm-up. */
const NOTABLE_COLD = 5;
/** Batches above this are not small any more. */
const SMALL_BATCH = 32;

/**
 * Advice from evidence, the largest verified saving first. Savings of variants that were run are measured; others are
 * bounded by the share of the call they could save at most, and say so. Without evidence there is no advice, and when
 * everything that was tried is no faster, "nothing to gain here" is the answer.
 */
export function adviseOn(analysis: Omit<Analysis, 'advice'>, evidence: AdviceEvidence): Advice[] {
  const [baseline] = analysis.variants;
  if (baseline === undefined || baseline.calls === 0) return [];
  const against = analysis.comparisons.filter(({ baseline: key }) => key === baseline.key);
  const keras = analysis.runtime === 'keras';
  const onnx = analysis.runtime === ONNX_RUNTIME;
  const faster = fasterVariants(
    { baseline, against, analysis },
    keras ? kerasChange : onnx ? (_, to) => onnxChange(to.name) : kindOf,
    keras ? kerasCaveat : () => '',
  );
  const level = onnx ? levelToKeep(baseline, against) : [];
  const found = [
    ...(onnx ? [...withOptimisedFile(faster, analysis.variants, against), ...level] : faster),
    ...(keras ? slowerWhenCompiled(against) : []),
    ...(triedTraffic(evidence.trials) ?? (onnx ? [] : retracing(analysis.variants, keras))),
    ...leaks(analysis.variants, evidence),
    ...(keras
      ? pipelineEachCall(baseline, faster, NOTABLE_SHARE)
      : (tried(evidence.trials, 'keep-tensors') ??
        (onnx ? adviseOnSessions(baseline, analysis.variants, NOTABLE_SHARE) : adapter(baseline)))),
    ...(tried(evidence.trials, 'compile-to-graph') ?? []),
    ...(tried(evidence.trials, 'xla') ?? []),
    ...adviseOnThreads(baseline, evidence.trials),
    ...(tried(evidence.trials, 'spinning') ?? []),
    ...(tried(evidence.trials, 'batch-up') ?? smallCalls(baseline, analysis.batch)),
    ...plainBackend(analysis),
    ...collection(baseline),
    ...(keras ? [] : slicedCalls(baseline, analysis.variants, analysis.batch)),
    ...warmUp(baseline),
    // More rows in a call save time per row, not per call: it comes after what makes the same call faster.
  ].sort(
    (a, b) =>
      (onnx ? levelsFirst(a) - levelsFirst(b) : 0) ||
      Number(b.verified) - Number(a.verified) ||
      Number(a.id === 'batch-up') - Number(b.id === 'batch-up') ||
      (b.saving?.share ?? 0) - (a.saving?.share ?? 0),
  );
  if (level.length > 0 || found.some(({ saving }) => saving !== null)) return found;
  return [...nothingToGain(baseline, against, evidence.trials ?? []), ...found];
}

/** A program that did not choose its backend by an option of ours, and calculates in JavaScript. */
function plainBackend({ environment, model }: Omit<Analysis, 'advice'>): Advice[] {
  if (environment.backend !== 'cpu' || model.path !== null) return [];
  return [
    {
      id: 'native-backend',
      sentence: 'Load `@tensorflow/tfjs-node` instead of `@tensorflow/tfjs`: this program calculates in plain JavaScript (backend cpu).',
      evidence:
        'The backend of the calls is cpu, which runs each kernel in JavaScript on one thread; the backend tensorflow runs it in native TensorFlow. Where the package is loaded already, something sets the backend: tf.getBackend() tells.',
      saving: null,
      verified: true,
    },
  ];
}

type KindOf = (from: NamedVariant, to: NamedVariant) => readonly [id: string, what: string];

/** What changing to a variant means, by what tells it from the baseline. The best of each kind is advised. */
function kindOf(from: NamedVariant, to: NamedVariant): readonly [id: string, what: string] {
  const change = graphChange(from, to);
  if (change !== null) return [change, whatToDo(change)];
  if (to.name === from.name && to.call === 'predictOnBatch') return ['predict-on-batch', 'Call predictOnBatch instead of predict'];
  if (to.name === from.name && to.call !== from.call) return ['call-style', `Call ${to.call} instead of ${from.call}`];
  if (to.name === 'uncompiled' && isCompiled(from))
    return ['no-training-configuration', 'Load the model without its training configuration'];
  return ['variant', `Use ${to.key}`];
}

/** A layers model with its training configuration, with or without the functions that it makes. */
const isCompiled = ({ name }: NamedVariant): boolean => name === 'compiled' || name === 'compiled-train';

interface Faster {
  readonly variant: NamedVariant;
  readonly comparison: Comparison;
}

function fasterVariants(
  {
    baseline,
    against,
    analysis,
  }: {
    readonly baseline: NamedVariant;
    readonly against: readonly Comparison[];
    readonly analysis: Pick<Analysis, 'variants' | 'trust'>;
  },
  kindOf: KindOf,
  caveat: (candidate: NamedVariant) => string,
): Advice[] {
  const best = new Map<string, Faster>();
  const surelyFaster = against.flatMap((comparison): Faster[] => {
    const variant = analysis.variants.find(({ key }) => key === comparison.candidate);
    return variant !== undefined && comparison.verdict === 'faster' && comparison.withheld === undefined ? [{ variant, comparison }] : [];
  });
  for (const faster of surelyFaster) {
    if (isPlainerSaid(baseline, faster.variant, surelyFaster)) continue;
    const [id] = kindOf(baseline, faster.variant);
    const known = best.get(id);
    if (known === undefined || bestOf([known.comparison, faster.comparison]) === faster.comparison) best.set(id, faster);
  }
  return [...best].map(([id, { variant, comparison }]) => {
    const [, what] = kindOf(baseline, variant);
    const share = 1 - comparison.ratio;
    const interval = [1 - comparison.interval[1], 1 - comparison.interval[0]] as const;
    const noise = noiseAbove(comparison.ratio, analysis);
    return {
      id,
      sentence: `${what} (${comparison.candidate}): it ${noise === null ? 'saves' : 'came out to save'} ${formatShare(share)} of a call${noise === null ? '' : `, ${withinNoise(noise)}`}.`,
      evidence: `Measured: ${comparison.sentence}${caveat(variant)}`,
      saving: { share, interval },
      verified: noise === null,
    };
  });
}

/** Whether the call alone, in the baseline's own state of the model, is faster too: then that is the advice, not both changes. */
const isPlainerSaid = (from: NamedVariant, to: NamedVariant, faster: readonly Faster[]): boolean =>
  isCompiled(to) && to.call !== from.call && faster.some(({ variant }) => variant.name === from.name && variant.call === to.call);

/** Calls that had to build a graph because something about the input changed. */
function retracing(variants: readonly VariantAnalysis[], keras: boolean): Advice[] {
  return variants.flatMap(({ key, cold, calls, latencyNanos, stages }) => {
    // Where warm calls build graphs too (Keras' input pipeline), another shape is not why.
    if (stages['graph-building'].share > NOTABLE_SHARE) return [];
    const rebuilt = cold.filter(({ temperature, causes }) => temperature === 'cold-signature' && causes.length > 0);
    // One more shape is no pattern that buckets could mend; Keras runs make one such call to see what it costs.
    if (rebuilt.length < 2) return [];
    const extra = rebuilt.reduce((sum, call) => sum + Math.max(0, call.latencyNanos - latencyNanos.p50), 0);
    const all = calls * latencyNanos.mean + cold.reduce((sum, call) => sum + call.latencyNanos, 0);
    if (all === 0 || extra / all < NOTABLE_SHARE / 10) return [];
    const causes = [...new Set(rebuilt.flatMap((call) => call.causes))].join(', ');
    const signatures = [...new Set(rebuilt.map(({ signature }) => signature))].slice(0, 4).join(', ');
    const share = extra / all;
    return [
      {
        id: 'pad-to-buckets',
        sentence: `Pad inputs to a few fixed shapes (buckets): ${rebuilt.length} calls of ${key} built the graph again.`,
        evidence: `Causes: ${causes}; signatures: ${signatures}; together ${formatTime(extra)} above a warm call. At most that can be saved.${keras ? '' : ' `inferscope profile MODEL --traffic RUN` tries it.'}`,
        saving: { share, interval: [0, share] as const },
        verified: false,
      },
    ];
  });
}

function leaks(variants: readonly VariantAnalysis[], { tensorsLeft }: AdviceEvidence): Advice[] {
  return variants.flatMap(({ key }) => {
    const left = tensorsLeft.get(key) ?? 0;
    if (left < 0.5) return [];
    return [
      {
        id: 'dispose',
        sentence: `Dispose what ${key} leaves: ${formatCount(left)} ${formatCount(left) === '1' ? 'tensor stays' : 'tensors stay'} after each call.`,
        evidence: 'Measured with tf.memory().numTensors after each call; memory grows until the process ends.',
        saving: null,
        verified: true,
      },
    ];
  });
}

function adapter({ key, name, stages }: VariantAnalysis): Advice[] {
  const { share, nanosPerCall } = stages['data-adapter'];
  if (share < NOTABLE_SHARE) return [];
  return [
    {
      id: 'keep-tensors',
      sentence: 'Keep input as tensors instead of JavaScript arrays where the same data is used again.',
      evidence: `The data adapter of ${key} takes ${formatTime(nanosPerCall)}, ${formatShare(share)} of a call: that is the most it can save.${name === 'program' ? '' : ' Try it with --feed reused.'}`,
      saving: { share, interval: [0, share] },
      verified: false,
    },
  ];
}

function smallCalls(variant: VariantAnalysis, batch: number): Advice[] {
  const { key, stages } = variant;
  const fixed = stages.glue.share + stages['graph-building'].share;
  // What transformers.js does between runs goes with what it is given: nobody knows that it would shrink.
  if (fixed < 0.3 || batch >= SMALL_BATCH || feedsItself(variant)) return [];
  return [
    {
      id: 'batch-up',
      sentence: `Put several inputs into one call: with batch ${batch}, ${formatShare(fixed)} of a call of ${key} is spent neither in kernels nor on data.`,
      evidence: `Glue code ${formatShare(stages.glue.share)}, graph building ${formatShare(stages['graph-building'].share)}; per input it shrinks with the batch. \`inferscope sweep\` measures how far.`,
      saving: { share: fixed, interval: [0, fixed] },
      verified: false,
    },
  ];
}

function collection(variant: VariantAnalysis): Advice[] {
  const { key, stages } = variant;
  const { share } = stages.gc;
  if (share < NOTABLE_SHARE / 2 || feedsItself(variant)) return [];
  return [
    {
      id: 'less-garbage',
      sentence: 'Make less garbage per call: reuse typed arrays and tensors.',
      evidence: `Garbage collection takes ${formatShare(share)} of ${key}; at most that can be saved.`,
      saving: { share, interval: [0, share] },
      verified: false,
    },
  ];
}

function warmUp({ key, calls, cold, latencyNanos }: VariantAnalysis): Advice[] {
  const first = cold.find(({ temperature }) => temperature === 'cold-session');
  if (calls === 0 || first === undefined || first.latencyNanos < NOTABLE_COLD * latencyNanos.p50) return [];
  const times = formatTimes(first.latencyNanos / latencyNanos.p50);
  return [
    {
      id: 'warm-up',
      sentence: 'Call the model once at start, before the first request.',
      evidence: `The first call of ${key} took ${formatTime(first.latencyNanos)}, ${times} a warm call (${formatTime(latencyNanos.p50)}).`,
      saving: null,
      verified: true,
    },
  ];
}

/** Claimed only when every comparison, tried variants included, came to a conclusion, and none was faster. */
function nothingToGain(baseline: VariantAnalysis, against: readonly Comparison[], trials: readonly Trial[]): Advice[] {
  const verdicts = [...against.map(({ verdict }) => verdict), ...trials.filter(isInPlace).flatMap((trial) => trialVerdict(trial) ?? [])];
  if (verdicts.length === 0 || verdicts.some((verdict) => verdict === 'cannot-tell' || verdict === 'faster')) return [];
  const kernels = baseline.stages['kernel-execution'].share;
  return [
    {
      id: 'nothing-to-gain',
      sentence: `Nothing to gain here: ${baseline.key} is as fast as anything tried.`,
      evidence: `${[...against.map(({ sentence }) => sentence), ...trials.filter((trial) => !isOfTraffic(trial)).flatMap(trialEvidence)].join(' ')} Kernel execution is ${formatShare(kernels)} of a call.`,
      saving: null,
      verified: true,
    },
  ];
}
