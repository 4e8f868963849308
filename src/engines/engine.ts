/**
 * What Inferscope needs of whatever runs models. An engine of this process loads a model, calls it and opens its seams
 * to a recorder; one of a process of its own gives whole recordings. The table of both is `engines.ts`.
 */
import type { InputArray } from '../inputs/arrays.js';
import type { InputOptions } from '../inputs/input-options.js';
import type { CallRecorder } from '../model/recorder.js';
import type { Environment, Recording } from '../model/recording.js';
import type { MachinePeak } from '../model/roofline.js';
import type { OptimiserPass, RunNote } from '../model/run-facts.js';
import type { LoadedModel } from '../model/runnable.js';
import type { Tolerance } from '../model/tolerance.js';
import type { Runtime, Variant } from '../model/variant.js';

/** How a model is loaded and fed. All of it has a default; what a model has no use for is refused. */
export interface ModelOptions extends InputOptions {
  /** Overrides what the files look like. */
  readonly runtime?: Runtime;
  /** SavedModel only: tags of the graph; default `serve`. */
  readonly tags?: readonly string[];
  /** SavedModel only: default `serving_default`, or the only one there is. */
  readonly signature?: string;
  /** Weight files may lie outside of the model's folder; default: they are refused. */
  readonly weightsOutside?: boolean;
  /** ONNX Runtime only: threads inside an operation; default: as many as it chooses. */
  readonly threads?: number;
  /**
   * ONNX Runtime only: whether its threads spin while they wait; default off, because several sessions of one process disturb each
   * other.
   */
  readonly spinning?: 'on' | 'off';
  /** Name shown for a model passed as an object. */
  readonly name?: string;
}

/** What an engine is told before its library is loaded. */
export interface OpenOptions {
  /** The model that will be loaded; absent where the engine is only looked at. */
  readonly model?: string | object;
  readonly runtime?: Runtime;
  /** Where the user's copy of the library is looked for first; default: the current directory. */
  readonly from?: string;
  /** Which of its backends, where it has several. */
  readonly backend?: string;
  /** `one`: the model is so large that the engine keeps nothing twice, such as its graph for names of fused operations. */
  readonly copies?: 'several' | 'one';
  /** What will be asked of it beyond measuring. */
  readonly needs?: readonly 'batch-graphs'[];
}

interface EngineEntry {
  /** `tensorflow`, `keras`, … */
  readonly name: string;
  /** Whether a path is a model of this engine. Nothing is loaded, and a path that is not there is nobody's. */
  takes(model: string, runtime: Runtime | undefined): boolean;
}

/** An engine that runs in this process. */
export interface InProcessEngine extends EngineEntry {
  readonly runs: 'in-process';
  /**
   * Loads the user's library, so that its seams can be reached.
   * @throws UserError when it is not installed, does not load, or cannot do what is asked.
   */
  open(options?: OpenOptions): Promise<Engine>;
}

/** An engine that runs in a process of its own, which makes the calls and tells what it saw. */
export interface OwnProcessEngine extends EngineEntry {
  readonly runs: 'own-process';
  /** @throws UserError when the model or the engine does not load, or nothing was measured. */
  record(model: string, options: RecordOptions): Promise<Recording>;
}

export type AnyEngine = InProcessEngine | OwnProcessEngine;

/** What a whole recording is made of. */
export interface RecordOptions extends Pick<ModelOptions, 'batch' | 'shapes' | 'inputs' | 'seed' | 'signature'> {
  readonly variants: readonly string[];
  readonly budgetMillis: number;
  readonly env?: NodeJS.ProcessEnv;
  /** The interpreter that runs it, where it has one. */
  readonly python?: string;
  readonly signal?: AbortSignal;
}

/** An engine whose library is loaded. */
export interface Engine {
  /** What it is, with versions: `tfjs-node 4.22.0, native library 2.18.1, 3 of 3 inner seams`. */
  readonly description: string;
  /** What a report must say of it: what was chosen, what cannot be there. */
  readonly notes: readonly RunNote[];
  /** Time that the first operation of the process took: library start-up, kept out of every call; null where it was not made. */
  readonly firstOperationMillis: number | null;
  /** Environment variable that fixes the threads inside an operation when a process starts; absent where none does. */
  readonly threadVariable?: string;
  /** Threads are an option of each session: `ModelOptions.threads`, `spinning`. */
  readonly sessionThreads?: true;

  /**
   * Loads a model from its path, or takes the program's own object. Nothing runs yet.
   * @throws UserError when it is no model, is damaged, or does not fit the given inputs.
   */
  load(model: string | object, options: ModelOptions): Promise<LoadedModel>;
  /** What a call gave, in order; empty for what holds no tensors. */
  outputsOf(result: unknown): readonly ModelOutput[];
  /** The seams of the engine, closed; nothing is wrapped before `enable`. */
  instrument(options: InstrumentOptions): Instruments;
  /** What runs depend on besides the model: runs with unlike environments are not comparable. */
  environment(): Environment;
  /** Tensors and bytes that are alive now; asked before and after each call. */
  memory(): { readonly numTensors: number; readonly numBytes: number };
  /** A fixed piece of its own work, whose time tells how fast the machine is just now. */
  referenceWork(): ReferenceWork;
  /** What the machine reaches at best in this engine; absent where kernels cannot be held against it. */
  measurePeak?(): MachinePeak;
  /** What the engine's optimiser did to the graph before the first run. Never throws. */
  optimiserPasses?(loaded: LoadedModel): Promise<SeenPasses>;
  /** Graphs that are built anew for each batch size; absent where a new size builds nothing. */
  readonly batchGraphs?: BatchGraphSource;
}

/** Passes of a graph optimiser, or why they are not known. */
export type SeenPasses = { readonly passes: readonly OptimiserPass[] } | { readonly reason: string };

/** Values of an output: numbers, or texts and bytes. */
export type OutputData = NodeJS.TypedArray | readonly (string | Uint8Array)[];

/** One output of a call, not yet read. */
export interface ModelOutput {
  /** Null where outputs come as a list. */
  readonly name: string | null;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Reads it back to JavaScript. */
  read(): OutputData;
}

export interface InstrumentOptions {
  readonly recorder: CallRecorder;
  /** `stages`: stage spans only; `kernels`: every kernel too. */
  readonly level: 'stages' | 'kernels';
  /**
   * `measure`: with level `kernels` the engine traces some calls inside, as far as it can, and marks them `traced`.
   * `sample-javascript`: none is, and native functions get names that a profiler of V8 shows.
   */
  readonly purpose: 'measure' | 'sample-javascript';
}

/** Wrapped seams: arguments, results, throws and promises pass through untouched. */
export interface Instruments {
  enable(): void;
  /** Puts every function back. */
  disable(): void;
  /** Seams that are missing here, in words. */
  missingSeams(): readonly string[];
}

export interface ReferenceWork {
  /** Runs it once; nanoseconds. */
  readonly run: () => number;
  readonly dispose: () => void;
}

/** Gives graphs of one model for batches of several sizes, to try padding and an open batch on. */
export interface BatchGraphSource {
  /** Key of the variant that these graphs are, where these were asked for. */
  variantOf(compared: readonly Variant[]): string;
  /**
   * `options.batch` is the largest size.
   * @throws UserError where the model has no such graphs.
   */
  open(model: string | object, options: ModelOptions, variant: string): Promise<BatchGraphs>;
}

export interface BatchGraphs {
  /** Inputs of the largest size. */
  readonly arrays: readonly InputArray[];
  /** Of each input, whether it has a row for each row of the batch. */
  readonly batched: readonly boolean[];
  /** What rows of other rows may change in a padded batch. */
  readonly tolerance: Tolerance;
  /** Whether one graph can be for every size. */
  readonly openBatch: 'possible' | 'never';
  newGraph(batch: 'exact' | 'open'): BatchGraph;
  dispose(): void;
}

export interface BatchGraph {
  /** One call, as a program makes it: arrays become inputs, the graph runs. */
  call(arrays: readonly InputArray[]): {
    readonly outputs: readonly Pick<ModelOutput, 'shape' | 'read'>[];
    /** Frees inputs and outputs. */
    release(): void;
  };
  dispose(): void;
}
