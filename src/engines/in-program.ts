/**
 * An engine as `run` and `register` see it: inside a program that is not ours, whose code stays as it is. Telemetry knows
 * engines by this interface alone; the table of them is `program-engines.ts`.
 */
import type { CallRecorder } from '../model/recorder.js';
import type { Environment } from '../model/recording.js';
import type { Variant } from '../model/variant.js';
import type { CallDepth, CallPolicy, CallSite, UnrecordedCall } from './call-site.js';

export interface ProgramEngine {
  /** `tensorflow`, `onnxruntime`. */
  readonly name: string;
  /** Packages that OpenTelemetry's own hook looks for, too, with the versions that are known. */
  readonly packages: readonly { readonly name: string; readonly versions: readonly string[] }[];
  /** What calls may be, as a program's recording names them; the table is written before the first call. */
  readonly variants: readonly Variant[];
  /** What this process needs for the engine to work at all, whether or not its calls are recorded. */
  prepare?(): void;
  /** Tells when the program loads the engine, and at once when it has already. */
  watch(watcher: LoadingWatcher): ProgramWatch;
}

export interface LoadingWatcher {
  /** Asked before the engine's first own code runs: will kernels inside its native runs be looked at? It is the last moment. */
  readonly looksInside: () => boolean;
  /** Told of each copy once; modules of it that load later are part of it. */
  readonly loaded: (copy: EngineCopy) => void;
  /** Told of each copy that cannot be instrumented. */
  readonly unseen: (copy: UnseenCopy) => void;
  /** Told of what cannot be seen inside of calls that are recorded. */
  readonly partly: (copy: UnseenCopy) => void;
}

export interface ProgramWatch {
  /** Takes what the program hands over where its loading is not seen; undefined for what is not this engine's. */
  attach(library: object, inner?: object): EngineCopy | undefined;
}

/** A copy of the engine whose calls cannot be seen: named, so that no silence passes for an answer. */
export interface UnseenCopy {
  readonly file: string;
  /** Which copy it is, why its calls are not there, and what helps. */
  readonly sentence: string;
}

/** One loaded copy of an engine. */
export interface EngineCopy {
  /** What messages call it: `TensorFlow`. */
  readonly name: string;
  /** The same for everyone who looks at this copy, from whatever build of this package: who claims it instruments it. */
  readonly identity: object;
  /** Its seams, closed; nothing is wrapped before `enable`. */
  instrument(options: ProgramSeams): ProgramInstruments;
  /** What runs depend on besides the model. */
  environment(): Environment;
  /** What tells the model of a call from others. Throws where it cannot be looked at. */
  identify(site: Pick<CallSite, 'model' | 'runtime'>): ModelIdentity;
  /** What a call is of, where something else stands for it: the model that a compiled graph was made from. */
  sourceOf(model: object): object;
  /** What the program calls a model, undefined where it has no name. */
  nameOf(model: object): string | undefined;
  /** State of the called model, by what it carries. */
  stateOf(site: CallSite): string;
  /** Runs something once before the first call, so that the library's start-up is not taken for a stage of it. */
  firstOperation?(): void;
  /** Tensors that the engine keeps until they are freed by hand; absent where the garbage collector frees all. */
  readonly tensors?: TensorSource;
}

export interface ProgramSeams {
  readonly recorder: CallRecorder;
  readonly policy: CallPolicy;
  readonly level: 'stages' | 'kernels';
  /** With level `kernels`: the calls of which the stages are enough. */
  readonly depth?: CallDepth;
  /** Whether kernels inside native runs are looked at in a sample of the calls. */
  readonly inside: 'sampled' | 'off';
  readonly unrecorded?: UnrecordedCall;
  /** Told of the operations that run outside of any call. */
  readonly outside?: <T>(name: string, kernel: () => T) => T;
}

export interface ProgramInstruments {
  enable(): void;
  /** Puts every function back. */
  disable(): void;
}

/** What is known of a model the first time it is called. */
export interface ModelIdentity {
  /** Parts of a hash: of its kind, the names and shapes of its weights; empty where nothing is to be seen. */
  readonly architecture: readonly string[];
  /** What tells models of one architecture apart. */
  readonly values: Iterable<string | Uint8Array>;
  /** What the program calls it. */
  readonly name: string;
  readonly parameters: number | null;
  /** Ids of its weights' tensors. */
  readonly weights: readonly number[];
}

export interface LiveTensor {
  readonly id: number;
  readonly size: number;
  readonly dtype: string;
}

export interface TensorSource {
  /** How many are alive; asked at each call. */
  count(): number;
  bytes(): number;
  /** Told of each tensor that is made and freed. Gives what ends it. */
  follow(watcher: { readonly made: (tensor: LiveTensor) => void; readonly gone: (tensor: LiveTensor) => void }): () => void;
}
