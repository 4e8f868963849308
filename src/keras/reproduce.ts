import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { judgeClaim, type Claim, type Experiment, type Measurement, type Reproduction } from '../model/claim.js';
import type { AgentVersions, KerasRecording, KernelDecoder } from './recording-from-agent.js';
import { runRetracing, type Retrace } from './retracing.js';
import { runKeras } from './run-keras.js';
import { KERAS_QUESTIONS, SEED_BASELINE, type KerasQuestion } from './seed-questions.js';
import { inclusiveShare } from './span-share.js';
import { medianInterval, roundRatios } from './statistics.js';

/** The claims of one Python environment, with the runs they were taken from. */
export interface KerasReproduction extends Reproduction {
  readonly python: string;
  readonly tensorflow: string | null;
  readonly keras: string;
  readonly recordings: readonly { readonly model: SeedModel; readonly recording: KerasRecording }[];
}

export interface ReproduceOptions {
  /** A Python with TensorFlow: the one asked about has 2.0.0. */
  readonly python: string;
  readonly experiments: readonly Experiment[];
  /** Rounds and calls of the tiny model; the medium one has 6 rounds of one call. */
  readonly rounds?: number;
  readonly callsPerRound?: number;
  readonly kernels?: KernelDecoder;
  readonly signal?: AbortSignal;
  readonly env?: NodeJS.ProcessEnv;
  readonly onProgress?: (phase: string, done: number, of: number) => void;
}

export type SeedModel = 'tiny' | 'medium';

const MODELS = fileURLToPath(new URL('./seed_models.py', import.meta.url));
const BATCH = 32;

/**
 * Repeats published experiments in one Python environment, variants interleaved.
 *
 * @throws UserError as runKeras does.
 */
export async function reproduceKeras(options: ReproduceOptions): Promise<KerasReproduction> {
  const questions = KERAS_QUESTIONS.filter(({ experiment }) => options.experiments.includes(experiment));
  const recordings: { readonly model: SeedModel; readonly recording: KerasRecording }[] = [];
  for (const model of ['tiny', 'medium'] as const) {
    const ofModel = questions.filter((question) => modelOf(question) === model);
    if (ofModel.length > 0 && options.signal?.aborted !== true) recordings.push({ model, recording: await runModel(model, ofModel, options) });
  }
  const wantsTraces = questions.some(({ from }) => from.kind === 'traces');
  const { retraces, versions } = wantsTraces && options.signal?.aborted !== true ? await runRetracing(options) : { retraces: [], versions: null };
  const claims = questions.map((question) => answered(question, recordings, retraces));
  return { runtime: 'keras', claims, recordings, ...described(recordings[0]?.recording.keras.versions ?? versions), notes: notesOf(recordings) };
}

const modelOf = ({ experiment, from }: KerasQuestion): SeedModel | null => (from.kind === 'traces' ? null : experiment === 'medium' ? 'medium' : 'tiny');

function runModel(model: SeedModel, questions: readonly KerasQuestion[], options: ReproduceOptions): Promise<KerasRecording> {
  const { python, kernels, signal, onProgress, env } = options;
  const tiny = model === 'tiny';
  const candidates = questions.map(({ from }) => (from.kind === 'ratio' ? from.candidate : 'compiled/predict'));
  return runKeras({
    model: `${MODELS}:${model}`,
    python,
    batch: BATCH,
    variants: [...new Set([SEED_BASELINE, ...candidates])],
    compile: { optimizer: 'adam', loss: 'binary_crossentropy' },
    rounds: tiny ? (options.rounds ?? 12) : 6,
    callsPerRound: tiny ? (options.callsPerRound ?? 10) : 1,
    warmup: tiny ? 3 : 1,
    budgetMillis: tiny ? 120_000 : 600_000,
    ...(kernels === undefined ? {} : { kernels }),
    ...(signal === undefined ? {} : { signal }),
    ...(env === undefined ? {} : { env }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
}

function answered(question: KerasQuestion, recordings: KerasReproduction['recordings'], retraces: readonly Retrace[]): Claim {
  const { from, ...asked } = question;
  return judgeClaim(asked, measurementOf(question, recordings, retraces, from));
}

function measurementOf(question: KerasQuestion, recordings: KerasReproduction['recordings'], retraces: readonly Retrace[], from: KerasQuestion['from']): Measurement {
  if (from.kind === 'traces') return tracesOf(retraces, from.calls);
  const recording = recordings.find(({ model }) => model === modelOf(question))?.recording;
  if (recording === undefined) return { kind: 'none', reason: 'the run was stopped before it' };
  return from.kind === 'ratio' ? ratioOf(recording, from.candidate) : shareOf(recording, from.spans);
}

/** Bare calls only, paired by round: neither our own cost nor a slow minute of the machine enters. */
function ratioOf({ keras }: KerasRecording, candidate: string): Measurement {
  const byKey = new Map(keras.variants.map((fact) => [fact.key, fact]));
  const estimate = medianInterval(roundRatios(byKey.get(candidate)?.bareByRound ?? [], byKey.get(SEED_BASELINE)?.bareByRound ?? []));
  if (estimate === null) return { kind: 'none', reason: keras.unavailable.find(({ variant }) => variant === candidate)?.reason ?? 'it was not measured' };
  return figureOf(estimate, 'rounds');
}

/** A figure needs an interval that holds at least 95 %: six values, in the order statistics of a median. */
export function figureOf({ median, interval, coverage }: NonNullable<ReturnType<typeof medianInterval>>, of: 'rounds' | 'calls'): Measurement {
  if (coverage >= 0.95) return { kind: 'figure', value: median, interval };
  return { kind: 'none', reason: `too few ${of} were done for a 95 % interval: at least 6 are needed (the median of those done is ${median.toPrecision(3)})` };
}

function shareOf(recording: KerasRecording, spans: readonly string[]): Measurement {
  const estimate = medianInterval(inclusiveShare(recording, 'compiled/predict', spans));
  return estimate === null ? { kind: 'none', reason: 'no warm call was recorded' } : figureOf(estimate, 'calls');
}

function tracesOf(retraces: readonly Retrace[], calls: readonly string[]): Measurement {
  const made = retraces.filter(({ call }) => calls.includes(call));
  if (made.length < calls.length) return { kind: 'none', reason: 'the run was stopped before it' };
  const built = made.filter(({ traced }) => traced);
  const causes = built.map(({ call, cause, change }) => `${call}: ${cause ?? 'unknown'}${change === null || change === '' ? '' : ` (${change})`}`);
  const figure = { kind: 'figure', value: built.length, interval: [built.length, built.length] } as const;
  return causes.length === 0 ? figure : { ...figure, note: causes.join('; ') };
}

function described(versions: AgentVersions | null): Pick<KerasReproduction, 'python' | 'tensorflow' | 'keras' | 'machine'> {
  const { python = 'unknown', keras = 'unknown', tensorflow = null } = versions?.packages ?? {};
  const cpu = os.cpus()[0]?.model.trim() ?? 'unknown';
  const machine = [
    ['TensorFlow', tensorflow ?? 'none'],
    ['Keras', keras],
    ['Python', `${python} (${versions?.executable ?? 'unknown'})`],
    ['CPU', `${cpu} × ${os.availableParallelism()}`],
  ] as const;
  return { python, keras, tensorflow, machine };
}

const notesOf = (recordings: KerasReproduction['recordings']): string[] =>
  recordings.flatMap(({ model, recording }) => [...recording.keras.notes, ...(recording.complete ? [] : ['the run was stopped early'])].map((note) => `${model}: ${note}`));
