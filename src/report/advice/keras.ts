import type { Advice, Comparison, VariantAnalysis } from '../../model/analysis.js';
import type { NamedVariant } from './changes.js';
import { formatFactor, formatShare, formatTime } from '../words.js';

/** What to write instead of `predict`, by the call style that was measured. */
const CALLS: Readonly<Record<string, readonly [id: string, what: string]>> = {
  call: ['keras-call', 'Call the model itself, `model(x, training=False)`, instead of `predict`'],
  predict_on_batch: ['keras-predict-on-batch', 'Call `model.predict_on_batch(x)` instead of `predict`'],
  function: ['keras-function', 'Make one `serve = tf.function(model)` at start and call `serve(tf.constant(x))` instead of `predict`'],
  'predict-dataset': ['keras-dataset', 'Make one `tf.data.Dataset` and give it to `predict` instead of arrays'],
};

const STATES: Readonly<Record<string, readonly [id: string, what: string]>> = {
  'load-without-compile': ['keras-compile-false', 'Load the model with `load_model(path, compile=False)`'],
  uncompiled: ['keras-compile-false', 'Load the model with `load_model(path, compile=False)`, and do not call `compile` for inference'],
  rebuilt: ['keras-rebuild', 'Save the weights, build the model again and load them'],
  'path-b': ['keras-path-b', 'Set `model._experimental_run_tf_function = False` after `compile` (path B of TensorFlow 2.0)'],
  jit: ['keras-xla', 'Compile with `model.compile(jit_compile=True)`'],
};

/** What changing from one variant to the other means for a Keras program. */
export function kerasChange(from: NamedVariant, to: NamedVariant): readonly [id: string, what: string] {
  const call = to.call === from.call ? undefined : CALLS[to.call];
  if (call !== undefined) return call;
  return (to.name === from.name ? undefined : STATES[to.name]) ?? ['variant', `Use ${to.key}`];
}

/** What a faster call style leaves out, so that nobody is surprised. */
export const kerasCaveat = ({ call }: NamedVariant): string =>
  call === 'predict' || call === 'predict-dataset' ? '' : ' `predict` splits its input into batches of 32; this runs all of it at once.';

/** The famous case: a compiled model that is slower, with what else was measured to show the cause. */
export function slowerWhenCompiled(against: readonly Comparison[]): Advice[] {
  const slow = against.find(
    ({ candidate, verdict, withheld }) => candidate === 'compiled/predict' && verdict === 'slower' && withheld === undefined,
  );
  if (slow === undefined || slow.baseline !== 'uncompiled/predict') return [];
  const cause = against.find(({ candidate, verdict }) => candidate === 'path-a/predict' && verdict === 'slower');
  const remedies = against.filter(({ candidate }) =>
    ['load-without-compile/predict', 'rebuilt/predict', 'path-b/predict'].includes(candidate),
  );
  const figures = [...(cause === undefined ? [] : [cause]), ...remedies].map(
    ({ candidate, ratio }) => `${candidate} ${formatFactor(ratio)} ×`,
  );
  const because =
    cause === undefined
      ? ''
      : ' The flag that chooses the predict loop is the cause, not the optimizer: an uncompiled model with that flag set (path A) is as slow.';
  return [
    {
      id: 'keras-compile-false',
      sentence: 'Do not compile a model that only predicts: load it with `load_model(path, compile=False)`, or keep an uncompiled copy.',
      evidence: `Measured: ${slow.sentence}${because}${figures.length === 0 ? '' : ` Against uncompiled predict: ${figures.join(', ')}.`}`,
      saving: null,
      verified: true,
    },
  ];
}

/** A pipeline of tf.data made anew in each call; told only where no other way to call was measured to be faster. */
export function pipelineEachCall({ key, stages, cold, calls }: VariantAnalysis, faster: readonly Advice[], notable: number): Advice[] {
  const adapter = stages['data-adapter'];
  const building = stages['graph-building'];
  const share = adapter.share + building.share;
  if (share < notable || faster.some(({ id }) => Object.values(CALLS).some(([known]) => known === id))) return [];
  const built = cold.filter(({ causes }) => causes.length > 0).length;
  const own =
    building.nanosPerCall === 0 || built === 0
      ? ''
      : `, with graphs of its own (the model's was built in ${built} of ${calls + cold.length} calls)`;
  return [
    {
      id: 'keras-direct-call',
      sentence: `Call the model itself, \`model(x, training=False)\`, or \`predict_on_batch\`: each \`predict\` makes its data pipeline anew${own}.`,
      evidence: `The data adapter of ${key} takes ${formatTime(adapter.nanosPerCall)} of a call, graph building ${formatTime(building.nanosPerCall)}: together ${formatShare(share)}, the most that can be saved. Add uncompiled/call to --variants to measure it.`,
      saving: { share, interval: [0, share] },
      verified: false,
    },
  ];
}
