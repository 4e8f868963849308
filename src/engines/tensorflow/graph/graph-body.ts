import { UserError } from '../../../model/errors.js';
import type { GraphAttribute } from './attributes.js';
import { completeAttributes, definitionOrRefuse } from './attributes.js';
import { DT } from '../../../model/dtypes.js';
import type { GraphNode } from './graph.js';
import type { OperationDefinition } from './op-definitions.js';
import type { Constant, Ref, Trace, TracedNode } from './trace-model.js';
import { typeOfRef } from './trace-model.js';

/** Nodes of a graph or function body and the tensors that are its outputs, in that place's notation. */
export interface BodyTensors {
  readonly nodes: GraphNode[];
  readonly outputs: readonly string[];
  readonly stateful: boolean;
}

/** How an output of a node is written; it differs between a graph and the body of a function. */
export type Notation = (node: GraphNode, output: number) => string;

/** `node` or `node:1`. */
export const inGraph: Notation = ({ name }, output) => (output === 0 ? name : `${name}:${output}`);

/** `node:argument:index`, where a list is one argument. */
export const inFunction: Notation = (node, output) => {
  let at = output;
  for (const argument of definitionOrRefuse(node.op).outputs) {
    const length = lengthOf(argument, node.attributes);
    if (at < length) return `${node.name}:${argument.name}:${at}`;
    at -= length;
  }
  throw new Error(`${node.op} has no output ${output}`);
};

function lengthOf(argument: OperationDefinition['outputs'][number], attributes: readonly GraphAttribute[]): number {
  const valueOf = (name: string): unknown => attributes.find((attr) => attr.name === name)?.value;
  if (argument.count !== null) return Number(valueOf(argument.count) ?? 1);
  if ('list' in argument.type) return (valueOf(argument.type.list) as readonly unknown[]).length;
  return 1;
}

/** Operations that draw random numbers: kept in the graph. Any other operation with state is refused. */
const RANDOM =
  /^(Multinomial|Random(Uniform|UniformInt|StandardNormal|Gamma|Poisson|PoissonV2|Shuffle)|TruncatedNormal|ParameterizedTruncatedNormal)$/;

/** Whether a node's result differs from run to run. */
export const isRandom = (op: string): boolean => RANDOM.test(op);

/**
 * The nodes of a trace that its outputs need.
 * @param feeds names of the tensors that stand for the inputs
 * @throws UserError for an operation that keeps state
 */
export function graphBody(trace: Trace, notation: Notation, feeds: readonly string[]): BodyTensors {
  const needed = neededNodes(trace);
  const nodes: GraphNode[] = [];
  const names = new Map<number, string>();
  const constants = constantWriter(nodes, notation);
  const unique = uniqueNames(['arg', 'ret', 'call', 'feed', 'constant', 'weight']);
  const made = new Map<number, GraphNode>();
  // Names first: a later pass may refer to nodes in any order.
  trace.nodes.forEach((node, index) => {
    if (needed.has(index)) names.set(index, unique(node.scope === null ? node.op : `${node.scope}/${node.op}`));
  });
  const write = (ref: Ref): string => {
    if (ref.from === 'input') return feeds[ref.input] ?? '';
    if (ref.from === 'constant') return constants(trace.constants[ref.constant] as Constant);
    return notation(nodeAt(ref.node), ref.output);
  };
  const nodeAt = (index: number): GraphNode => {
    const known = made.get(index);
    if (known !== undefined) return known;
    const node = trace.nodes[index] as TracedNode;
    const attributes = completeAttributes(
      node.op,
      node.attrs,
      node.inputs.map((ref) => typeOfRef(trace, ref).dtype),
    );
    const graphNode = { name: names.get(index) ?? node.op, op: node.op, inputs: [] as string[], attributes };
    made.set(index, graphNode);
    return graphNode;
  };
  for (const index of needed) {
    const graphNode = nodeAt(index);
    refuseState(graphNode.op);
    const inputs = (trace.nodes[index] as TracedNode).inputs.map(write);
    nodes.push({ ...graphNode, inputs });
  }
  const outputs = trace.outputs.map((ref, index) => outputTensor(trace, ref, `output_${index}`, write(ref), nodes, notation));
  return { nodes, outputs, stateful: nodes.some(({ op }) => isRandom(op)) };
}

/** Indices of the nodes that the outputs depend on, in the order they ran. */
function neededNodes(trace: Trace): Set<number> {
  const marked = new Set<number>();
  const pending = trace.outputs.flatMap((ref) => (ref.from === 'node' ? [ref.node] : []));
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    if (marked.has(index)) continue;
    marked.add(index);
    for (const ref of trace.nodes[index]?.inputs ?? []) if (ref.from === 'node') pending.push(ref.node);
  }
  return new Set([...marked].sort((a, b) => a - b));
}

function refuseState(op: string): void {
  if (!definitionOrRefuse(op).stateful || isRandom(op)) return;
  throw new UserError(`The operation ${op} keeps state outside of the graph, so this model cannot be traced. Run it without tracing.`);
}

/**
 * A fetch needs a node of its own where the output is an input or a constant. A string is copied by `StringJoin`:
 * tfjs-node frees the strings of a disposed tensor, which must not be those of a constant or of the caller's input.
 */
function outputTensor(trace: Trace, ref: Ref, name: string, tensor: string, nodes: GraphNode[], notation: Notation): string {
  const { dtype } = typeOfRef(trace, ref);
  if (ref.from === 'node' && dtype !== DT.string) return tensor;
  const node: GraphNode =
    dtype === DT.string
      ? { name, op: 'StringJoin', inputs: [tensor], attributes: [{ name: 'N', type: 'int', value: 1 }] }
      : { name, op: 'Identity', inputs: [tensor], attributes: [{ name: 'T', type: 'type', value: dtype }] };
  nodes.push(node);
  return notation(node, 0);
}

/** Writes each constant once; small equal ones share a node. */
function constantWriter(nodes: GraphNode[], notation: Notation): (constant: Constant) => string {
  const written = new Map<string, string>();
  return (constant) => {
    const key = constantKey(constant);
    const known = written.get(key);
    if (known !== undefined) return known;
    const name = `${constant.origin === 'captured' ? 'weight' : 'constant'}_${written.size}`;
    const { dtype, shape, values } = constant;
    const attributes: GraphAttribute[] = [
      { name: 'dtype', type: 'type', value: dtype },
      { name: 'value', type: 'tensor', value: { dtype, shape, values } },
    ];
    const node: GraphNode = { name, op: 'Const', inputs: [], attributes };
    nodes.push(node);
    const tensor = notation(node, 0);
    written.set(key, tensor);
    return tensor;
  };
}

const SMALL = 16;

function constantKey({ id, dtype, shape, values }: Constant): string {
  if (values.length > SMALL || Array.isArray(values)) return `id ${id}`;
  return `${dtype} [${shape.join()}] ${Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex')}`;
}

/** Makes names legal and different: `dense/MatMul`, `dense/MatMul_1`. Body nodes and arguments share one name space. */
function uniqueNames(reserved: readonly string[]): (wanted: string) => string {
  const counts = new Map<string, number>(reserved.map((name) => [name, 1]));
  return (wanted) => {
    const legal = wanted.replace(/[^A-Za-z0-9_./\\-]/g, '_').replace(/^[^A-Za-z0-9.]+/, 'n');
    const seen = counts.get(legal) ?? 0;
    counts.set(legal, seen + 1);
    return seen === 0 ? legal : uniqueOf(counts, legal, seen);
  };
}

function uniqueOf(counts: Map<string, number>, base: string, from: number): string {
  for (let number = from; ; number += 1) {
    const name = `${base}_${number}`;
    if (counts.has(name)) continue;
    counts.set(name, 1);
    return name;
  }
}
