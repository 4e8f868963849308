import type { CompiledGraph } from '../compile/compile-to-graph.js';
import { compileToGraph } from '../compile/compile-to-graph.js';
import type { RunnableVariant } from '../model/runnable.js';
import type { GraphContext, LayersContext, VariantFamily } from '../runtime/variants/context.js';
import { lease } from '../runtime/variants/lease.js';
import type { Output } from '../runtime/variants/runnable-variant.js';
import { runnableVariant } from '../runtime/variants/runnable-variant.js';

/** Told when a graph starts and ends being built, so that instrumentation can make a span of it. */
export interface GraphBuildingHooks {
  onBuilding?: (event: { readonly begin: true } | { readonly begin: false; readonly cause: string; readonly signature: string }) => void;
}

/**
 * `graph` and `graph-xla`: the model traced into one TensorFlow graph. Its first call traces, loads and checks it.
 * A SavedModel is a graph already, and control flow of a converted model cannot be traced: neither gets these variants.
 */
export const graphVariants = (hooks: GraphBuildingHooks = {}): VariantFamily => (context) => {
  if (context.runtime === 'saved-model') return [];
  if (context.runtime === 'graph-model' && context.asyncOnly.length > 0) {
    context.notes.push('graph and graph-xla are left out: the control flow of a converted graph model cannot be traced.');
    return [];
  }
  return [variant(context, 'graph', false, hooks), variant(context, 'graph-xla', true, hooks)];
};

function variant(context: LayersContext | GraphContext, name: string, xla: boolean, hooks: GraphBuildingHooks): RunnableVariant {
  const { tf, feed } = context;
  const sources = new WeakMap<CompiledGraph, { dispose(): unknown }>();
  const compiled = lease(
    async () => {
      const model = await context.open();
      const graph = compileToGraph(tf, model, {
        xla,
        onGraphBuildingStart: () => hooks.onBuilding?.({ begin: true }),
        onGraphBuilding: ({ cause, signature }) => hooks.onBuilding?.({ begin: false, cause, signature }),
      });
      sources.set(graph, model);
      return graph;
    },
    (graph) => {
      graph.dispose();
      sources.get(graph)?.dispose();
    },
  );
  return runnableVariant({
    variant: { name, call: 'predict' },
    feed,
    lease: compiled,
    run: { kind: 'sync', call: (graph, inputs) => graph.predict(inputs) as unknown as Output },
  });
}
