import type { CallRecord } from './recording.js';
import type { SpanDetail } from './span.js';

/** What is known of a call when it begins; the rest of its {@link CallRecord} is measured. */
export type CallStart = Omit<CallRecord, 'rootSpan' | 'startNanos' | 'latencyNanos' | 'error'> & {
  /** The model has not had these shapes and dtypes before: cold where its session compiles for each of them. */
  readonly newSignature?: boolean;
  /** What samples of V8 are labelled with that are taken while it runs. */
  readonly labels?: Readonly<Record<string, string>>;
};

/** The running call as instrumentation sees it: rows are opened and closed, root is row 0. */
export interface CallScope {
  /** Which call it is: contexts are used again, and what ends after its call must not write into the next one. */
  readonly serial: number;
  /** Row that is open now. */
  readonly top: number;
  /** Row of the open data-adapter stage, -1 when none is: everything under it counts as data adapter. */
  adapterRow: number;
  /** Row of an open graph-building stage that runs kernels of its own (tracing): everything under it counts as that. */
  buildingRow: number;
  /** Row of the open kernel-execution stage, -1 when none is. */
  executionRow: number;
  /** Node of the graph being executed, for the detail of its kernels. */
  node: string | undefined;
  /** Which sequence of kernels the call is expected to run: its variant. */
  readonly sequence: number;
  /** True for a call whose stages are recorded and whose kernels are not. */
  stagesOnly: boolean;
  /** Position in the sequence of kernels, for the detail cache. */
  position: number;
  /** The last kernel: its row, its parent's row, and how many kernels that parent has so far. */
  kernelRow: number;
  kernelParent: number;
  kernelCount: number;
  /** Changes of the call's record that are known only while it runs. */
  traced: boolean;
  /** True in a call that has built a graph, or waited for one: however often its signature was seen, it is no warm call. */
  builtGraph: boolean;
  /** True in a call whose session compiles for each shape (XLA): of a new signature it is no warm call. */
  compilesShapes: boolean;
  /** True in a call whose eager operations are timed inside TensorFlow, too. */
  clocked: boolean;
  /** Opens a span under the open one; returns its row, or -1 when the call is full. */
  open(name: number, kind: number, stage: number): number;
  /** `endMillis`: of `performance.now()`, where it was read already. */
  close(row: number, endMillis?: number): void;
  setDetail(row: number, detail: number): void;
  /** Adds a span whose times are known already; milliseconds of `performance.now()`. */
  insert(parent: number, name: number, kind: number, stage: number, startMillis: number, endMillis: number, detail: number): number;
  /** Start of a row in milliseconds of `performance.now()`. */
  startMillis(row: number): number;
}

/** Turns strings and details into the numbers that rows hold. */
export interface NameTable {
  string(value: string): number;
  detail(value: SpanDetail): number;
}

/** What instrumentation needs of a recorder. */
export interface CallRecorder {
  readonly interner: NameTable;
  /** Latency of the call that ended last, nanoseconds. */
  readonly lastLatencyNanos: number;
  /** The call that runs here, undefined outside of any. */
  context(): CallScope | undefined;
  callSync<T>(start: CallStart, name: number, kind: number, stage: number, body: (scope: CallScope) => T): T;
  /** Something of ours failed within a call: ends the recording where that must not fail the call, and throws elsewhere. */
  trouble(thrown: unknown): void;
  callAsync<T>(start: CallStart, name: number, kind: number, stage: number, body: (scope: CallScope) => Promise<T>): Promise<T>;
  /**
   * An asynchronous call within which no other can begin. `context` does not give its scope: whoever begins it finds it again by
   * other means, and no promise of the program pays for that.
   */
  beginLeaf(start: CallStart, name: number, kind: number, stage: number): CallScope;
  /** `endMillis`: of `performance.now()`. */
  endLeaf(scope: CallScope, start: CallStart, endMillis: number, thrown?: unknown): void;
}
