import type { Runtime } from './variant.js';

/** What a graph compiler tells while it builds a graph inside a call. Every start has its end, also when the building fails. */
export type GraphBuildingEvent =
  /** `cause`: null for a call that waits for the graph that another one builds. */
  | { readonly at: 'start'; readonly cause: string | null; readonly signature: string }
  | { readonly at: 'phase-start' | 'phase-end'; readonly phase: string }
  | { readonly at: 'end' };

/** What is known of a compiled graph beside its methods. */
export interface CompiledGraphFacts {
  /** `tf.engine()` of the TensorFlow that it runs in. */
  readonly engine: object;
  /** Of what was compiled; a function of tensors counts as a graph model. */
  readonly runtime: Runtime;
  /** `graph` or `graph-xla`. */
  readonly variant: string;
  /** The model or function that it was made from. */
  readonly source?: object;
}

export interface CompiledGraphWatcher {
  /** A class of compiled graphs: each build of this package in the process has its own. Told of known ones at once. */
  found(prototype: object): void;
  building(event: GraphBuildingEvent): void;
}

/** The compiled graphs of this process, for instrumentation. */
export interface CompiledGraphs {
  factsOf(graph: object): CompiledGraphFacts | undefined;
  /** Returns what ends the watch. */
  watch(watcher: CompiledGraphWatcher): () => void;
}
