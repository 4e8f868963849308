import os from 'node:os';
import path from 'node:path';
import type { Engine } from '../engines/engine.js';
import { RECORDING_VERSION, type RecordingMeta } from '../model/recording.js';
import type { LoadedModel, RunnableVariant } from '../model/runnable.js';
import type { LoadRun } from '../model/load.js';
import type { VariantParity } from '../model/parity.js';
import { openBatchOf } from '../model/signatures.js';
import type { Trial } from '../model/trial.js';
import { controlOf, variantKey } from '../model/variant.js';
import { originEpochNanos } from '../record/clock.js';
import type { CpuWatch } from '../record/cpu-watch.js';
import { GcObserver } from '../record/gc-observer.js';
import { watchProcessMemory } from '../record/process-memory.js';
import { Recorder } from '../record/recorder.js';
import { measureToolCost } from '../record/tool-cost.js';
import { RecordingWriter } from '../record/writer.js';
import { ConditionWatch } from '../record/conditions.js';
import { shownPath } from '../model/shown-address.js';
import { runInRounds, type VariantRun } from './call-loop.js';
import type { Controls } from './controls.js';
import { medianOrNaN } from './rounds.js';
import { newRunFolder } from '../runs/run-folder.js';
import { variantParities } from './outputs.js';
import { runPlan } from './run-plan.js';
import { tryLoads } from './load/try-loads.js';
import { scriptPhase, type ScriptPhaseResult } from './javascript/script-phase.js';
import { tryThreads, type ThreadTrialOptions } from './trials/thread-trial.js';
import { tryTraffic } from './trials/traffic-trial.js';
import { tryChanges, type TrialOptions } from './trials/trials.js';
import { tryVariants } from './trials/variant-trials.js';
import type { ProfileOptions } from './profile-options.js';

/** Where a flush is due, milliseconds: a killed run loses no more than this. */
const FLUSH_MILLIS = 200;

/** A model that is about to be measured. */
export interface ProfileRun {
  readonly engine: Engine;
  /** Its path, or the program's own object. */
  readonly model: string | object;
  readonly loaded: LoadedModel;
  /** What is compared, the baseline first; without the controls. */
  readonly compared: readonly RunnableVariant[];
  readonly controls: Controls;
  readonly options: ProfileOptions;
  readonly cpu: CpuWatch;
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
  /** How far the variants' answers are apart. */
  readonly outputs: readonly VariantParity[];
  readonly scripts: ScriptPhaseResult | null;
  /** Requests at a rate or from several callers, where that was asked for. */
  readonly loads: readonly LoadRun[];
  /** Seams that could not be wrapped, in words. */
  readonly missingSeams: readonly string[];
  readonly interrupted: boolean;
}

/** Calls all variants and controls in rounds, then what looks inside them, and leaves a closed recording. */
export async function recordRun(run: ProfileRun): Promise<RecordedRun> {
  const { engine, loaded, compared, controls, options } = run;
  const recorder = new Recorder();
  const variants = [...compared, ...controls.variants];
  const meta = recordingMeta({ engine, loaded, skipped: controls.skipped, seed: options.seed }, variants);
  const folder = newRunFolder(options.out, loaded.info.name, options.existing);
  const file = path.join(folder, 'recordings', 'main.isr');
  const writer = new RecordingWriter(file, meta);
  const instruments = engine.instrument({ recorder, level: options.level ?? 'kernels', purpose: 'measure' });
  const gc = new GcObserver(recorder);
  const reference = engine.referenceWork();
  const watch = new ConditionWatch(reference.run);
  const signal = options.signal ?? new AbortController().signal;
  instruments.enable();
  try {
    const runs = await callInRounds(run, variants, signal, { recorder, writer, gc, watch });
    if (options.level !== 'stages' && !signal.aborted) notePeak(engine, writer);
    instruments.disable();
    const outputs = signal.aborted ? [] : await outputsOf(run, runs);
    const scripts = options.js === true ? await sampleScripts(run, runs, { meta, folder, signal }) : null;
    const trials = await trialsOf(run, runs[0], signal);
    if (trials.length > 0) writer.trials(trials);
    const loads = await loadsOf(run, runs, signal);
    return { folder, file, runs, outputs, scripts, loads, missingSeams: instruments.missingSeams(), interrupted: signal.aborted };
  } finally {
    instruments.disable();
    gc.close();
    writer.conditions(watch.conditions());
    reference.dispose();
    writer.close(recorder);
    for (const variant of variants) variant.dispose();
  }
}

interface Watchers {
  readonly recorder: Recorder;
  readonly writer: RecordingWriter;
  readonly gc: GcObserver;
  readonly watch: ConditionWatch;
}

function callInRounds(
  { engine, loaded, options, cpu }: ProfileRun,
  variants: readonly RunnableVariant[],
  signal: AbortSignal,
  { recorder, writer, gc, watch }: Watchers,
): Promise<readonly VariantRun[]> {
  let flushed = performance.now();
  return runInRounds(variants, {
    recorder,
    memory: () => engine.memory(),
    processMemory: watchProcessMemory(),
    cpu,
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
  { engine, options }: ProfileRun,
  runs: readonly VariantRun[],
  { meta, folder, signal }: { readonly meta: RecordingMeta; readonly folder: string; readonly signal: AbortSignal },
): Promise<ScriptPhaseResult> {
  const running = runs.filter(
    ({ variant, failure, latencies }) => controlOf(variant.variant) === null && failure === undefined && latencies.length > 0,
  );
  return scriptPhase(running, { engine, meta, folder, level: options.level ?? 'kernels', signal });
}

/** After the run, so that no call is the warmer for it. Kernels are held against it; without it they are not. */
function notePeak(engine: Engine, writer: RecordingWriter): void {
  try {
    const peak = engine.measurePeak?.();
    if (peak !== undefined) writer.peak(peak);
  } catch {
    // Too little memory for it: what was recorded matters more.
  }
}

/** Of the variants that ran; what no longer answers after the run has its figures all the same. */
async function outputsOf({ engine, loaded }: ProfileRun, runs: readonly VariantRun[]): Promise<readonly VariantParity[]> {
  const [baseline, ...others] = runs.filter(({ variant, failure }) => failure === undefined && controlOf(variant.variant) === null);
  if (baseline === undefined || baseline !== runs[0]) return [];
  try {
    return await variantParities(engine, loaded, [baseline.variant, ...others.map(({ variant }) => variant)]);
  } catch {
    return [];
  }
}

/** Changes are tried on the baseline only, and only when it ran. */
async function trialsOf(
  { engine, model, loaded, compared, options, load, elsewhere }: ProfileRun,
  run: VariantRun | undefined,
  signal: AbortSignal,
): Promise<readonly Trial[]> {
  if (load === null || options.quick === true || options.controls === 'none') return [];
  if (run === undefined || run.failure !== undefined || run.latencies.length === 0) return [];
  const { feed, traffic } = options;
  const of = { latencyNanos: medianOrNaN(run.latencies), signal };
  const baseline = run.variant;
  const { batchGraphs, threadVariable } = engine;
  return [
    ...(await tryChanges({
      ...of,
      baseline,
      batch: loaded.batch,
      batchIsOpen: isBatchOpen(options),
      feed: feed ?? 'fresh',
      load,
      ...(engine.sessionThreads === true ? { threads: { chosen: options.threads ?? null, cpuCount: os.availableParallelism() } } : {}),
    })),
    ...(await tryVariants({ ...of, baseline, others: loaded.variants.filter((variant) => !compared.includes(variant)) })),
    ...(traffic === undefined || batchGraphs === undefined || signal.aborted
      ? []
      : await tryTraffic({
          source: batchGraphs,
          model,
          options,
          traffic,
          pattern: openBatchOf(loaded.inputSignature)?.pattern ?? loaded.inputSignature,
          variant: batchGraphs.variantOf(compared.map(({ variant }) => variant)),
          signal,
        })),
    ...(elsewhere === null || threadVariable === undefined
      ? []
      : await tryThreads({
          ...of,
          ...elsewhere,
          variant: variantKey(baseline.variant),
          variable: threadVariable,
          chosen: engine.environment().threads.intraOp,
        })),
  ];
}

/** Given arrays and shapes decide the batch. */
const isBatchOpen = ({ shapes = [], inputs = [] }: ProfileOptions): boolean => shapes.length === 0 && inputs.length === 0;

/** Last, because it takes longest and nothing else rests on it. */
async function loadsOf(
  { loaded, options, load }: ProfileRun,
  runs: readonly VariantRun[],
  signal: AbortSignal,
): Promise<readonly LoadRun[]> {
  if (options.load === undefined) return [];
  return await tryLoads(
    runs.filter(({ variant }) => controlOf(variant.variant) === null),
    { load: options.load, seed: options.seed ?? 1, signal, batch: loaded.batch, withBatch: isBatchOpen(options) ? load : null },
  );
}

/** What a recording says of a model and where it is run. */
export function recordingMeta(
  {
    engine,
    loaded,
    skipped,
    seed,
  }: Pick<ProfileRun, 'engine' | 'loaded'> & { readonly skipped: readonly string[] | undefined; readonly seed: number | undefined },
  variants: readonly RunnableVariant[],
): RecordingMeta {
  return {
    version: RECORDING_VERSION,
    originEpochNanos: originEpochNanos(),
    model: { ...loaded.info, path: loaded.info.path === null ? null : shownPath(loaded.info.path) },
    environment: engine.environment(),
    variants: variants.map(({ variant }) => variant),
    inputSignature: loaded.inputSignature,
    batch: loaded.batch,
    seed: seed ?? 1,
    tool: measureToolCost(),
    pid: process.pid,
    ...(skipped === undefined || skipped.length === 0 ? {} : { skipped }),
  };
}
