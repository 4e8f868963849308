/**
 * What tracing the inside of a session run gives. Implemented by src/engines/tensorflow/session (the native add-on), used by
 * src/engines/tensorflow/seams through these interfaces.
 *
 * Times are whole nanoseconds on the clock of `performance.now()`: `nanosFromMillis(performance.now())` is the same
 * axis. Only single calls are traced: their kernel durations count, their latency does not.
 */
export interface SessionTrace {
  /** `TF_SessionRun` itself, without the binding's conversions before and after it. */
  readonly startNanos: number;
  readonly endNanos: number;
  /**
   * From the start to the first node: pruning, placement, optimisation and executor of a first run, the executor's
   * start of a warm one. Belongs to `graph-building`.
   */
  readonly buildNanos: number;
  /** In order of (first) start; a loop's iterations are folded unless the tracer was asked for each. */
  readonly kernels: readonly SessionKernel[];
  /** True when the run failed: the kernels are those that ran before it did. */
  readonly failed: boolean;
  readonly metadataBytes: number;
  /** Our own cost of reading the metadata. */
  readonly decodeNanos: number;
}

/** One node of the graph as it ran. Shapes are strings such as `[32,4]`; values are never read. */
export interface SessionKernel {
  /** TensorFlow operation type as executed: `_FusedMatMul`. */
  readonly op: string;
  /** Name in the optimised graph. */
  readonly node: string;
  /** Path of the Keras layer it came from, without the model's name; null when the name tells none. */
  readonly layer: string | null;
  /**
   * Index of the call (`PartitionedCall`, `While`) whose body it ran in, -1 for most: TensorFlow inlines functions
   * where it can. Always smaller than its own index.
   */
  readonly parent: number;
  readonly startNanos: number;
  readonly durationNanos: number;
  /**
   * Its share of the wall time: each instant is divided among the kernels that run then, a call has what its body
   * leaves. Sums to the time in which
   * any kernel ran, while durations of parallel kernels may add up to more than the call.
   */
  readonly wallNanos: number;
  /** Inputs whose producer ran in the same call; a place without one (a fed tensor, a constant) is `?`. */
  readonly inputShapes: readonly string[];
  readonly outputShapes: readonly string[];
  readonly outputDtypes: readonly string[];
  readonly outputBytes: number;
  /** Memory taken from the allocator while it ran. */
  readonly allocatedBytes: number;
  /** Operations that the optimiser fused into it, when the optimised graph was asked for. */
  readonly fused: readonly string[];
  /** Executions folded into this row: 1, or a loop's iterations. */
  readonly repeat: number;
  /** Duration of each execution folded into this row, in order; absent for a single one. */
  readonly iterationNanos?: readonly number[];
  /** Estimates from the shapes, null for operations without a formula or with unknown shapes. */
  readonly flops: number | null;
  readonly bytesMoved: number | null;
}

/** Traces single session runs of one model. Calls are synchronous: arm, run, take, on one thread. */
export interface SessionTracer {
  /** Arms: the next session run of this thread is traced. Costs one store into memory. */
  traceNextRun(): void;
  /** The trace of the last armed run; null when none ran or when what came back could not be read. */
  takeTrace(): SessionTrace | null;
  /** Disarms, for a call that turned out not to run a session. */
  cancel(): void;
  readonly counts: SessionTracerCounts;
}

/** Nothing is dropped silently. */
export interface SessionTracerCounts {
  readonly taken: number;
  /** Replaced by a later run before they were taken. */
  readonly lost: number;
  /** Could not be decoded. */
  readonly unreadable: number;
}

/** Native time of eager operations, read after each `executeOp`. */
export interface EagerClock {
  enable(): void;
  disable(): void;
  /** Operations measured so far: a change tells that the last call reached TensorFlow. */
  readonly count: number;
  /** Start (on the clock above) and duration of the last operation, without the binding's conversions. */
  readonly lastStartNanos: number;
  readonly lastNanos: number;
  readonly totalNanos: number;
}

/** Decides which calls are traced, so that tracing stays under a share of the whole. */
export interface SessionSampler {
  /** True when the next call should be traced. */
  decide(): boolean;
  /** Tells what a decided call took, decoding included. */
  record(call: { readonly traced: boolean; readonly nanos: number }): void;
  /** One call in this many, as measured so far. */
  readonly period: number;
}
