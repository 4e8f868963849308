import type { CalledModel } from './called-model.js';
import type { HeldTensors } from './held-tensors.js';

/**
 * What a recorded span is.
 *
 * - `call`: one inference call, the root.
 * - `stage`: a stage span: `data-adapter`, `queue`, `graph-building`, `kernel-execution`, `fetch`.
 * - `layer`: a layer of a layers model, or the layer a session's kernels came from.
 * - `dispatch`: a tfjs kernel as JavaScript sees it (`_FusedMatMul`), around its native operations.
 * - `kernel`: one TensorFlow operation (`MatMul`), eager or inside a session run.
 * - `transfer`: an upload or a read-back across the native boundary.
 * - `pass`: a step of graph building (topological sort, tracing, an optimiser pass, XLA compilation).
 * - `script`: a JavaScript function, known from samples of V8; never recorded, only put into a finished tree.
 * - `native`: what TensorFlow itself took of an eager operation, in sampled calls; the rest of its span is the binding's
 *   conversions.
 */
export const SPAN_KINDS = ['call', 'stage', 'layer', 'dispatch', 'kernel', 'transfer', 'pass', 'script', 'native'] as const;

export type SpanKind = (typeof SPAN_KINDS)[number];

export const spanKindCode = (kind: SpanKind): number => SPAN_KINDS.indexOf(kind);

/** The kind behind a stored number. @throws RangeError for a number no kind has. */
export function spanKindFromCode(code: number): SpanKind {
  const kind = SPAN_KINDS[code];
  if (kind === undefined) throw new RangeError(`no span kind has the code ${code}`);
  return kind;
}

/**
 * Spans as columns: row `i` of every array is span `i`. A parent's row comes before its children's.
 *
 * `startNanos` counts from the recording's origin, whole nanoseconds in a double. `stage` says what the span's
 * *self* time is (see model/stage.ts); `detail` is an index into `Recording.details` (0: none).
 */
export interface SpanColumns {
  readonly length: number;
  readonly startNanos: Float64Array;
  readonly durationNanos: Float64Array;
  /** Row of the parent, or -1 for a call's root. */
  readonly parent: Int32Array;
  /** Index into `Recording.calls`. */
  readonly call: Uint32Array;
  /** Index into `Recording.strings`. */
  readonly name: Uint32Array;
  readonly detail: Uint32Array;
  readonly stage: Uint8Array;
  readonly kind: Uint8Array;
}

/** Attributes shared by many spans, stored once. Shapes are strings such as `[32,4]`; values are never recorded. */
export interface SpanDetail {
  readonly inputShapes?: readonly string[];
  readonly outputShapes?: readonly string[];
  readonly inputDtypes?: readonly string[];
  readonly outputDtypes?: readonly string[];
  /** Bytes of the outputs. */
  readonly outputBytes?: number;
  /** Name of the node or layer. */
  readonly node?: string;
  /** Keras layer the operation came from. */
  readonly layer?: string;
  /** Operations fused into this one. */
  readonly fused?: readonly string[];
  /** Why a graph was built: `first-trace`, `new-shape`, `new-dtype`, `new-value`, `cache-evicted`, `new-fetches`, `new-session`. */
  readonly cause?: string;
  /** Repetitions folded into this span (loop iterations). */
  readonly repeat?: number;
  /** Nanoseconds of each of these repetitions, in one call of each session only. */
  readonly iterationNanos?: readonly number[];
  /** Floating-point operations and bytes moved, estimated from the shapes. */
  readonly flops?: number;
  readonly bytesMoved?: number;
  readonly allocatedBytes?: number;
  /** No span's: the model that calls refer to (`CallRecord.model`). */
  readonly model?: CalledModel;
  /** No span's: tensors that the program held when it was looked; the last one counts. */
  readonly held?: HeldTensors;
}
