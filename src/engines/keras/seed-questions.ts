import type { Question } from '../../model/claim.js';

/** A figure to repeat, and what of a Keras run answers it. */
export interface KerasQuestion extends Question {
  readonly from:
    /** Latency of a variant ÷ the baseline's, bare calls. */
    | { readonly kind: 'ratio'; readonly candidate: string }
    /** Share of a warm compiled predict inside spans of these names. */
    | { readonly kind: 'share'; readonly spans: readonly string[] }
    /** Graphs built by these calls of the retracing experiment together. */
    | { readonly kind: 'traces'; readonly calls: readonly string[] };
}

type Row = readonly [id: string, candidate: string, published: number | null, source: Question['source'], what: string];

const ratio = (experiment: Question['experiment'], [id, candidate, published, source, what]: Row): KerasQuestion => ({
  id,
  experiment,
  what: `${what} ÷ uncompiled predict`,
  unit: 'ratio',
  published,
  source,
  from: { kind: 'ratio', candidate },
});

const share = (id: string, published: number, source: Question['source'], what: string, spans: readonly string[]): KerasQuestion => ({
  id,
  experiment: 'paths',
  what: `share of a warm compiled predict: ${what}`,
  unit: 'share',
  published,
  source,
  from: { kind: 'share', spans },
});

const traces = (id: string, published: number, source: Question['source'], what: string, calls: readonly string[]): KerasQuestion => ({
  id,
  experiment: 'retracing',
  what: `graphs built: ${what}`,
  unit: 'count',
  published,
  source,
  from: { kind: 'traces', calls },
});

/** The variant everything else is held against. */
export const SEED_BASELINE = 'uncompiled/predict';

/**
 * The published figures (TensorFlow 2.0.0, Python, CPU: seconds of 1000 calls of the tiny model, of 10 of the medium
 * one), and figures that were measured later on the same version.
 */
export const KERAS_QUESTIONS: readonly KerasQuestion[] = [
  ratio('tiny', ['tiny-compiled', 'compiled/predict', 29.785 / 0.9891, 'published', 'compiled']),
  ratio('tiny', ['tiny-compiled-train', 'compiled-train/predict', 29.521 / 0.9891, 'published', 'compiled, train function built,']),
  ratio('medium', ['medium-compiled', 'compiled/predict', 34.74 / 34.85, 'published', 'medium model: compiled']),
  ratio('paths', ['path-a', 'path-a/predict', 29.7, 'repeated', 'uncompiled, flag set (path A),']),
  ratio('paths', ['path-b', 'path-b/predict', 0.98, 'repeated', 'compiled, flag cleared (path B),']),
  share('share-adapter', 0.81, 'published', 'choosing and building the data adapter', ['data-adapter', 'backend-dataset']),
  share('share-pipeline-graphs', 0.72, 'published', "building graphs of the input pipeline's functions", ['pipeline-function']),
  share('share-iterator', 0.17, 'repeated', 'making and reading the iterator', ['make-iterator', 'iterator']),
  share('share-execution', 0.04, 'repeated', "running the model's graph", ['graph-run']),
  ratio('workarounds', ['load-with-compile', 'load-with-compile/predict', 28.6, 'repeated', 'load_model(compile=True)']),
  ratio('workarounds', ['load-without-compile', 'load-without-compile/predict', 1, 'repeated', 'load_model(compile=False)']),
  ratio('workarounds', ['rebuilt', 'rebuilt/predict', 1.02, 'repeated', 'weights saved, model rebuilt, weights loaded,']),
  ratio('workarounds', ['call', 'uncompiled/call', 0.43, 'repeated', 'model(x, training=False)']),
  ratio('workarounds', ['call-compiled', 'compiled/call', 0.43, 'repeated', 'model(x, training=False), compiled,']),
  ratio('workarounds', ['predict-on-batch', 'uncompiled/predict_on_batch', 0.43, 'repeated', 'predict_on_batch']),
  ratio('workarounds', ['predict-on-batch-compiled', 'compiled/predict_on_batch', 0.78, 'repeated', 'predict_on_batch, compiled,']),
  ratio('workarounds', ['function', 'uncompiled/function', 0.24, 'repeated', 'tf.function(model)(x)']),
  ratio('workarounds', ['dataset', 'compiled/predict-dataset', 3.6, 'repeated', 'predict(tf.data.Dataset), compiled,']),
  traces('retrace-numbers', 2, 'published', 'g(2), then g(3)', ['g(2)', 'g(3)']),
  traces('retrace-again', 0, 'repeated', 'g(2) again, g(2.0)', ['g(2) again', 'g(2.0)']),
  traces('retrace-bool', 1, 'repeated', 'g(True) after g(2)', ['g(True)']),
  traces('retrace-tensor', 1, 'published', 'g(tensor 2), then g(tensor 3)', ['g(tensor 2)', 'g(tensor 3)']),
  traces('retrace-shape', 2, 'published', 'float32[2], then float32[3]', ['g(float32[2])', 'g(float32[3])']),
  traces('retrace-dtype', 1, 'published', 'float64[3] after float32[3]', ['g(float64[3])']),
  traces('retrace-signature', 1, 'published', 'two shapes under a fixed signature', ['fixed(float32[2])', 'fixed(float32[3])']),
];
