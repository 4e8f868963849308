import type { Span } from '@opentelemetry/api';
import type { InstrumentationConfig } from '@opentelemetry/instrumentation';
import type { SpanKind } from '../../model/span.js';
import type { Stage } from '../../model/stage.js';
import type { Runtime } from '../../model/variant.js';

/** Which recorded calls have spans of their kernels; the others have their stages. */
export type KernelSpans =
  | 'on'
  | 'off'
  /** One recorded call in so many. */
  | { readonly oneIn: number };

/**
 * Where profiles of V8 go whose samples know their span: to the Pyroscope of `PYROSCOPE_SERVER_ADDRESS`, as OTLP profiles (in
 * development) to the collector of `OTEL_EXPORTER_OTLP_ENDPOINT`, or as pprof files to a folder.
 */
export type ProfileTarget = 'pyroscope' | 'otlp' | { readonly folder: string };

export interface InferenceInstrumentationConfig extends InstrumentationConfig {
  /** Default `on`. */
  readonly kernels?: KernelSpans;
  /**
   * Spans below the calls of one trace, at most; default 10,000. How many were left out, and the time they took, are
   * attributes of the call.
   */
  readonly spanBudget?: number;
  /**
   * Kernels shorter than this become, below each parent, one span a stage that says how many spans and how much time it
   * stands for. Default 0: every kernel has a span.
   */
  readonly minimumKernelMicros?: number;
  /** Kernels inside session runs, where the native add-on works: a sample at 5 % of the time (default), or none. */
  readonly sessionKernels?: 'sampled' | 'off';
  /**
   * Whose duration the metric `inference.call.duration` counts: `recorded` calls (default), or `all`, for about two
   * microseconds a call; the stages' metric is always of recorded calls.
   */
  readonly metrics?: 'recorded' | 'all';
  /** Samples V8 a hundred times a second, from the first engine that the program loads. Default `off`; what it is at that moment counts. */
  readonly profile?: 'off' | ProfileTarget;
  /**
   * Seconds that a program which ends, or shuts its provider down, waits for spans to be handed over; default 2. What is left
   * is counted.
   */
  readonly endSeconds?: number;
  /** Called when a recorded call begins, to set attributes of one's own. Throwing does no harm. */
  readonly callHook?: (span: Span, call: CallInfo) => void;
  /** Called for each span below a call. Throwing does no harm. */
  readonly spanHook?: (span: Span, info: SpanInfo) => void;
}

export interface CallInfo {
  readonly runtime: Runtime;
  /** `predict`, `execute`, … */
  readonly call: string;
  readonly model: object;
  /** What the method was given. */
  readonly inputs: unknown;
  /** Dtypes and shapes, `float32[32,4]`. */
  readonly signature: string;
  readonly batch: number;
}

export interface SpanInfo {
  readonly name: string;
  readonly kind: SpanKind;
  readonly stage: Stage;
  readonly durationNanos: number;
}

export const DEFAULT_SPAN_BUDGET = 10_000;
