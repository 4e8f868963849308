import type { CompiledGraphs, GraphBuildingEvent } from '../../../model/compiled-graphs.js';
import { GRAPH_CALLS } from './graph-model.js';
import type { WrapContext } from './layers-model.js';

type Method = (this: object, ...args: unknown[]) => unknown;

/**
 * Graphs made by `compileToGraph`: each method is a call, what is built in it a graph-building stage, and its session run,
 * wrapped at the binding, the execution. Graphs of another TensorFlow than the instrumented one are left alone.
 */
export function wrapCompiledGraphs(
  { patches, tf, boundary }: WrapContext,
  graphs: CompiledGraphs,
  building: (event: GraphBuildingEvent) => void,
): void {
  const engine = tf.engine();
  const found = (prototype: object): void => {
    for (const [call, way] of Object.entries(GRAPH_CALLS)) {
      patches.wrap<Method>(prototype, call, (original) => {
        const bounded = new WeakMap<object, Method>();
        const bound = (graph: object): Method => {
          const facts = graphs.factsOf(graph);
          const method = facts?.engine === engine ? boundary[way](facts.runtime, call, original, facts.variant) : original;
          bounded.set(graph, method);
          return method;
        };
        return function (this: object, ...args: unknown[]): unknown {
          return (bounded.get(this) ?? bound(this)).apply(this, args);
        };
      });
    }
  };
  patches.onUndo(graphs.watch({ found, building }));
}
