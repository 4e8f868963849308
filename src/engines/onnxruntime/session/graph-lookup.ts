import { readFileSync, statSync } from 'node:fs';
import { messageOf } from '../../../model/errors.js';
import { once } from '../../../model/once.js';
import { viewGraph, type NodesByName } from './graph-view.js';
import { seeOptimisedGraph, type ModelFile } from './helper-session.js';
import { readModelGraph } from './model-graph.js';

export interface GraphLookup {
  /** Nodes of the graph that runs, as far as they are known by now. */
  readonly nodes: () => NodesByName | undefined;
  /** Resolves when more cannot become known: null, or a sentence that says what is not known and why. */
  readonly seen: Promise<string | null>;
}

/** A larger model is not made once more beside a running program. */
const MAX_COPIED_BYTES = 2 ** 29;

/**
 * The graph that a session runs. Without optimisation that is the one of the model's file; otherwise a process of its own makes the
 * session again, and until that has told, the file has to do.
 *
 * @param entry the main file of `onnxruntime-node`; absent: no such process
 */
export function lookUpGraph(model: ModelFile, options: Readonly<Record<string, unknown>>, entry: string | undefined): GraphLookup {
  const bytes = sizeOf(model);
  if (bytes > MAX_COPIED_BYTES) {
    const size = Number.isFinite(bytes) ? `its model is larger than ${MAX_COPIED_BYTES / 2 ** 20} MB` : 'its file cannot be read';
    return { nodes: () => undefined, seen: Promise.resolve(`What kernels of a session hold is not known: ${size}.`) };
  }
  let nodes = ownNodes(model);
  if (entry === undefined || options['graphOptimizationLevel'] === 'disabled') return { nodes, seen: Promise.resolve(null) };
  const seen = seeOptimisedGraph({ entry, model, options }).then((graph) => {
    if ('reason' in graph) return `What fused kernels hold is not known: ${graph.reason}.`;
    try {
      const view = viewGraph(graph.optimised, graph.original);
      nodes = () => view;
      return null;
    } catch (error) {
      return `What fused kernels hold is not known: ${messageOf(error)}.`;
    }
  });
  return { nodes: () => nodes(), seen };
}

/** Bytes are the program's and are not held on to; a file is read when it is first asked for. */
function ownNodes(model: ModelFile): () => NodesByName | undefined {
  if (model.kind === 'path') return once(() => parsed(() => readFileSync(model.path)));
  const nodes = parsed(() => model.bytes);
  return () => nodes;
}

/** Undefined for what is no ONNX file, such as ONNX Runtime's own format. */
function parsed(read: () => Uint8Array): NodesByName | undefined {
  try {
    return viewGraph(readModelGraph(read()));
  } catch {
    return undefined;
  }
}

function sizeOf(model: ModelFile): number {
  try {
    return model.kind === 'path' ? statSync(model.path).size : model.bytes.length;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
