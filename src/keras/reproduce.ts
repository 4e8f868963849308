import { fileURLToPath } from 'node:url';
import type { KerasRecording } from './recording-from-agent.js';
import { runKeras } from './run-keras.js';
import { inclusiveShare } from './span-share.js';
import { medianInterval, roundRatios } from './statistics.js';

/** One published figure beside ours. Ratios and shares only: seconds belong to a machine. */
export interface ReproducedClaim {
  readonly id: string;
  readonly what: string;
  /** Null where nothing was published and the figure stands alone. */
  readonly published: number | null;
  /** Null where this version of Keras has no such variant: `note` says why. */
  readonly measured: number | null;
  readonly interval: readonly [number, number] | null;
  readonly note?: string;
}

/** The claims of one model on one Python environment. */
export interface Reproduction {
  readonly model: 'tiny' | 'medium';
  readonly tensorflow: string | null;
  readonly keras: string;
  readonly python: string;
  readonly claims: readonly ReproducedClaim[];
  readonly recording: KerasRecording;
}

export interface ReproduceOptions {
  /** A Python with TensorFlow: the one asked about has 2.0.0. */
  readonly python: string;
  readonly model?: 'tiny' | 'medium';
  readonly rounds?: number;
  readonly callsPerRound?: number;
  readonly signal?: AbortSignal;
  readonly env?: NodeJS.ProcessEnv;
  readonly onProgress?: (phase: string, done: number, of: number) => void;
}

const MODELS = fileURLToPath(new URL('./seed_models.py', import.meta.url));
const BASELINE = 'uncompiled/predict';

/** Ratios to the uncompiled predict, by candidate. Published: TensorFlow 2.0.0, 1000 calls (tiny), 10 calls (medium). */
const RATIOS: Readonly<Record<'tiny' | 'medium', readonly (readonly [candidate: string, published: number | null, what: string])[]>> = {
  tiny: [
    ['compiled/predict', 29.785 / 0.9891, 'compiled'],
    ['compiled-train/predict', 29.521 / 0.9891, 'compiled, train function built'],
    ['path-a/predict', null, 'uncompiled, flag set: path A'],
    ['path-b/predict', null, 'compiled, flag cleared: path B'],
    ['load-with-compile/predict', null, 'loaded with compile=True'],
    ['load-without-compile/predict', null, 'loaded with compile=False'],
    ['rebuilt/predict', null, 'rebuilt from configuration and weights'],
    ['uncompiled/call', null, 'model(x, training=False)'],
    ['compiled/predict_on_batch', null, 'predict_on_batch, compiled'],
    ['uncompiled/function', null, 'tf.function(model)(x)'],
    ['compiled/predict-dataset', null, 'predict(tf.data.Dataset)'],
  ],
  medium: [['compiled/predict', 34.74 / 34.85, 'compiled']],
};

/** Inclusive shares of a warm compiled predict of the tiny model. Published profile of TensorFlow 2.0.0. */
const SHARES: readonly (readonly [id: string, published: number | null, what: string, names: readonly string[]])[] = [
  ['share-adapter', 0.81, 'choosing and building the data adapter', ['data-adapter', 'backend-dataset']],
  ['share-pipeline-graphs', 0.72, 'graphs built for the input pipeline', ['create-function']],
  ['share-iterator', null, 'making and reading the iterator', ['make-iterator', 'iterator']],
  ['share-execution', null, 'running the graph', ['graph-run']],
];

/**
 * Repeats the published experiments in one Python environment, interleaved.
 *
 * @throws UserError as runKeras does.
 */
export async function reproduceKeras(options: ReproduceOptions): Promise<Reproduction> {
  const model = options.model ?? 'tiny';
  const { python, signal, onProgress, env } = options;
  const recording = await runKeras({
    model: `${MODELS}:${model}`,
    python,
    batch: 32,
    variants: [BASELINE, ...RATIOS[model].map(([candidate]) => candidate)],
    compile: { optimizer: 'adam', loss: 'binary_crossentropy' },
    rounds: options.rounds ?? (model === 'tiny' ? 12 : 4),
    callsPerRound: options.callsPerRound ?? (model === 'tiny' ? 20 : 1),
    warmup: model === 'tiny' ? 3 : 1,
    budgetMillis: 180_000,
    ...(signal === undefined ? {} : { signal }),
    ...(env === undefined ? {} : { env }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  const claims = [...RATIOS[model].map(([candidate, published, what]) => ratioClaim(recording, model, candidate, published, what))];
  if (model === 'tiny') claims.push(...SHARES.map(([id, published, what, names]) => shareClaim(recording, id, published, what, names)));
  const { tensorflow } = recording.meta.environment;
  return { model, tensorflow, keras: recording.keras.keras, python: recording.keras.python, claims, recording };
}

/** Bare calls only, paired by round: neither our own cost nor a slow minute of the machine enters. */
function ratioClaim(recording: KerasRecording, model: string, candidate: string, published: number | null, what: string): ReproducedClaim {
  const id = `${model}-${candidate.replace('/', '-')}`;
  const text = `${what} ÷ uncompiled predict`;
  const byKey = new Map(recording.keras.variants.map((fact) => [fact.key, fact]));
  const baseline = byKey.get(BASELINE)?.bareByRound ?? [];
  const estimate = medianInterval(roundRatios(byKey.get(candidate)?.bareByRound ?? [], baseline));
  if (estimate === null) {
    const reason = recording.keras.unavailable.find(({ variant }) => variant === candidate)?.reason ?? 'it was not measured';
    return { id, what: text, published, measured: null, interval: null, note: reason };
  }
  return { id, what: text, published, measured: estimate.median, interval: estimate.interval };
}

function shareClaim(recording: KerasRecording, id: string, published: number | null, what: string, names: readonly string[]): ReproducedClaim {
  const estimate = medianInterval(inclusiveShare(recording, 'compiled/predict', names));
  const text = `share of a warm compiled predict: ${what}`;
  if (estimate === null) return { id, what: text, published, measured: null, interval: null, note: 'no warm call was recorded' };
  return { id, what: text, published, measured: estimate.median, interval: estimate.interval };
}
