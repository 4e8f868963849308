import type { Advice } from '../../model/analysis.js';
import type { Trial } from '../../model/trial.js';
import { type Verdict, verdictOf } from '../../model/verdict.js';
import { formatShare, formatTime } from '../words.js';
import { formatMultiple } from '../../model/multiple.js';
import { formatConfidence, DEFAULT_CONFIDENCE } from '../../model/confidence.js';

/** A saving must be certain and at least this large to be advised. */
export const MIN_SAVING = 0.02;

/** Changes whose time of a call is all that counts. */
export type SimpleTrialId = Exclude<Trial['id'], 'pad-to-buckets' | 'open-batch'>;

const WORDS: Readonly<Record<SimpleTrialId, readonly [what: string, unit: string]>> = {
  'keep-tensors': ['Keep the input as tensors where the same data is used again', 'a call'],
  'batch-up': ['Put more rows into one call', 'the time per row'],
  threads: ['Set the number of threads inside an operation', 'a call'],
  spinning: ['Let waiting threads spin (ONNX Runtime does by default: leave session.intra_op.allow_spinning out)', 'a call'],
  xla: ['Compile the model with XLA', 'a call'],
  'compile-to-graph': ['Compile the model to one TensorFlow graph', 'a call'],
};

/** What a change is called in advice, whether it was tried or ran as a variant. */
export const whatToDo = (id: SimpleTrialId): string => WORDS[id][0];

/** Whether another variant ran in place of the baseline. */
export const isInPlace = ({ id }: Trial): boolean => id === 'xla' || id === 'compile-to-graph';

/** What a trial allows to be said, as of a comparison; null when it was not run. */
export const trialVerdict = ({ ratio, interval }: Trial): Verdict | null =>
  ratio === null || interval === null ? null : verdictOf({ value: ratio, interval, basis: 'paired' }, MIN_SAVING);

/**
 * What a trial proved: advice with the measured saving, or none where it saved nothing. Of several, the best is told.
 * @returns null when it was not tried, so that an estimate may stand in
 */
export function tried(trials: readonly Trial[] | undefined, id: SimpleTrialId): Advice[] | null {
  const [trial] = (trials ?? []).filter((one) => one.id === id).sort((a, b) => (a.ratio ?? Infinity) - (b.ratio ?? Infinity));
  if (trial === undefined || trial.ratio === null || trial.interval === null) return null;
  const [low, high] = trial.interval;
  const share = 1 - trial.ratio;
  if (high >= 1 || share < MIN_SAVING) return [];
  const [what, unit] = WORDS[id];
  return [
    {
      id,
      sentence: `${what}: it saves ${formatShare(share)} of ${unit} (${trial.variant}, ${trial.change}).${buildingWords(trial)}`,
      evidence: `Tried, without recording, in ${trial.rounds} rounds beside the baseline as it is: ${ratioWords(trial.ratio, trial.interval)} of ${unit}.`,
      saving: { share, interval: [1 - high, 1 - low], ...(unit === 'a call' ? {} : { of: unit }) },
      verified: true,
    },
  ];
}

/** One sentence for "nothing to gain": what was tried, and that it did not help. */
export function trialEvidence(trial: Trial): string[] {
  const { variant, change, ratio, interval, failure } = trial;
  if (ratio === null || interval === null) return [`${variant} with ${change} could not be tried (${failure ?? 'no reason given'}).`];
  return [`${variant} with ${change}: ${ratioWords(ratio, interval)}.${buildingWords(trial)}`];
}

/** What has to be built once, and after how many calls the saving has paid for it. */
function buildingWords({ ratio, baselineNanos = 0, buildingNanos }: Trial): string {
  if (buildingNanos === undefined || ratio === null) return '';
  const saved = (1 - ratio) * baselineNanos;
  return ` Its graph took ${formatTime(buildingNanos)} to build, once${saved > 0 ? `: paid back after ${Math.ceil(buildingNanos / saved)} calls` : ''}.`;
}

/** A ratio of times with its interval: `0.12 × (95 % 0.093 × to 0.17 ×)`. */
export const ratioWords = (ratio: number, [low, high]: readonly [number, number]): string =>
  `${formatMultiple(ratio)} × (${formatConfidence(DEFAULT_CONFIDENCE)} ${formatMultiple(low)} × to ${formatMultiple(high)} ×)`;
