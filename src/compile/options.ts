import type { Tensor } from './tfjs.js';
import type { Tolerance } from './verify.js';

/** Why a graph was built. */
export const GRAPH_CAUSES = ['first-trace', 'new-shape', 'new-dtype', 'new-value', 'cache-evicted', 'new-fetches'] as const;
export type GraphCause = (typeof GRAPH_CAUSES)[number];

/** Durations of one graph building, in order, whole nanoseconds. `verify` compares with the traced call's own result. */
export interface GraphPhases {
  readonly traceNanos: number;
  readonly writeNanos: number;
  readonly loadNanos: number;
  /** First run of the session: pruning, placement, optimisation and, with XLA, compilation. */
  readonly firstRunNanos: number;
  readonly verifyNanos: number;
}

export interface GraphBuilding {
  readonly cause: GraphCause;
  readonly signature: string;
  /** `performance.now()` when tracing started. */
  readonly startMillis: number;
  readonly phases: GraphPhases;
  readonly nodes: number;
  readonly graphBytes: number;
  /** Largest difference from operation-by-operation execution. */
  readonly largestDifference: number;
}

export interface CompileOptions {
  /** Compile the graph with XLA. Each input shape compiles again (some 100 ms). */
  readonly xla?: boolean;
  /** One graph for every batch size: the first dimension of the inputs stays open, which is verified. */
  readonly dynamicBatch?: boolean;
  /** Graphs kept at once; the least recently used one is dropped beyond. Default 16. */
  readonly maxSignatures?: number;
  readonly tolerance?: Tolerance;
  /**
   * Tensors made outside of a function (or of a layer's own code) that it uses and that stay what they are: they become
   * constants of the graph. Variables and the weights of a model need not be listed; any other tensor is refused.
   */
  readonly captures?: readonly Tensor[];
  /** Executor of the graph: `''` is TensorFlow's own, `SINGLE_THREADED_EXECUTOR` runs in the caller's thread. */
  readonly executor?: '' | 'SINGLE_THREADED_EXECUTOR';
  /** Called when a graph starts to be built, inside the call that needs it. */
  readonly onGraphBuildingStart?: () => void;
  /** Called after each graph building, before the call returns. */
  readonly onGraphBuilding?: (event: GraphBuilding) => void;
}
