import type { LoadRun } from './load.js';
import type { VariantParity } from './parity.js';

/**
 * What only the run itself knew and its calls do not tell. It is part of the recording, so that a report that is made from the
 * folder later says what the first one said.
 */
export interface RunFacts {
  /** In the order in which a report tells them. */
  readonly notes: readonly RunNote[];
  /** Passes of the graph optimiser; absent where nobody looked, or where they could not be seen. */
  readonly passes?: readonly OptimiserPass[];
  /** How far the answers of the other variants are from the first one's, given the same inputs. */
  readonly outputs?: readonly VariantParity[];
  /** Requests at a rate or from several callers, where that was asked for. */
  readonly loads?: readonly LoadRun[];
}

/** One fact, as data. Notes of other kinds, which a later Inferscope may have written, are left out when a recording is read. */
export type RunNote =
  /** A sentence that was made where the fact arose: by the loader; by a seam that is not there, so that figures are `missing`. */
  | { readonly kind: 'said'; readonly sentence: string; readonly of?: 'missing' }
  /** The backend is another than native TensorFlow. */
  | { readonly kind: 'plain-backend'; readonly backend: string; readonly how: 'chosen' | 'asked for' }
  | { readonly kind: 'no-session-kernels'; readonly reason: string }
  | { readonly kind: 'no-passes'; readonly reason: string }
  /** Keys of variants that run one graph, operation by operation: what they differ by is noise. */
  | { readonly kind: 'same-graph'; readonly variants: readonly string[] }
  /** Start-up of the library, which is in no call. */
  | { readonly kind: 'first-operation'; readonly millis: number }
  | { readonly kind: 'stopped'; readonly what: 'variant' | 'control'; readonly variant: string; readonly reason: string }
  | { readonly kind: 'interrupted'; readonly by: 'user' | 'python' }
  | {
      readonly kind: 'from-jaeger' | 'from-clickhouse';
      readonly url: string;
      readonly service: string;
      readonly calls: number;
      readonly spans: number;
      readonly hosts: number;
    }
  | { readonly kind: 'keras'; readonly version: string; readonly backend: string; readonly python: string; readonly executable: string }
  /** Recorded ÷ bare call of each variant, in the same process. */
  | { readonly kind: 'keras-overhead'; readonly ratios: readonly { readonly variant: string; readonly ratio: number }[] }
  /** The process grew with each call. `nanos`: a bare call. */
  | { readonly kind: 'keras-growth'; readonly variant: string; readonly bytesPerCall: number; readonly nanos: number | null }
  /** Graphs of the input pipeline that warm calls built. */
  | { readonly kind: 'keras-rebuilt'; readonly functions: readonly string[]; readonly variants: readonly string[] }
  | { readonly kind: 'keras-seams'; readonly missing: readonly string[] };

/** One kind of pass, all its runs together. What else is known of it depends on what the engine's log tells. */
export type OptimiserPass = CountedPass | SessionStep;

/** Of TensorFlow's optimiser, which counts nodes. */
export interface CountedPass {
  readonly name: string;
  readonly runs: number;
  readonly nanos: number;
  /** Nodes added or, below zero, removed. */
  readonly nodeChange: number;
  readonly nodesAfter: number;
}

/** Of making an ONNX Runtime session: a pass of its optimiser, or another step of it. */
export interface SessionStep {
  readonly name: string;
  readonly runs: number;
  readonly nanos: number;
  readonly step: 'load' | 'pass' | 'pack-and-plan';
  /** Runs after which the graph was another; 0 for what is no pass. */
  readonly changedRuns: number;
}
