import type { Experiment, Question } from '../../model/claim.js';
import type { NoCounterpart, TfjsRemark } from '../../report/words/reproduction.js';

/** A question whose answer is a candidate's latency ÷ that of `uncompiled/predict`, measured in the same rounds. */
export interface RatioQuestion extends Question {
  readonly candidate: string;
  /** What is known of tfjs that bears on the answer. */
  readonly remark?: TfjsRemark;
}

const ratio = (
  experiment: Experiment,
  id: string,
  candidate: string,
  what: string,
  published: number,
  source: Question['source'] = 'repeated',
  remark?: TfjsRemark,
): RatioQuestion => ({
  id,
  experiment,
  what: `${what} ÷ uncompiled predict`,
  unit: 'ratio',
  published,
  source,
  candidate,
  ...(remark === undefined ? {} : { remark }),
});

/**
 * Published with the original question (TensorFlow 2.0.0, Python, CPU), or `repeated` later on the same version. Seconds
 * of 1,000 calls (tiny) and of 10 calls (medium); the ratio is what carries over.
 */
export const TINY: readonly RatioQuestion[] = [
  ratio('tiny', 'tiny-compiled', 'compiled/predict', 'compiled', 29.785 / 0.9891, 'published', 'one-path'),
  ratio(
    'tiny',
    'tiny-compiled-train',
    'compiled-train/predict',
    'compiled, train function built',
    29.521 / 0.9891,
    'published',
    'one-path',
  ),
];

export const MEDIUM: readonly RatioQuestion[] = [
  ratio('medium', 'medium-compiled', 'compiled/predict', 'compiled', 34.74 / 34.85, 'published'),
];

export const WORKAROUNDS: readonly RatioQuestion[] = [
  ratio('workarounds', 'call-directly', 'uncompiled/apply', 'model called directly', 0.43, 'repeated', 'no-adapter'),
  ratio('workarounds', 'call-directly-compiled', 'compiled/apply', 'compiled model called directly', 0.43, 'repeated', 'no-adapter'),
  ratio('workarounds', 'predict-on-batch', 'uncompiled/predictOnBatch', 'predictOnBatch', 0.43, 'repeated', 'no-adapter'),
  ratio(
    'workarounds',
    'predict-on-batch-compiled',
    'compiled/predictOnBatch',
    'predictOnBatch of the compiled model',
    0.78,
    'repeated',
    'no-adapter',
  ),
  ratio(
    'workarounds',
    'load-with-compile',
    'loaded-with-training/predict',
    'loaded with its training configuration',
    28.6,
    'repeated',
    'one-path',
  ),
  ratio('workarounds', 'load-without-compile', 'loaded-without-training/predict', 'loaded without its training configuration', 1),
  ratio('workarounds', 'rebuilt', 'rebuilt/predict', 'weights saved, model rebuilt, weights loaded', 1.02),
  ratio('workarounds', 'function', 'graph/predict', 'the model as one graph (tf.function; here compileToGraph)', 0.24),
];

/** No such thing exists in tfjs: the reason is the answer. */
export const WITHOUT_COUNTERPART: readonly (Question & { readonly reason: NoCounterpart })[] = [
  {
    id: 'predict-dataset',
    experiment: 'workarounds',
    what: 'predict of a dataset ÷ uncompiled predict',
    unit: 'ratio',
    published: 3.6,
    source: 'repeated',
    reason: 'no-datasets',
  },
  {
    id: 'path-a-uncompiled',
    experiment: 'paths',
    what: 'uncompiled with the path flag set ÷ uncompiled predict',
    unit: 'ratio',
    published: 29.7,
    source: 'repeated',
    reason: 'no-flag',
  },
  {
    id: 'path-b-compiled',
    experiment: 'paths',
    what: 'compiled with the path flag cleared ÷ uncompiled predict',
    unit: 'ratio',
    published: 0.98,
    source: 'repeated',
    reason: 'no-flag',
  },
];

/** Where the time of a warm compiled predict goes. */
export const SHARES: readonly (Question & { readonly stage: string; readonly of: 'tiny' | 'medium' })[] = [
  {
    id: 'share-adapter',
    experiment: 'tiny',
    what: 'data adapter, share of a warm compiled predict',
    unit: 'share',
    published: 0.81,
    source: 'published',
    stage: 'data-adapter',
    of: 'tiny',
  },
  {
    id: 'share-graph-building',
    experiment: 'tiny',
    what: 'graphs built, share of a warm compiled predict',
    unit: 'share',
    published: 0.72,
    source: 'published',
    stage: 'graph-building',
    of: 'tiny',
  },
  {
    id: 'share-execution',
    experiment: 'tiny',
    what: 'execution, share of a warm compiled predict',
    unit: 'share',
    published: 0.04,
    source: 'repeated',
    stage: 'kernel-execution',
    of: 'tiny',
  },
  {
    id: 'medium-fixed-share',
    experiment: 'medium',
    what: 'data adapter, share of a warm compiled predict of the medium model',
    unit: 'share',
    published: 0.01,
    source: 'published',
    stage: 'data-adapter',
    of: 'medium',
  },
];

export const TWO_PATHS: Question = {
  id: 'two-paths',
  experiment: 'paths',
  what: 'different sequences of stages and kernels in predict, compiled and uncompiled',
  unit: 'count',
  published: 2,
  source: 'published',
};

const traces = (id: string, what: string, published: number): Question => ({
  id,
  experiment: 'retracing',
  what: `graphs built for ${what}`,
  unit: 'count',
  published,
  source: 'published',
});

/** What rebuilds a traced function. */
export const RETRACING = {
  numbers: traces('retrace-numbers', 'g(2) and g(3)', 2),
  again: traces('retrace-again', 'g(2) once more', 0),
  float: traces('retrace-float', 'g(2.0) after g(2)', 0),
  boolean: traces('retrace-boolean', 'g(true)', 1),
  tensor: traces('retrace-tensor', 'tensors of one shape holding 2 and 3', 1),
  shapes: traces('retrace-shapes', 'tensors of two shapes', 2),
  dtypes: traces('retrace-dtypes', 'tensors of two dtypes', 2),
} as const;
