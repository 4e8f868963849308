import { statSync } from 'node:fs';
import path from 'node:path';
import type { OnnxGraph } from '../load/graph.js';
import { weightFiles } from '../load/read-model.js';
import { messageOf } from '../../../model/errors.js';
import { viewGraph, type NodesByName } from './graph-view.js';
import { seeOptimisedGraph } from './helper-session.js';
import { graphOf, type ModelFile } from './model-graph.js';

export interface GraphLookup {
  /** Nodes of the graph that runs, as far as they are known by now. */
  readonly nodes: () => NodesByName | undefined;
  /** The graph that runs, where it is known for certain by now. */
  readonly graph: () => OnnxGraph | undefined;
  /** Resolves when more cannot become known: null, or a sentence that says what is not known and why. */
  readonly seen: Promise<string | null>;
}

export interface LookupOptions {
  /** Of the session. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The main file of `onnxruntime-node`; absent: no process of its own makes the session again. */
  readonly entry: string | undefined;
  /** What the model was made of, where it is an optimised one. */
  readonly original: string | undefined;
}

/** A larger model is not made once more beside a running program. */
const MAX_COPIED_BYTES = 2 ** 29;

/**
 * The graph that a session runs. Without optimisation that is the one of the model's file; otherwise a process of its own makes the
 * session again, and until that has told, the file has to do.
 */
export function lookUpGraph(model: ModelFile, { options, entry, original }: LookupOptions): GraphLookup {
  let graph: OnnxGraph;
  try {
    graph = graphOf(model);
  } catch (error) {
    return known(undefined, `What kernels of a session hold is not known: its model cannot be read (${messageOf(error)}).`);
  }
  if (original !== undefined) return known(viewOf(graph, original), null);
  const own = viewGraph(graph);
  if (options['graphOptimizationLevel'] === 'disabled') return known(own, null, graph);
  if (entry === undefined) return known(own, null);
  if (bytesOf(model, graph) > MAX_COPIED_BYTES)
    return known(
      own,
      `What fused kernels hold is not known: the model is larger than ${MAX_COPIED_BYTES / 2 ** 20} MB, and its session is not made twice.`,
    );
  let nodes = own;
  let runs: OnnxGraph | undefined;
  const seen = seeOptimisedGraph({ entry, model, options }).then((optimised) => {
    if ('reason' in optimised) return `What fused kernels hold is not known: ${optimised.reason}.`;
    runs = optimised.graph;
    nodes = viewGraph(runs, graph);
    return null;
  });
  return { nodes: () => nodes, graph: () => runs, seen };
}

const known = (nodes: NodesByName | undefined, unknown: string | null, graph?: OnnxGraph): GraphLookup => ({
  nodes: () => nodes,
  graph: () => graph,
  seen: Promise.resolve(unknown),
});

/** Without the original its own nodes are all that is known. */
function viewOf(graph: OnnxGraph, original: string): NodesByName {
  try {
    return viewGraph(graph, graphOf({ kind: 'path', path: original }));
  } catch {
    return viewGraph(graph);
  }
}

/** Weights in files of their own among them. */
function bytesOf(model: ModelFile, graph: OnnxGraph): number {
  if (model.kind === 'bytes') return model.bytes.length;
  const files = [model.path, ...weightFiles(graph).map((name) => path.resolve(path.dirname(model.path), name))];
  return files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
}
