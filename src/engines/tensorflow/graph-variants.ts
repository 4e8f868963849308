import type { Tensor } from '@tensorflow/tfjs-node';
import type { RunnableVariant } from '../../model/runnable.js';
import { GRAPH_NAMES, type GraphCompiler } from '../../model/variant.js';
import type { GraphContext, LayersContext, SavedModelContext, VariantFamily } from './load/variants/context.js';
import { lease } from './load/variants/lease.js';
import type { Output } from './load/variants/runnable-variant.js';
import { runnableVariant } from './load/variants/runnable-variant.js';
import { savedModelVariant } from './load/variants/saved-model.js';
import { wholeNote } from './graph/whole-graph.js';
import type { SessionAddonStatus } from './session/addon.js';
import { withSessionConfig } from './session/with-config.js';
import { compileToGraph } from './compile-to-graph.js';
import type { CompiledGraph } from './graph/compiled-graph.js';

/**
 * `graph` and `graph-xla`: the model traced into one TensorFlow graph. Its first call traces, loads and checks it.
 * A SavedModel is a graph already: it gets `graph-xla`, a session of its own whose configuration asks for XLA.
 */
export const graphVariants =
  (addon: SessionAddonStatus): VariantFamily =>
  (context) => {
    if (context.runtime === 'saved-model') return savedModelXla(context, addon);
    if (context.runtime === 'graph-model' && context.asyncOnly.some((op) => op.includes('Table'))) {
      context.notes.push('graph is left out: the model has a table, which is kept outside of its graph.');
      return [];
    }
    if (context.runtime === 'graph-model' && context.asyncOnly.length > 0) {
      context.notes.push('graph-xla is left out: XLA does not compile the control flow of a converted graph model here.');
      return [variant(context, 'graph', addon)];
    }
    return [variant(context, 'graph', addon), variant(context, 'xla', addon)];
  };

function savedModelXla(context: SavedModelContext, addon: SessionAddonStatus): readonly RunnableVariant[] {
  if (addon.status === 'unavailable') {
    context.notes.push(`graph-xla is left out: a session is only configured through the add-on, and ${addon.reason}.`);
    return [];
  }
  // A model passed as an object has its session already.
  if (!context.closes) return [];
  return [savedModelVariant(context, 'xla', () => withSessionConfig(addon.addon, { xla: true }, () => context.open('own')))];
}

function variant(context: LayersContext | GraphContext, compiler: GraphCompiler, addon: SessionAddonStatus): RunnableVariant {
  const { tf, feed } = context;
  const name = GRAPH_NAMES[compiler];
  const sources = new WeakMap<CompiledGraph, { dispose(): unknown }>();
  const compiled = lease(
    async () => {
      const model = await context.open();
      const graph = compileToGraph(tf, model, {
        xla: compiler === 'xla',
        addon,
        onGraphBuilding: ({ untraced }) => noteWhole(context, untraced),
      });
      sources.set(graph, model);
      return graph;
    },
    (graph) => {
      graph.dispose();
      sources.get(graph)?.dispose();
    },
  );
  // The first call of control flow is checked against tfjs's executor, which is asynchronous.
  if (context.runtime === 'graph-model' && context.asyncOnly.length > 0) {
    const run = {
      kind: 'async',
      call: async (graph: CompiledGraph, inputs: Tensor[]) => (await graph.predictAsync(inputs)) as unknown as Output,
    } as const;
    return runnableVariant({ variant: { name, call: 'predictAsync', compiler }, feed, lease: compiled, run });
  }
  const run = { kind: 'sync', call: (graph: CompiledGraph, inputs: Tensor[]) => graph.predict(inputs) as unknown as Output } as const;
  return runnableVariant({ variant: { name, call: 'predict', compiler }, feed, lease: compiled, run });
}

/** The variant's first call tells; every copy of the model tells the same. */
function noteWhole({ notes }: LayersContext | GraphContext, untraced: string | null): void {
  const note = untraced === null ? null : wholeNote(untraced);
  if (note !== null && !notes.includes(note)) notes.push(note);
}
