import path from 'node:path';
import { compiledGraphs } from '../engines/tensorflow/graph/known-graphs.js';
import { Instrumentation } from '../engines/tensorflow/seams/instrumentation.js';
import { RECORDING_VERSION, type RecordingMeta } from '../model/recording.js';
import type { LoadedModel, RunnableVariant } from '../model/runnable.js';
import { openBatchOf } from '../model/signatures.js';
import type { Trial } from '../model/trial.js';
import { controlOf, variantKey } from '../model/variant.js';
import { originEpochNanos } from '../record/clock.js';
import { GcObserver } from '../record/gc-observer.js';
import { watchProcessMemory } from '../record/process-memory.js';
import { Recorder } from '../record/recorder.js';
import { measureToolCost } from '../record/tool-cost.js';
import { RecordingWriter } from '../record/writer.js';
import { ConditionWatch } from '../record/conditions.js';
import { shownPath } from '../model/shown-address.js';
import { describeEnvironment } from '../engines/tensorflow/load/environment.js';
import type { TensorFlow } from '../engines/tensorflow/load/tensorflow.js';
import { measurePeak } from '../engines/tensorflow/session/peak.js';
import { runInRounds, type VariantRun } from './call-loop.js';
import type { Controls } from './controls.js';
import { referenceWorkload } from './reference-workload.js';
import { medianOrNaN } from './rounds.js';
import { newRunFolder } from '../runs/run-folder.js';
import { runPlan } from './run-plan.js';
import { scriptPhase, type ScriptPhaseResult } from './javascript/script-phase.js';
import type { TensorFlowSession } from './tensorflow.js';
import { tryThreads, type ThreadTrialOptions } from './trials/thread-trial.js';
import type { TrafficOptions } from './trials/traffic.js';
import { tryTraffic } from './trials/traffic-trial.js';
import { tryChanges, type TrialOptions } from './trials/trials.js';
import { tryVariants } from './trials/variant-trials.js';
import type { ProfileOptions } from './profile-options.js';

/** Where a flush is due, milliseconds: a killed run loses no more than this. */
const FLUSH_MILLIS = 200;

/** A model that is about to be measured. */
export interface ProfileRun {
  readonly session: TensorFlowSession;
  readonly loaded: LoadedModel;
  /** What is compared, the baseline first; without the controls. */
  readonly compared: readonly RunnableVariant[];
  readonly controls: Controls;
  readonly options: ProfileOptions;
  /** Loads the model once more, changed; null where a second copy would take too much memory. */
  readonly load: TrialOptions['load'] | null;
  /** What another process needs to load the model; null where it cannot. */
  readonly elsewhere: Pick<ThreadTrialOptions, 'model' | 'loadOptions'> | null;
}

/** What is left when all calls are made; the calls themselves are in the file. */
export interface RecordedRun {
  readonly folder: string;
  /** The recording. */
  readonly file: string;
  /** Controls included. */
  readonly runs: readonly VariantRun[];
  readonly scripts: ScriptPhaseResult | null;
  /** Seams that could not be wrapped, in words. */
  readonly missingSeams: readonly string[];
  readonly interrupted: boolean;
}

/** Calls all variants and controls in rounds, then what looks inside them, and leaves a closed recording. */
export async function recordRun(run: ProfileRun): Promise<RecordedRun> {
  const { session, loaded, compared, controls, options } = run;
  const recorder = new Recorder();
  const variants = [...compared, ...controls.variants];
  const meta = recordingMeta({ session, loaded, skipped: controls.skipped, seed: options.seed }, variants);
  const folder = newRunFolder(options.out, loaded.info.name, options.existing);
  const file = path.join(folder, 'recordings', 'main.isr');
  const writer = new RecordingWriter(file, meta);
  const instrumentation = instrumentationOf(session, recorder, options.level);
  const gc = new GcObserver(recorder);
  const reference = referenceWorkload(session.tf);
  const watch = new ConditionWatch(reference.run);
  const signal = options.signal ?? new AbortController().signal;
  instrumentation.enable();
  try {
    const runs = await callInRounds(run, variants, signal, { recorder, writer, gc, watch });
    // The kernels of other backends are far from what the machine reaches, and the measurement would take minutes on them.
    if (session.seams.backend().binding !== undefined && options.level !== 'stages' && !signal.aborted) notePeak(session.tf, writer);
    instrumentation.disable();
    const scripts = options.js === true ? await sampleScripts(run, runs, { meta, folder, signal }) : null;
    const trials = await trialsOf(run, runs[0], signal);
    if (trials.length > 0) writer.trials(trials);
    return { folder, file, runs, scripts, missingSeams: instrumentation.missingSeams(), interrupted: signal.aborted };
  } finally {
    instrumentation.disable();
    gc.close();
    writer.conditions(watch.conditions());
    reference.dispose();
    writer.close(recorder);
    for (const variant of variants) variant.dispose();
  }
}

/** All seams of a session's TensorFlow, recording to `recorder`. */
export function instrumentationOf(
  { seams, inner, session, native }: TensorFlowSession,
  recorder: Recorder,
  level: ProfileOptions['level'] = 'kernels',
): Instrumentation {
  return new Instrumentation({
    tf: seams,
    recorder,
    inner,
    graphs: compiledGraphs,
    level,
    ...(session === undefined ? {} : { session }),
    ...(native === undefined ? {} : { native }),
  });
}

interface Watchers {
  readonly recorder: Recorder;
  readonly writer: RecordingWriter;
  readonly gc: GcObserver;
  readonly watch: ConditionWatch;
}

function callInRounds(
  { session, loaded, options }: ProfileRun,
  variants: readonly RunnableVariant[],
  signal: AbortSignal,
  { recorder, writer, gc, watch }: Watchers,
): Promise<readonly VariantRun[]> {
  let flushed = performance.now();
  return runInRounds(variants, {
    recorder,
    memory: () => session.tf.memory(),
    processMemory: watchProcessMemory(),
    plan: runPlan(options),
    signature: loaded.inputSignature,
    batch: loaded.batch,
    signal,
    onProgress: options.onProgress ?? (() => undefined),
    onPause: () => {
      gc.flush();
      watch.look();
      if (performance.now() - flushed < FLUSH_MILLIS) return;
      writer.flush(recorder);
      flushed = performance.now();
    },
  });
}

function sampleScripts(
  { session, options }: ProfileRun,
  runs: readonly VariantRun[],
  { meta, folder, signal }: { readonly meta: RecordingMeta; readonly folder: string; readonly signal: AbortSignal },
): Promise<ScriptPhaseResult> {
  const running = runs.filter(
    ({ variant, failure, latencies }) => controlOf(variant.variant) === null && failure === undefined && latencies.length > 0,
  );
  return scriptPhase(running, { session, meta, folder, level: options.level ?? 'kernels', signal });
}

/** After the run, so that no call is the warmer for it. Kernels are held against it; without it they are not. */
function notePeak(tf: TensorFlow, writer: RecordingWriter): void {
  try {
    writer.peak(measurePeak(tf));
  } catch {
    // Too little memory for it: what was recorded matters more.
  }
}

/** Changes are tried on the baseline only, and only when it ran. */
async function trialsOf(
  { session, loaded, compared, options, load, elsewhere }: ProfileRun,
  run: VariantRun | undefined,
  signal: AbortSignal,
): Promise<readonly Trial[]> {
  if (load === null || options.quick === true || options.controls === 'none') return [];
  if (run === undefined || run.failure !== undefined || run.latencies.length === 0) return [];
  const { feed, shapes, inputs, traffic } = options;
  const given = (shapes ?? []).length > 0 || (inputs ?? []).length > 0;
  const of = { latencyNanos: medianOrNaN(run.latencies), signal };
  const baseline = run.variant;
  return [
    ...(await tryChanges({ ...of, baseline, batch: loaded.batch, batchIsOpen: !given, feed: feed ?? 'fresh', load })),
    ...(await tryVariants({ ...of, baseline, others: loaded.variants.filter((variant) => !compared.includes(variant)) })),
    ...(traffic === undefined || signal.aborted
      ? []
      : await tryTraffic({
          tf: session.tf,
          addon: session.addon,
          traffic,
          pattern: openBatchOf(loaded.inputSignature)?.pattern ?? loaded.inputSignature,
          variant: paddedGraph(compared),
          load,
          shapes,
          signal,
        })),
    ...(elsewhere === null ? [] : await tryThreads({ ...of, variant: variantKey(baseline.variant), ...elsewhere })),
  ];
}

/** The traced graph that was asked for, the plain one before XLA. */
function paddedGraph(compared: readonly RunnableVariant[]): TrafficOptions['variant'] {
  const names = compared.map(({ variant }) => variant.name);
  return names.includes('graph-xla') && !names.includes('graph') ? 'graph-xla/predict' : 'graph/predict';
}

/** What a recording says of a model and where it is run. */
export function recordingMeta(
  {
    session,
    loaded,
    skipped,
    seed,
  }: Pick<ProfileRun, 'session' | 'loaded'> & { readonly skipped: readonly string[] | undefined; readonly seed: number | undefined },
  variants: readonly RunnableVariant[],
): RecordingMeta {
  return {
    version: RECORDING_VERSION,
    originEpochNanos: originEpochNanos(),
    model: { ...loaded.info, path: loaded.info.path === null ? null : shownPath(loaded.info.path) },
    environment: describeEnvironment(session.tf),
    variants: variants.map(({ variant }) => variant),
    inputSignature: loaded.inputSignature,
    batch: loaded.batch,
    seed: seed ?? 1,
    tool: measureToolCost(),
    pid: process.pid,
    ...(skipped === undefined || skipped.length === 0 ? {} : { skipped }),
  };
}
