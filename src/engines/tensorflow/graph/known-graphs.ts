import type { CompiledGraphFacts, CompiledGraphs, CompiledGraphWatcher, GraphBuildingEvent } from '../../../model/compiled-graphs.js';

/** The one state of this stage, on the process: the package's two builds (ESM and CommonJS) must know of one another's graphs. */
interface Known {
  readonly prototypes: Set<object>;
  readonly facts: WeakMap<object, CompiledGraphFacts>;
  readonly watchers: Set<CompiledGraphWatcher>;
}

const KEY = Symbol.for('inferscope.compiled-graphs');

function known(): Known {
  const holder = globalThis as Record<symbol, Known | undefined>;
  return (holder[KEY] ??= { prototypes: new Set(), facts: new WeakMap(), watchers: new Set() });
}

/**
 * Makes a compiled graph known to instrumentation, which wraps the methods of its class for as long as it is on: a graph
 * that nobody watches is called as it is.
 */
export function makeKnown(graph: object, facts: CompiledGraphFacts): void {
  const { prototypes, facts: factsOf, watchers } = known();
  factsOf.set(graph, facts);
  const prototype = Object.getPrototypeOf(graph) as object;
  if (prototypes.has(prototype)) return;
  prototypes.add(prototype);
  for (const watcher of watchers) watcher.found(prototype);
}

/** Tells instrumentation what is being built. */
export function tellBuilding(event: GraphBuildingEvent): void {
  for (const watcher of known().watchers) watcher.building(event);
}

/** Every graph that `compileToGraph` has made in this process, for an `Instrumentation` to record its calls. */
export const compiledGraphs: CompiledGraphs = {
  factsOf: (graph) => known().facts.get(graph),
  watch: (watcher) => {
    const { prototypes, watchers } = known();
    watchers.add(watcher);
    for (const prototype of prototypes) watcher.found(prototype);
    return () => void watchers.delete(watcher);
  },
};
