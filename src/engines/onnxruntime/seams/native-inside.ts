/**
 * What looks inside native calls: implemented by engines/onnxruntime/session with the native add-on, called by the seams.
 *
 * Everything happens on the thread that makes the call, and native calls are synchronous: `starts`, the call, `ends`,
 * with no other native call in between. Times are whole nanoseconds on the clock of `performance.now()`. Without an
 * add-on a native call is one piece: its conversions of inputs and outputs count as kernel execution.
 */
import type { SessionSampler, SessionTracer } from '../../../model/session.js';
import type { ModelSource } from './library.js';

/** Start and end of one call of ONNX Runtime's C library, without the binding's conversions around it. */
export interface NativeTimes {
  readonly startNanos: number;
  readonly endNanos: number;
}

/** A step of making a session. Steps follow each other; what lies between them belongs to none. */
export interface CreationPart extends NativeTimes {
  /** `load`, `passes`, `packing`, … */
  readonly name: string;
}

export interface CreationTrace extends NativeTimes {
  readonly parts: readonly CreationPart[];
}

/** Traces of the runs of one session, and which of them are traced. */
export interface SessionView {
  readonly tracer: SessionTracer;
  readonly sampler: SessionSampler;
  /** Whether a run with these options can be traced; with others it runs untouched. */
  traces(runOptions: unknown): boolean;
  /** Makes a traced run with these arguments, where a session of our own does so in place of the measured one; else `body`. */
  readonly runTraced?: (args: readonly unknown[], body: () => unknown) => unknown;
}

export interface NativeInside {
  /** A session is about to be made. */
  creationStarts(source: ModelSource): void;
  /** It was made, or failed. Null where nothing was seen. Must not throw. */
  creationEnds(): CreationTrace | null;
  /** For a session that was just made; null where its runs cannot be looked into (the user profiles it, an old version). */
  open(source: ModelSource): SessionView | null;
  /** The C library's `Run` of the native run that ended last on this thread; null where it was not seen. Must not throw. */
  lastRun(): NativeTimes | null;
}
