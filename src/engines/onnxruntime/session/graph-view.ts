import { heldOperations } from './held.js';
import type { GraphNode, ModelGraph, StoredTensor } from './model-graph.js';

/** One node of the graph that runs, with what its kernels do not tell. */
export interface KnownNode {
  readonly node: GraphNode;
  /** Nodes of the original graph that it holds; empty where that is not known. */
  readonly held: readonly GraphNode[];
  /** Inputs in order, left-out ones not counted: the tensor that the file holds, or null for one that is computed. */
  readonly inputs: readonly (StoredTensor | null)[];
  /** Nodes of its subgraphs. */
  readonly inner: NodesByName;
}

export type NodesByName = ReadonlyMap<string, KnownNode>;

/**
 * The graph that runs, to look kernels up by their nodes' names. Names are unique within a graph but not among subgraphs: a
 * kernel is looked up below the node whose subgraph it ran in. Where branches share a name, the first one's counts.
 *
 * @param optimised what runs
 * @param original what the program loaded; absent where fused kernels cannot be resolved
 */
export function viewGraph(optimised: ModelGraph, original?: ModelGraph): NodesByName {
  const held = original === undefined ? new Map<GraphNode, readonly GraphNode[]>() : heldOperations(original, optimised);
  return nodesOf(optimised, held, () => undefined);
}

type Stored = (name: string) => StoredTensor | undefined;

function nodesOf(graph: ModelGraph, held: ReadonlyMap<GraphNode, readonly GraphNode[]>, outer: Stored): NodesByName {
  // Tensors of the file, and constants: when a session is made they become the same.
  const own = new Map(graph.stored);
  const computed = new Set(graph.inputs.filter((name) => !graph.stored.has(name)));
  for (const { op, outputs, constant } of graph.nodes) {
    const [output = ''] = outputs;
    if (op === 'Constant' && constant !== null) own.set(output, constant);
    else for (const name of outputs) computed.add(name);
  }
  // A name of this graph hides the same one further out.
  const stored: Stored = (name) => own.get(name) ?? (computed.has(name) ? undefined : outer(name));
  const nodes = new Map<string, KnownNode>();
  for (const node of graph.nodes) {
    if (node.name === '' || nodes.has(node.name)) continue;
    nodes.set(node.name, {
      node,
      held: held.get(node) ?? [],
      inputs: node.inputs.filter((name) => name !== '').map((name) => stored(name) ?? null),
      inner: new Map([...node.subgraphs.values()].toReversed().flatMap((subgraph) => [...nodesOf(subgraph, held, stored)])),
    });
  }
  return nodes;
}
