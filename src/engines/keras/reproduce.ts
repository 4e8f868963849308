import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { judge, type Experiment, type JudgedClaim, type Measurement, type Reproduction } from '../../model/claim.js';
import type { KerasRecording, KernelDecoder } from './recording-from-agent.js';
import { runRetracing, type Retrace } from './retracing.js';
import { runKeras, type KerasOptions, type KerasProgress } from './run-keras.js';
import { KERAS_QUESTIONS, SEED_BASELINE, type KerasQuestion } from './seed-questions.js';
import { inclusiveShare } from './span-share.js';
import { medianInterval, roundRatios } from './statistics.js';
import type { AgentVersions } from './protocol.js';

/** The claims of one Python environment, with the runs they were taken from. */
export interface KerasReproduction extends Omit<Reproduction, 'claims'> {
  readonly claims: readonly JudgedClaim[];
  readonly python: string;
  readonly tensorflow: string | null;
  readonly keras: string;
  readonly recordings: readonly { readonly model: SeedModel; readonly recording: KerasRecording }[];
}

export interface KerasReproduceOptions {
  /** A Python with TensorFlow: the one asked about has 2.0.0. */
  readonly python: string;
  readonly experiments: readonly Experiment[];
  /** The medium model scaled down and fewer rounds; the notes say so. */
  readonly quick?: boolean;
  /** Rounds and calls of the tiny model; the medium one has one call a round. */
  readonly rounds?: number;
  readonly callsPerRound?: number;
  readonly kernels?: KernelDecoder;
  readonly signal?: AbortSignal;
  readonly env?: NodeJS.ProcessEnv;
  readonly onProgress?: (model: string, progress: KerasProgress) => void;
}

export type SeedModel = 'tiny' | 'medium';

const MODELS = fileURLToPath(new URL('./seed_models.py', import.meta.url));
const BATCH = 32;
/** Of the rounds, for each variant, that is for each question. */
const BUDGET_MILLIS: Readonly<Record<SeedModel, number>> = { tiny: 10_000, medium: 90_000 };
const TIMEOUT_MILLIS = 3_600_000;
/** The medium model with `--quick`: small enough for a call of about a second, large enough that a call's fixed cost is no part of it. */
const SCALED_SIZE = { steps: 200, units: 256, filters: 64, kernel: 200 } as const;

/**
 * Repeats published experiments in one Python environment, variants interleaved.
 *
 * @throws UserError as runKeras does.
 */
export async function reproduceKeras(options: KerasReproduceOptions): Promise<KerasReproduction> {
  const questions = KERAS_QUESTIONS.filter(({ experiment }) => options.experiments.includes(experiment));
  const recordings: { readonly model: SeedModel; readonly recording: KerasRecording }[] = [];
  for (const model of ['tiny', 'medium'] as const) {
    const ofModel = questions.filter((question) => modelOf(question) === model);
    if (ofModel.length > 0 && options.signal?.aborted !== true)
      recordings.push({ model, recording: await runModel(model, ofModel, options) });
  }
  const wantsTraces = questions.some(({ from }) => from.kind === 'traces');
  const { retraces, versions } =
    wantsTraces && options.signal?.aborted !== true ? await runRetracing(options) : { retraces: [], versions: null };
  const claims = questions.map((question) => answered(question, recordings, retraces));
  return {
    runtime: 'keras',
    claims,
    recordings,
    ...described(recordings[0]?.recording.keras.versions ?? versions),
    notes: notesOf(recordings, options),
  };
}

const modelOf = ({ experiment, from }: KerasQuestion): SeedModel | null =>
  from.kind === 'traces' ? null : experiment === 'medium' ? 'medium' : 'tiny';

function runModel(model: SeedModel, questions: readonly KerasQuestion[], options: KerasReproduceOptions): Promise<KerasRecording> {
  const { python, kernels, signal, onProgress, env } = options;
  const candidates = questions.map(({ from }) => (from.kind === 'ratio' ? from.candidate : 'compiled/predict'));
  const variants = [...new Set([SEED_BASELINE, ...candidates])];
  return runKeras({
    model: `${MODELS}:${model}`,
    python,
    batch: BATCH,
    variants,
    compile: { optimizer: 'adam', loss: 'binary_crossentropy' },
    ...(model === 'tiny' ? tinyPlan(options) : mediumPlan(options)),
    budgetMillis: variants.length * BUDGET_MILLIS[model],
    timeoutMillis: TIMEOUT_MILLIS,
    ...(kernels === undefined ? {} : { kernels }),
    ...(signal === undefined ? {} : { signal }),
    ...(env === undefined ? {} : { env }),
    ...(onProgress === undefined ? {} : { onProgress: (progress: KerasProgress) => onProgress(`${model} model`, progress) }),
  });
}

type Plan = Pick<KerasOptions, 'rounds' | 'callsPerRound' | 'warmup' | 'arguments' | 'spare' | 'tracedCalls' | 'otherBatch'>;

const tinyPlan = ({ rounds, callsPerRound, quick }: KerasReproduceOptions): Plan => ({
  rounds: rounds ?? (quick === true ? 6 : 12),
  callsPerRound: callsPerRound ?? (quick === true ? 5 : 10),
  warmup: 3,
});

/** At its true size a call takes seconds: every one that no figure needs is left out. */
const mediumPlan = ({ quick }: KerasReproduceOptions): Plan =>
  quick === true
    ? { rounds: 6, callsPerRound: 1, warmup: 1, arguments: SCALED_SIZE, tracedCalls: 1, otherBatch: false }
    : { rounds: 8, callsPerRound: 1, warmup: 1, spare: 'recorded', tracedCalls: 1, otherBatch: false };

function answered(question: KerasQuestion, recordings: KerasReproduction['recordings'], retraces: readonly Retrace[]): JudgedClaim {
  const { from, ...asked } = question;
  return judge(asked, measurementOf(question, recordings, retraces, from));
}

function measurementOf(
  question: KerasQuestion,
  recordings: KerasReproduction['recordings'],
  retraces: readonly Retrace[],
  from: KerasQuestion['from'],
): Measurement {
  if (from.kind === 'traces') return tracesOf(retraces, from.calls);
  const recording = recordings.find(({ model }) => model === modelOf(question))?.recording;
  if (recording === undefined) return { kind: 'none', reason: 'the run was stopped before it' };
  return from.kind === 'ratio' ? ratioOf(recording, from.candidate) : shareOf(recording, from.spans);
}

/** Bare calls only, paired by round: neither our own cost nor a slow minute of the machine enters. */
function ratioOf({ keras }: KerasRecording, candidate: string): Measurement {
  const byKey = new Map(keras.variants.map((fact) => [fact.key, fact]));
  const estimate = medianInterval(roundRatios(byKey.get(candidate)?.bareByRound ?? [], byKey.get(SEED_BASELINE)?.bareByRound ?? []));
  if (estimate === null)
    return { kind: 'none', reason: keras.unavailable.find(({ variant }) => variant === candidate)?.reason ?? 'it was not measured' };
  return figureOf(estimate, 'rounds');
}

/** A figure needs an interval that holds at least 95 %: six values, in the order statistics of a median. */
export function figureOf(
  { median, interval, coverage }: NonNullable<ReturnType<typeof medianInterval>>,
  of: 'rounds' | 'calls',
): Measurement {
  if (coverage >= 0.95) return { kind: 'figure', value: median, interval };
  return {
    kind: 'none',
    reason: `too few ${of} were done for a 95 % interval: at least 6 are needed (the median of those done is ${median.toPrecision(3)})`,
  };
}

function shareOf(recording: KerasRecording, spans: readonly string[]): Measurement {
  const estimate = medianInterval(inclusiveShare(recording, 'compiled/predict', spans));
  return estimate === null ? { kind: 'none', reason: 'no warm call was recorded' } : figureOf(estimate, 'calls');
}

function tracesOf(retraces: readonly Retrace[], calls: readonly string[]): Measurement {
  const made = retraces.filter(({ call }) => calls.includes(call));
  if (made.length < calls.length) return { kind: 'none', reason: 'the run was stopped before it' };
  const built = made.filter(({ traced }) => traced);
  const causes = built.map(
    ({ call, cause, change }) => `${call}: ${cause ?? 'unknown'}${change === null || change === '' ? '' : ` (${change})`}`,
  );
  const figure = { kind: 'figure', value: built.length, interval: [built.length, built.length] } as const;
  return causes.length === 0 ? figure : { ...figure, note: causes.join('; ') };
}

/** The tables are to be shown to others: whose home it was is nobody's business. */
const withoutHome = (file: string): string => (file.startsWith(`${os.homedir()}/`) ? `~${file.slice(os.homedir().length)}` : file);

function described(versions: AgentVersions | null): Pick<KerasReproduction, 'python' | 'tensorflow' | 'keras' | 'machine'> {
  const { python = 'unknown', keras = 'unknown', tensorflow = null } = versions?.packages ?? {};
  const cpu = os.cpus()[0]?.model.trim() ?? 'unknown';
  const machine = [
    ['TensorFlow', tensorflow ?? 'none'],
    ['Keras', keras],
    ['Python', `${python} (${withoutHome(versions?.executable ?? 'unknown')})`],
    ['CPU', `${cpu} × ${os.availableParallelism()}`],
  ] as const;
  return { python, keras, tensorflow, machine };
}

function notesOf(recordings: KerasReproduction['recordings'], { quick }: KerasReproduceOptions): string[] {
  const { steps, units, filters, kernel } = SCALED_SIZE;
  const scaled =
    quick === true
      ? [
          `--quick: fewer rounds; the medium model is scaled down to ${steps} steps, ${units} units, ${filters} filters of ${kernel}: its figures are not the published model's`,
        ]
      : [];
  return [
    ...scaled,
    ...recordings.flatMap(({ model, recording }) =>
      [...recording.keras.notes, ...(recording.complete ? [] : ['the run was stopped early'])].map((note) => `${model} model: ${note}`),
    ),
  ];
}
