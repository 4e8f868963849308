import type { CpuUse } from './cpu.js';
import type { OutsideKernel } from './outside-operations.js';
import type { Parity } from './parity.js';
import type { MachinePeak } from './roofline.js';
import type { RunFacts } from './run-facts.js';
import type { SpanColumns, SpanDetail } from './span.js';
import type { Trial } from './trial.js';
import type { Conditions } from './trust.js';
import type { Runtime, Variant } from './variant.js';

/**
 * Version of the recording format. History:
 * 1 (2026-11): first. Calls may say the memory of the process after them (2026-11), and the end how many calls are missing after
 * recording had to stop; files without them are read as ever.
 * 1 (2026-11-30): after the end may come what the run knew besides its calls (`run`) and operations outside of calls (`outside`).
 * Calls may say the processor time of a stretch of calls, and more of the process's memory.
 *
 * It goes up only when a reader that skips what it does not know would misunderstand the rest: see record/format.ts.
 */
export const RECORDING_VERSION = 1;

/** 104 days: sums and differences of whole nanoseconds below it are exact. No span of a recording is longer. */
export const MAX_SPAN_NANOS = 2 ** 53;
/** Two years from the recording's origin: a moment is exact to 16 ns up to there. No span of a recording begins later. */
export const MAX_SPAN_START_NANOS = 2 ** 56;

/** What must be equal for two runs to be comparable, and what to print about a run. */
export interface Environment {
  readonly inferscope: string;
  readonly node: string;
  readonly v8: string;
  readonly platform: string;
  readonly arch: string;
  readonly cpu: string;
  readonly cpuCount: number;
  readonly memoryBytes: number;
  readonly backend: string;
  /** Version of the native TensorFlow library, or null when there is none. */
  readonly tensorflow: string | null;
  /** Versions of the tfjs packages (or of Keras and Python). */
  readonly packages: Readonly<Record<string, string>>;
  /** Intra- and inter-op threads, null where the library chooses. */
  readonly threads: { readonly intraOp: number | null; readonly interOp: number | null };
  /** Environment variables that change TensorFlow's, Node's or our behaviour, and tfjs flags. */
  readonly flags: Readonly<Record<string, string>>;
  readonly hostHash: string;
  /** Functions that tfjs-node calls, this Node.js lacks and only Inferscope put back: the program fails without them. */
  readonly restored?: readonly string[];
}

/** The model that was run. */
export interface ModelInfo {
  /** File name or the name given through the library. */
  readonly name: string;
  /** Where it was loaded from; null for a model passed as an object. */
  readonly path: string | null;
  readonly runtime: Runtime;
  /** SHA-256 of topology and weights, hex; null where neither can be read (a SavedModel passed as an object). */
  readonly sha256: string | null;
  readonly parameters: number | null;
  /** Node or layer count. */
  readonly nodes: number | null;
  readonly inputs: readonly TensorSignature[];
  readonly outputs: readonly TensorSignature[];
  /** SavedModel only. */
  readonly tags?: readonly string[];
  readonly signature?: string;
}

/** Name, dtype and shape of an input or output; -1 stands for an unknown dimension. */
export interface TensorSignature {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** The first chunk of a recording: what the rest is about. */
export interface RecordingMeta {
  readonly version: number;
  /** Epoch nanoseconds of the recording's time origin, as a decimal string. */
  readonly originEpochNanos: string;
  readonly model: ModelInfo;
  readonly environment: Environment;
  readonly variants: readonly Variant[];
  /** Shapes and dtypes that were fed: `float32[32,4]`. */
  readonly inputSignature: string;
  readonly batch: number;
  readonly seed: number;
  /** Our own cost, measured before the run. */
  readonly tool: ToolCost;
  /** Checks of the run that were left out on purpose, a sentence each. */
  readonly skipped?: readonly string[];
  /** The process that recorded it, so that its threads are known to be of one. */
  readonly pid?: number;
  /** Of a measured comparison: which side it is, and which of the pairs of processes that lived at the same time. */
  readonly pair?: RecordingPair;
}

export interface RecordingPair {
  readonly side: 'baseline' | 'candidate';
  /** From 1. */
  readonly number: number;
  /** `rounds`: both lived at the same time and took turns in rounds. `runs`: one whole run after the other. */
  readonly turns: 'rounds' | 'runs';
  /** What is compared, as it was called: the model's path, the program's file. */
  readonly name: string;
  /** Numbers of pairs after which it was to be looked whether more are needed. */
  readonly looks: readonly number[];
}

/** Cost of recording one span, measured on this machine: nanoseconds inside the span's own time and outside it. */
export interface ToolCost {
  readonly insideNanos: number;
  readonly outsideNanos: number;
  /** Smallest difference the clock shows. */
  readonly clockResolutionNanos: number;
}

/**
 * `cold-session`: first call of a session or process; `cold-signature`: a later one in which something was built (a graph, a
 * session's executor, XLA's code for a new shape), or that waited for it. A new shape alone is warm.
 */
export const TEMPERATURES = ['cold-session', 'cold-signature', 'warm'] as const;
export type Temperature = (typeof TEMPERATURES)[number];

/** One inference call. */
export interface CallRecord {
  /** Index into `RecordingMeta.variants`. */
  readonly variant: number;
  /** Row of the call's root span; -1 when only the latency was recorded (`latencyNanos`). */
  readonly rootSpan: number;
  readonly startNanos: number;
  readonly latencyNanos: number;
  readonly temperature: Temperature;
  /** Round of the interleaved comparison, -1 outside of one. Warm-up calls have negative rounds too. */
  readonly round: number;
  /** `float32[32,4]`, names left out. */
  readonly signature: string;
  readonly batch: number;
  /** True for an asynchronous call: its root's self time may be waiting. */
  readonly async?: boolean;
  /** True when the native run was traced: kernel times count, the latency does not. */
  readonly traced?: boolean;
  /** Message of what the call threw. */
  readonly error?: string;
  /** Caller's trace context (hex), when the call ran inside a trace. */
  readonly traceId?: string;
  readonly parentSpanId?: string;
  /** The process that made the call, where a recording holds calls of several (traces of a service). */
  readonly process?: string;
  /** Change of `tf.memory().numTensors` and bytes held after the call. */
  readonly tensors?: number;
  readonly tensorBytes?: number;
  /** The model object that was called: index into `Recording.details`, whose `model` tells it. Absent where one model is all there is. */
  readonly model?: number;
  /** Of some calls: the process right after the call, outside of its time. */
  readonly memory?: ProcessMemory;
  /** Of the last call of a stretch that was looked at: what the process took of the processors in it. */
  readonly cpu?: CpuUse;
}

/** Memory of the process in bytes. Native TensorFlow's is only in the resident set; a process of Python has no V8, and zeros for it. */
export interface ProcessMemory {
  readonly rssBytes: number;
  /** Of V8's heap. */
  readonly heapUsedBytes: number;
  /** Outside of V8's heap but held by JavaScript: array buffers above all. */
  readonly externalBytes: number;
  /**
   * What V8 has reserved for its heap, the array buffers alone, and the engine's tensors by its own count; absent in recordings
   * before 2026-11-30.
   */
  readonly heapTotalBytes?: number;
  readonly arrayBuffersBytes?: number;
  readonly tensorBytes?: number;
  /** The most that was resident so far, by the system's own mark. */
  readonly peakRssBytes?: number;
  /** Garbage was collected right before it, twice. */
  readonly collected?: true;
}

/** A garbage collection pause. */
export interface GcPause {
  readonly startNanos: number;
  readonly durationNanos: number;
  /** `scavenge`, `mark-sweep-compact`, `incremental`, `weak-callbacks`. */
  readonly type: string;
  /** The process that paused, where a recording holds calls of several; see {@link CallRecord.process}. */
  readonly process?: string;
}

/** A recording read back (or still in memory). */
export interface Recording {
  readonly meta: RecordingMeta;
  readonly strings: readonly string[];
  readonly details: readonly SpanDetail[];
  readonly spans: SpanColumns;
  readonly calls: readonly CallRecord[];
  readonly gc: readonly GcPause[];
  /** Spans that could not be kept; never silent. */
  readonly lostSpans: number;
  /** Calls made after recording had to stop (disk full); absent where nothing stopped it, or nobody lived to count. */
  readonly lostCalls?: number;
  /** Calls that had begun and not ended when the program did; absent where there was none, or nobody lived to count. */
  readonly openCalls?: number;
  /** What the machine reaches at best, measured after the run; absent where it was not measured. */
  readonly peak?: MachinePeak;
  /** False when the end of the file is missing (the process was killed), and when recording had to stop before the program did. */
  readonly complete: boolean;
  /** How the machine behaved; missing where nothing watched it, or when the process was killed. */
  readonly conditions?: Conditions;
  /** Of a candidate: how far its answers are from the baseline's. */
  readonly parity?: Parity;
  /** What changing the baseline would save, tried after the rounds; missing where nothing was tried. */
  readonly trials?: readonly Trial[];
  /** What only the run knew; absent in recordings of a program, and in those made before 2026-11-30. */
  readonly run?: RunFacts;
  /**
   * Operations that the program ran outside of any call, in all processes of the run; from a file beside the recordings, or from
   * the recording itself where it was copied out of its run.
   */
  readonly outside?: readonly OutsideKernel[];
  /** Of a large file: its spans page by page. Who asks `spans` for a column reads them all. */
  readonly pages?: SpanPages;
}

/** Spans of whole calls, in order, that need not be in memory together. */
export interface SpanPages {
  /** The first row and the first call of each page. */
  readonly starts: readonly { readonly row: number; readonly call: number }[];
  /** Duration of each call's root span, 0 for a call without one. */
  readonly rootNanos: Float64Array;
  /** Rows, parents and calls are counted from the first of the page. */
  at(page: number): SpanColumns;
}
