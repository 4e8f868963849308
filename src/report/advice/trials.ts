import { buildingOf, wasRun, type SimpleTrialId, type TriedChangeSaves } from '../../analyse/findings/advice/trials.js';
import { formatConfidence, DEFAULT_CONFIDENCE } from '../../model/confidence.js';
import { formatMultiple } from '../../model/multiple.js';
import type { Trial } from '../../model/trial.js';
import { formatShare, formatTime } from '../words.js';
import type { AdviceWords } from './words.js';

const CALL = 'a call';

const WORDS: Readonly<Record<SimpleTrialId, readonly [what: string, unit: string]>> = {
  'keep-tensors': ['Keep the input as tensors where the same data is used again', CALL],
  'batch-up': ['Put more rows into one call', 'the time per row'],
  threads: ['Set the number of threads inside an operation', CALL],
  spinning: ['Let waiting threads spin (ONNX Runtime does by default: leave session.intra_op.allow_spinning out)', CALL],
  xla: ['Compile the model with XLA', CALL],
  'compile-to-graph': ['Compile the model to one TensorFlow graph', CALL],
};

/** What a change is called in advice, whether it was tried or ran as a variant. */
export const whatToDo = (id: SimpleTrialId): string => WORDS[id][0];

/** What a change saves of, where it is not the time of a call. */
export const unitOf = (id: SimpleTrialId): string | undefined => (WORDS[id][1] === CALL ? undefined : WORDS[id][1]);

/** A change that was tried and saves time. */
export function triedWords({ id, trial, share }: TriedChangeSaves): AdviceWords {
  const [what, unit] = WORDS[id];
  return {
    sentence: `${what}: it saves ${formatShare(share)} of ${unit} (${trial.variant}, ${trial.change}).${buildingWords(trial)}`,
    evidence: `Tried, without recording, in ${trial.rounds} rounds beside the baseline as it is: ${ratioWords(trial.ratio, trial.interval)} of ${unit}.`,
  };
}

/** One sentence for "nothing to gain": what was tried, and that it did not help. */
export function trialEvidence(trial: Trial): string {
  const { variant, change, failure } = trial;
  if (!wasRun(trial)) return `${variant} with ${change} could not be tried (${failure ?? 'no reason given'}).`;
  return `${variant} with ${change}: ${ratioWords(trial.ratio, trial.interval)}.${buildingWords(trial)}`;
}

function buildingWords(trial: Trial): string {
  const building = buildingOf(trial);
  if (building === null) return '';
  const { nanos, paidBackCalls } = building;
  return ` Its graph took ${formatTime(nanos)} to build, once${paidBackCalls === null ? '' : `: paid back after ${paidBackCalls} calls`}.`;
}

/** A ratio of times with its interval: `0.12 × (95 % 0.093 × to 0.17 ×)`. */
export const ratioWords = (ratio: number, [low, high]: readonly [number, number]): string =>
  `${formatMultiple(ratio)} × (${formatConfidence(DEFAULT_CONFIDENCE)} ${formatMultiple(low)} × to ${formatMultiple(high)} ×)`;
