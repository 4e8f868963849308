import type { Tensor } from './tfjs.js';
import type { Tolerance } from '../../../model/tolerance.js';

/** Why a graph was built. */
export const GRAPH_CAUSES = ['first-trace', 'new-shape', 'new-dtype', 'new-value', 'cache-evicted', 'new-fetches'] as const;
export type GraphCause = (typeof GRAPH_CAUSES)[number];

/**
 * The steps of building a graph, in order. `first-run` is where TensorFlow prunes, places and optimises the graph and,
 * with XLA, compiles it; `verification` compares with the traced call's own result; `thread-choice` times both executors.
 */
export const GRAPH_PHASES = ['tracing', 'writing', 'loading', 'first-run', 'verification', 'thread-choice'] as const;
export type GraphPhase = (typeof GRAPH_PHASES)[number];

/** Durations of the steps, whole nanoseconds; 0 for one that did not take place. */
export type GraphPhases = Readonly<Record<GraphPhase, number>>;

/** What is known when a graph starts to be built. */
export interface GraphBuildingStart {
  readonly cause: GraphCause;
  readonly signature: string;
  readonly xla: boolean;
}

/**
 * Who runs the operations of a session: the calling thread, one after the other (each may still use TensorFlow's threads
 * within itself), or a pool, side by side.
 */
export type SessionThreads = 'caller' | 'pool';

/** Calls `load` so that the session it loads has these threads. */
export type SessionLoader = (threads: SessionThreads, load: () => number) => number;

export interface GraphBuilding {
  readonly cause: GraphCause;
  readonly signature: string;
  /** `performance.now()` when tracing started. */
  readonly startMillis: number;
  readonly phases: GraphPhases;
  readonly threads: SessionThreads;
  readonly nodes: number;
  readonly graphBytes: number;
  /** Largest difference from operation-by-operation execution. */
  readonly largestDifference: number;
  /** Why the graph is the model's own, node by node, and not traced; null where it was traced, or never could be. */
  readonly untraced: string | null;
}

export interface CompileOptions {
  /** Compile the graph with XLA. Each input shape compiles again (some 100 ms). */
  readonly xla?: boolean;
  /** One graph for every batch size: the first dimension of the inputs stays open, which is verified. */
  readonly dynamicBatch?: boolean;
  /** Graphs kept at once; the least recently used one is dropped beyond. Default 16. */
  readonly maxSignatures?: number;
  /** Largest accepted difference from operation-by-operation execution; default: what the model's own outputs move by rounding. */
  readonly tolerance?: Tolerance;
  /**
   * Tensors made outside of a function (or of a layer's own code) that it uses and that stay what they are: they become
   * constants of the graph. Variables and the weights of a model need not be listed; any other tensor is refused.
   */
  readonly captures?: readonly Tensor[];
  /**
   * Who runs the graph's operations. `auto` (default): the calling thread, unless a run takes long enough for the pool to
   * matter and the pool proves faster. Without `sessionLoader` it is always the pool.
   */
  readonly threads?: SessionThreads | 'auto';
  readonly sessionLoader?: SessionLoader;
  /** Called when a graph starts to be built, inside the call that needs it. */
  readonly onGraphBuildingStart?: (event: GraphBuildingStart) => void;
  /** Called at the start and the end of each step of it. */
  readonly onPhase?: (phase: GraphPhase, at: 'start' | 'end') => void;
  /** Called after each graph building, before the call returns. */
  readonly onGraphBuilding?: (event: GraphBuilding) => void;
}
