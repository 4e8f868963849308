import type { PipelineEachCall, SlowerWhenCompiled } from '../../analyse/findings/advice/keras.js';
import { formatFactor, formatShare, formatTime } from '../words.js';
import type { AdviceWords } from './words.js';

/** The famous case, with what else was measured to show the cause. */
export function slowerWhenCompiledWords({ comparison, cause, remedies }: SlowerWhenCompiled): AdviceWords {
  const figures = [...(cause === null ? [] : [cause]), ...remedies].map(({ candidate, ratio }) => `${candidate} ${formatFactor(ratio)} ×`);
  const because =
    cause === null
      ? ''
      : ' The flag that chooses the predict loop is the cause, not the optimizer: an uncompiled model with that flag set (path A) is as slow.';
  return {
    sentence: 'Do not compile a model that only predicts: load it with `load_model(path, compile=False)`, or keep an uncompiled copy.',
    evidence: `Measured: ${comparison.sentence}${because}${figures.length === 0 ? '' : ` Against uncompiled predict: ${figures.join(', ')}.`}`,
  };
}

/** A pipeline of tf.data made anew in each call. */
export function pipelineWords({ key, adapterNanos, buildingNanos, share, graphs }: PipelineEachCall): AdviceWords {
  const own = graphs === null ? '' : `, with graphs of its own (the model's was built in ${graphs.built} of ${graphs.calls} calls)`;
  return {
    sentence: `Call the model itself, \`model(x, training=False)\`, or \`predict_on_batch\`: each \`predict\` makes its data pipeline anew${own}.`,
    evidence: `The data adapter of ${key} takes ${formatTime(adapterNanos)} of a call, graph building ${formatTime(buildingNanos)}: together ${formatShare(share)}, the most that can be saved. Add uncompiled/call to --variants to measure it.`,
  };
}
