import type { OnnxGraph, OnnxNode } from '../load/graph.js';
import { bodiesOf } from '../load/graph.js';

/** Copies of a tensor in another layout. Where the original graph has none there, what they copy was made by the node before them. */
const LAYOUT = /^(Reorder(Input|Output)|Transpose)$/;
/** What the layout optimiser appends to the name of what a convolution made, to name its node. */
const BLOCKED = '_nchwc';
/** Copies of copies. */
const MAX_COPIES = 8;
const ACTIVATION = /^(Relu|LeakyRelu|Sigmoid|Tanh|Clip|HardSigmoid)$/;

/**
 * What each node of an optimised graph holds of the original one, by data flow: from what it makes back through the original
 * graph, as far as what it reads, what another optimised node makes, or what the file holds. That needs no list of fusions.
 *
 * @returns nodes of the original graph, in its order, by optimised node; subgraphs are entered where both graphs have them
 */
export function heldOperations(original: OnnxGraph, optimised: OnnxGraph): ReadonlyMap<OnnxNode, readonly OnnxNode[]> {
  const held = new Map<OnnxNode, readonly OnnxNode[]>();
  addHeld(original, optimised, held);
  return held;
}

function addHeld(original: OnnxGraph, optimised: OnnxGraph, held: Map<OnnxNode, readonly OnnxNode[]>): void {
  const flow = flowOf(original);
  // Tensors of the original graph and the optimised node that makes them.
  const maker = new Map<string, OnnxNode>();
  const made = new Map<OnnxNode, string[]>();
  const optimisedMaker = new Map(optimised.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  for (const node of optimised.nodes) {
    const by = copiedFrom(node, flow, optimisedMaker);
    for (const tensor of originalOutputs(node, flow)) {
      if (!flow.producer.has(tensor) || maker.has(tensor)) continue;
      maker.set(tensor, by);
      made.set(by, [...(made.get(by) ?? []), tensor]);
    }
  }
  const running = new Map(optimised.nodes.map((node) => [`${node.op} ${node.name}`, node]));
  for (const node of optimised.nodes) {
    const read = new Set(node.inputs);
    const found = walkBack(flow, made.get(node) ?? [], {
      ends: (tensor) => read.has(tensor) || (maker.has(tensor) && maker.get(tensor) !== node),
      // What still runs by itself, perhaps at another place, is in no other.
      runs: ({ op, name }) => name !== '' && (running.get(`${op} ${name}`) ?? node) !== node,
    });
    if (found.length > 0) held.set(node, found);
    const bodies = new Map(found.flatMap((original) => bodiesOf(original)));
    for (const [attribute, body] of bodiesOf(node)) {
      const same = bodies.get(attribute);
      if (same !== undefined) addHeld(same, body, held);
    }
  }
}

/** The node that made what a copy in another layout copies; any other node itself. */
function copiedFrom(node: OnnxNode, flow: Flow, optimisedMaker: ReadonlyMap<string, OnnxNode>): OnnxNode {
  let at = node;
  for (let step = 0; step < MAX_COPIES && isCopy(at, flow); step++) {
    const before = optimisedMaker.get(at.inputs[0] ?? '');
    if (before === undefined) break;
    at = before;
  }
  return at;
}

/** Whether a node only copies: the original graph makes the same tensor by something else, or does not have it. */
const isCopy = (node: OnnxNode, { nodes, producer }: Flow): boolean =>
  LAYOUT.test(node.op) && node.outputs.every((output) => nodes[producer.get(output) ?? -1]?.op !== node.op);

interface Flow {
  readonly nodes: readonly OnnxNode[];
  /** By tensor: the node that makes it, as an index. */
  readonly producer: ReadonlyMap<string, number>;
  readonly readers: ReadonlyMap<string, readonly OnnxNode[]>;
}

function flowOf({ nodes }: OnnxGraph): Flow {
  const producer = new Map<string, number>();
  const readers = new Map<string, OnnxNode[]>();
  nodes.forEach((node, index) => {
    for (const output of node.outputs) if (output !== '') producer.set(output, index);
    for (const input of new Set(node.inputs)) {
      const known = readers.get(input);
      if (known === undefined) readers.set(input, [node]);
      else known.push(node);
    }
  });
  return { nodes, producer, readers };
}

/** What a node makes, by the names of the original graph: kernels of the blocked layout make tensors of new names. */
function originalOutputs(node: OnnxNode, flow: Flow): readonly string[] {
  if (!node.name.endsWith(BLOCKED)) return node.outputs;
  let tensor = node.name.slice(0, -BLOCKED.length);
  // Named after the convolution, it may also add another tensor to that and activate the sum.
  if (node.inputs.length > 3) tensor = resultOfReader(flow, tensor, /^(Add|Sum)$/) ?? tensor;
  const last = flow.nodes[flow.producer.get(tensor) ?? -1];
  if (node.attributes.has('activation') && !ACTIVATION.test(last?.op ?? '')) tensor = resultOfReader(flow, tensor, ACTIVATION) ?? tensor;
  return [tensor];
}

/** What the only node that reads a tensor makes of it, where it is of that operation. */
function resultOfReader({ readers }: Flow, tensor: string, op: RegExp): string | undefined {
  const [reader, ...others] = readers.get(tensor) ?? [];
  return reader !== undefined && others.length === 0 && op.test(reader.op) ? reader.outputs[0] : undefined;
}

interface Bounds {
  readonly ends: (tensor: string) => boolean;
  readonly runs: (original: OnnxNode) => boolean;
}

function walkBack({ nodes, producer }: Flow, from: readonly string[], { ends, runs }: Bounds): readonly OnnxNode[] {
  const seen = new Set<number>();
  const open = [...from];
  for (let tensor = open.pop(); tensor !== undefined; tensor = open.pop()) {
    const index = producer.get(tensor);
    const node = index === undefined ? undefined : nodes[index];
    if (index === undefined || node === undefined || seen.has(index) || runs(node)) continue;
    seen.add(index);
    open.push(...node.inputs.filter((input) => input !== '' && !ends(input)));
  }
  return [...seen].sort((a, b) => a - b).flatMap((index) => nodes[index] ?? []);
}
