import type { ChangeId, NamedVariant } from '../../analyse/findings/advice/changes.js';
import type { FasterVariant } from '../../analyse/findings/advice/faster.js';
import { formatShare } from '../words.js';
import { withinNoise } from '../words/trust.js';
import { levelChange, startWords } from './levels.js';
import { whatToDo } from './trials.js';
import type { AdviceWords } from './words.js';

/** What changing to a variant means. */
const CHANGES: Readonly<Record<ChangeId, (from: NamedVariant, to: NamedVariant) => string>> = {
  xla: () => whatToDo('xla'),
  'compile-to-graph': () => whatToDo('compile-to-graph'),
  'predict-on-batch': () => 'Call predictOnBatch instead of predict',
  'call-style': (from, to) => `Call ${to.call} instead of ${from.call}`,
  'no-training-configuration': () => 'Load the model without its training configuration',
  variant: (_, to) => `Use ${to.key}`,
  'optimisation-level': (_, to) => levelChange(to.name),
  'keras-call': () => 'Call the model itself, `model(x, training=False)`, instead of `predict`',
  'keras-predict-on-batch': () => 'Call `model.predict_on_batch(x)` instead of `predict`',
  'keras-function': () => 'Make one `serve = tf.function(model)` at start and call `serve(tf.constant(x))` instead of `predict`',
  'keras-dataset': () => 'Make one `tf.data.Dataset` and give it to `predict` instead of arrays',
  'keras-compile-false': (_, to) =>
    `Load the model with \`load_model(path, compile=False)\`${to.name === 'uncompiled' ? ', and do not call `compile` for inference' : ''}`,
  'keras-rebuild': () => 'Save the weights, build the model again and load them',
  'keras-path-b': () => 'Set `model._experimental_run_tf_function = False` after `compile` (path B of TensorFlow 2.0)',
  'keras-xla': () => 'Compile with `model.compile(jit_compile=True)`',
};

/** A faster variant, in words. */
export function fasterWords({ id, from, to, comparison, share, noise, unsplit, start }: FasterVariant): AdviceWords {
  const saves = `it ${noise === null ? 'saves' : 'came out to save'} ${formatShare(share)} of a call${noise === null ? '' : `, ${withinNoise(noise)}`}`;
  const atStart = start === undefined ? '' : ` At start, ${startWords(start)}.`;
  return {
    sentence: `${CHANGES[id](from, to)} (${comparison.candidate}): ${saves}.${atStart}`,
    evidence: `Measured: ${comparison.sentence}${unsplit ? ' `predict` splits its input into batches of 32; this runs all of it at once.' : ''}`,
  };
}
