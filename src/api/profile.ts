import path from 'node:path';
import { analyse } from '../analyse/analyse.js';
import { withScripts } from '../analyse/graft-scripts.js';
import { Instrumentation } from '../instrument/instrumentation.js';
import type { Analysis, OptimiserPass } from '../model/analysis.js';
import { EXIT, UserError } from '../model/errors.js';
import { RECORDING_VERSION, type Recording, type RecordingMeta } from '../model/recording.js';
import type { LoadedModel, RunnableVariant } from '../model/runnable.js';
import type { Trial } from '../model/trial.js';
import { controlOf, variantKey } from '../model/variant.js';
import { originEpochNanos } from '../record/clock.js';
import { GcObserver } from '../record/gc-observer.js';
import { readRecording } from '../record/reader.js';
import { Recorder } from '../record/recorder.js';
import { measureToolCost } from '../record/tool-cost.js';
import { RecordingWriter } from '../record/writer.js';
import { ConditionWatch } from '../runtime/conditions.js';
import { measurePeak } from '../session/peak.js';
import { describeEnvironment } from '../runtime/environment.js';
import { loadModel, modelFromObject } from '../runtime/load.js';
import type { LoadOptions } from '../runtime/options.js';
import type { TensorFlow } from '../runtime/tensorflow.js';
import { selectVariants } from '../runtime/variants/select.js';
import { runInRounds, type LoopOptions, type VariantRun } from './call-loop.js';
import { controlsOf, noControls, type Controls } from './controls.js';
import { graphVariants, type GraphBuildingHooks } from './graph-variants.js';
import { seeOptimiserPasses } from './optimiser-passes.js';
import { median } from './rounds.js';
import { bytesUnder, newRunFolder, writeReports } from './run-folder.js';
import { runPlan } from './run-plan.js';
import { scriptPhase, type ScriptPhaseResult } from './script-phase.js';
import { openTensorFlow, type TensorFlowSession } from './tensorflow-session.js';
import { tryChanges, type Change, type TrialOptions } from './trials.js';

export interface ProfileOptions extends Omit<LoadOptions, 'tf'> {
  /** Variants to run: `name`, `name/call` or a call; default all. */
  readonly variants?: readonly string[];
  /** Measured calls a variant. */
  readonly calls?: number;
  /** Seconds of measured calls a variant. */
  readonly duration?: number;
  readonly warmup?: number;
  /** Run folder; default a new one under `profiles/`. */
  readonly out?: string;
  readonly level?: 'stages' | 'kernels';
  /** Of a SavedModel: what TensorFlow's graph optimiser did before the first run, seen in a process of its own. */
  readonly graphPasses?: boolean;
  /** Shorter, and without the controls that show how far the figures can be trusted; the report says so. */
  readonly quick?: boolean;
  /** `none`: without controls, for runs that are put together with others and judged there. */
  readonly controls?: 'run' | 'none';
  /** Calls each variant some more with V8 sampled, to show JavaScript functions; these calls are in no other figure. */
  readonly js?: boolean;
  readonly onProgress?: LoopOptions['onProgress'];
  readonly signal?: AbortSignal;
}

export interface ProfileResult {
  readonly analysis: Analysis;
  readonly recording: Recording;
  /** The run folder. */
  readonly folder: string;
  readonly files: readonly { readonly format: string; readonly path: string }[];
  /** True when the run was stopped before it was done; what there is has been written. */
  readonly interrupted: boolean;
  /** Variants that failed, with the reason. */
  readonly failures: readonly { readonly variant: string; readonly reason: string }[];
}

/** Where a flush is due, milliseconds: a killed run loses no more than this. */
const FLUSH_MILLIS = 200;

/**
 * From this size on the optimised graph is not asked for: it comes with the graph's constants, and a protobuf of two
 * gigabytes would fail the user's own run.
 */
const LARGE_MODEL_BYTES = 256 * 2 ** 20;

/**
 * Profiles a saved model, or a model object: runs its variants in turn under instrumentation, records every call,
 * analyses, and writes a run folder.
 *
 * @throws UserError for whatever is wrong with the model, the inputs or the machine, in one sentence.
 */
export async function profileModel(model: string | object, options: ProfileOptions = {}): Promise<ProfileResult> {
  const session = await openTensorFlow(process.cwd(), typeof model === 'string' && bytesUnder(model) < LARGE_MODEL_BYTES ? 'once' : 'never');
  const hooks: GraphBuildingHooks = {};
  const loadOptions: LoadOptions = { ...options, tf: session.tf, families: [graphVariants(hooks, session.addon), ...(options.families ?? [])] };
  const load = (change: Change = {}): Promise<LoadedModel> => {
    const all = { ...loadOptions, ...change };
    return typeof model === 'string' ? loadModel(model, all) : modelFromObject(model, all);
  };
  const loaded = await load();
  let controls: Controls | undefined;
  try {
    const variants = selectVariants(loaded, options.variants);
    const heavy = typeof model === 'string' && bytesUnder(model) >= LARGE_MODEL_BYTES;
    controls = await controlsFor(variants, heavy ? null : load, options);
    return await record(session, loaded, variants, controls, options, hooks, heavy ? null : load);
  } finally {
    controls?.dispose();
    loaded.dispose();
  }
}

/** `load`: null where a second copy of the model would take too much memory. */
async function controlsFor([baseline]: readonly RunnableVariant[], load: (() => Promise<LoadedModel>) | null, { quick, controls }: ProfileOptions): Promise<Controls> {
  if (quick === true) return noControls('--quick leaves them out');
  if (controls === 'none' || baseline === undefined) return noControls('this run is one of several that are judged together');
  return controlsOf(baseline, load === null ? null : await load());
}

async function record(session: TensorFlowSession, loaded: LoadedModel, compared: readonly RunnableVariant[], controls: Controls, options: ProfileOptions, hooks: GraphBuildingHooks, load: TrialOptions['load'] | null): Promise<ProfileResult> {
  const recorder = new Recorder();
  const variants = [...compared, ...controls.variants];
  const meta = metaOf(session, loaded, variants, controls, options);
  const folder = newRunFolder(options.out, loaded.info.name);
  const file = path.join(folder, 'recordings', 'main.isr');
  const writer = new RecordingWriter(file, meta);
  const instrumentation = new Instrumentation({ tf: session.seams, recorder, inner: session.inner, level: options.level ?? 'kernels', ...(session.session === undefined ? {} : { session: session.session }), ...(session.native === undefined ? {} : { native: session.native }) });
  hooks.onBuilding = (event) => instrumentation.graphBuilding(event);
  const gc = new GcObserver(recorder);
  const signal = options.signal ?? new AbortController().signal;
  let runs: readonly VariantRun[];
  let scripts: ScriptPhaseResult | null = null;
  let flushed = performance.now();
  const watch = new ConditionWatch();
  instrumentation.enable();
  try {
    runs = await runInRounds(variants, {
      recorder,
      memory: () => session.tf.memory(),
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
    if (options.level !== 'stages' && !signal.aborted) notePeak(session.tf, writer);
    instrumentation.disable();
    if (options.js === true) {
      scripts = await scriptPhase(stillRunning(runs), { session, meta, folder, level: options.level ?? 'kernels', signal, onInstrumentation: (other) => (hooks.onBuilding = (event) => other.graphBuilding(event)) });
    }
    const trials = load === null || options.quick === true || options.controls === 'none' ? [] : await trialsOf(runs[0], loaded, options, load, signal);
    if (trials.length > 0) writer.trials(trials);
  } finally {
    instrumentation.disable();
    gc.close();
    writer.conditions(watch.conditions());
    writer.close(recorder);
    for (const variant of variants) variant.dispose();
  }
  const missing = [...instrumentation.missingSeams(), ...loaded.notes, ...(session.sessionReason === undefined ? [] : [`Kernels inside session runs are not shown: ${session.sessionReason}.`])];
  const seen = options.graphPasses === true && !signal.aborted ? await seeOptimiserPasses(loaded) : undefined;
  if (seen !== undefined && 'reason' in seen) missing.push(`The passes of the graph optimiser are not shown: ${seen.reason}.`);
  const findings: Findings = { missing, scripts, ...(seen !== undefined && 'passes' in seen ? { passes: seen.passes } : {}) };
  return finish(folder, file, runs, findings, session, signal.aborted);
}

/** What the recording does not hold. */
interface Findings {
  /** What could not be seen, in words. */
  readonly missing: readonly string[];
  readonly scripts: ScriptPhaseResult | null;
  readonly passes?: readonly OptimiserPass[];
}

/** After the run, so that no call is the warmer for it. Kernels are held against it; without it they are not. */
function notePeak(tf: TensorFlow, writer: RecordingWriter): void {
  try {
    writer.peak(measurePeak(tf));
  } catch {
    // Too little memory for it: what was recorded matters more.
  }
}

const stillRunning = (runs: readonly VariantRun[]): readonly VariantRun[] =>
  runs.filter(({ variant, failure, latencies }) => controlOf(variant.variant) === null && failure === undefined && latencies.length > 0);

/** Changes are tried on the baseline only, and only when it ran. */
async function trialsOf(run: VariantRun | undefined, loaded: LoadedModel, { feed, shapes, inputs }: ProfileOptions, load: TrialOptions['load'], signal: AbortSignal): Promise<Trial[]> {
  if (run === undefined || run.failure !== undefined || run.latencies.length === 0) return [];
  const given = (shapes ?? []).length > 0 || (inputs ?? []).length > 0;
  return tryChanges({ baseline: run.variant, batch: loaded.batch, batchIsOpen: !given, feed: feed ?? 'fresh', latencyNanos: median(run.latencies), load, signal });
}

function metaOf(session: TensorFlowSession, loaded: LoadedModel, variants: readonly RunnableVariant[], { skipped }: Controls, options: ProfileOptions): RecordingMeta {
  return {
    version: RECORDING_VERSION,
    originEpochNanos: originEpochNanos(),
    model: loaded.info,
    environment: describeEnvironment(session.tf),
    variants: variants.map(({ variant }) => variant),
    inputSignature: loaded.inputSignature,
    batch: loaded.batch,
    seed: options.seed ?? 1,
    tool: measureToolCost(),
    ...(skipped.length > 0 ? { skipped } : {}),
  };
}

function finish(folder: string, file: string, all: readonly VariantRun[], { missing, passes, scripts }: Findings, session: TensorFlowSession, interrupted: boolean): ProfileResult {
  const runs = all.filter(({ variant }) => controlOf(variant.variant) === null);
  const failedControls = all.filter(({ variant, failure }) => controlOf(variant.variant) !== null && failure !== undefined);
  const failures = runs.flatMap(({ variant, failure }) => (failure === undefined ? [] : [{ variant: variantKey(variant.variant), reason: failure }]));
  const recording = readRecording(file);
  if (failures.length === runs.length && failures[0] !== undefined) {
    throw new UserError(`No variant of the model runs: ${failures[0].reason}`, EXIT.badInput);
  }
  const analysed = withScripts(analyse([recording]), scripts?.stacks ?? null);
  const analysis: Analysis = {
    ...analysed,
    ...(passes === undefined ? {} : { passes }),
    notes: [
      ...analysed.notes,
      ...missing,
      ...(scripts?.notes ?? []),
      `The first native operation of the process took ${session.firstOperationMillis.toFixed(1)} ms (library start-up); it is in no call.`,
      ...failedControls.map(({ variant, failure }) => `The control ${variantKey(variant.variant)} stopped: ${failure ?? ''}`),
      ...failures.map(({ variant, reason }) => `${variant} stopped: ${reason}`),
      ...(interrupted ? ['The run was interrupted: the figures are of the calls made until then.'] : []),
    ],
  };
  const files = writeReports(folder, analysis, [recording], scripts?.files ?? []);
  return { analysis, recording, folder, files: [{ format: 'recording', path: file }, ...(scripts?.files ?? []), ...files], interrupted, failures };
}
