import { heldOperations } from './held.js';
import type { OnnxGraph, OnnxNode, OnnxTensor } from '../load/graph.js';
import { bodiesOf } from '../load/graph.js';

/** One node of the graph that runs, with what its kernels do not tell. */
export interface KnownNode {
  readonly node: OnnxNode;
  /** Nodes of the original graph that it holds; empty where that is not known. */
  readonly held: readonly OnnxNode[];
  /** Inputs in order, left-out ones not counted: the tensor that the file holds, or null for one that is computed. */
  readonly inputs: readonly (OnnxTensor | null)[];
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
export function viewGraph(optimised: OnnxGraph, original?: OnnxGraph): NodesByName {
  const held = original === undefined ? new Map<OnnxNode, readonly OnnxNode[]>() : heldOperations(original, optimised);
  return nodesOf(optimised, held, () => undefined);
}

type Stored = (name: string) => OnnxTensor | undefined;

function nodesOf(graph: OnnxGraph, held: ReadonlyMap<OnnxNode, readonly OnnxNode[]>, outer: Stored): NodesByName {
  // Tensors of the file, and constants: when a session is made they become the same.
  const own = new Map(graph.initialisers);
  const computed = new Set(graph.inputs.map(({ name }) => name));
  for (const { op, outputs, attributes } of graph.nodes) {
    const [output = ''] = outputs;
    const constant = op === 'Constant' ? attributes.get('value') : undefined;
    if (constant?.kind === 'tensor') own.set(output, constant.value);
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
      inner: new Map(
        bodiesOf(node)
          .toReversed()
          .flatMap(([, body]) => [...nodesOf(body, held, stored)]),
      ),
    });
  }
  return nodes;
}
