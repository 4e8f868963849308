import type { SpanKind } from './span.js';
import type { Stage } from './stage.js';

/** Version of the stacks file; a reader that knows only older ones refuses. 1 (2026-11): first. 2 (2026-11): samples by block. */
export const SCRIPT_STACKS_VERSION = 2;

/** Blocks of consecutive sampled calls: how much the samples of a function scatter over them says how sure its share is. */
export const SCRIPT_BLOCKS = 12;

/** JavaScript stacks of a run: where V8 was while a span was the innermost open one. */
export interface ScriptStacks {
  readonly version: number;
  readonly variants: readonly ScriptVariant[];
}

/** The sampled calls of one variant; they are in no other figure, unless it says so. */
export interface ScriptVariant {
  /** `name/call`. */
  readonly key: string;
  readonly calls: number;
  /** Median latency while V8 was sampled, nanoseconds: what sampling cost shows against the measured calls. */
  readonly medianNanos: number;
  readonly intervalMicros: number;
  /** The measured calls themselves were sampled (a program's): their latencies hold what sampling costs. */
  readonly inMeasuredCalls?: boolean;
  /** Samples inside of calls, and among them those that a garbage collection pause explains. */
  readonly samples: number;
  readonly gcSamples: number;
  readonly spans: readonly ScriptSpan[];
}

/** Samples that fell into spans of one path, while no span below was open. */
export interface ScriptSpan {
  /** From the call's root (left out) down to the span. */
  readonly path: readonly SpanStep[];
  readonly stacks: readonly ScriptStack[];
}

export interface SpanStep {
  readonly name: string;
  readonly kind: SpanKind;
  readonly stage: Stage;
}

export interface ScriptStack {
  /** Functions below the one that opened the span, outermost first; empty for that function itself. */
  readonly frames: readonly string[];
  readonly samples: number;
  /** The samples by block, {@link SCRIPT_BLOCKS} of them; absent in files of version 1. */
  readonly blocks?: readonly number[];
  /** What the innermost function is, where it is not the span's own stage: `gc`, or `tool` for our own code. */
  readonly stage?: Stage;
}
