/**
 * A converted graph model as the TensorFlow graph that it was: what cannot be traced (control flow runs in JavaScript and
 * waits for values) is taken from the model's own topology, node by node, with the weights as constants.
 */
import { UserError } from '../../../model/errors.js';
import { DT, dtypeCode } from '../../../model/dtypes.js';
import { expandFused } from './expand-fused.js';
import type { Graph, GraphArgument, GraphFunction, GraphNode } from './graph.js';
import { inFunction, inGraph, isRandom } from './graph-body.js';
import type { TensorValue } from './graph-proto.js';
import { operationDefinition } from './op-definitions.js';
import type { JsonFunction, JsonNode, Topology } from './topology.js';
import { allNodes, attributesOf, typeCode } from './topology.js';
import type { Backend, GraphModel, RawValues } from './tfjs.js';

/** Operations that keep something between runs which is not in the graph. */
const OUTSIDE = /^(HashTable|MutableHashTable|LookupTable|InitializeTable|Var(iable|Handle)|Assign|ReadVariable|Iterator|Queue|PyFunc)/;

/** @throws UserError when an operation or a constant of the model cannot be put into a graph */
export function embedGraph(backend: Backend, model: GraphModel, topology: Topology, fetches: readonly string[]): Graph {
  const outside = allNodes(topology).find(({ op }) => OUTSIDE.test(op));
  if (outside !== undefined)
    throw new UserError(
      `The operation ${outside.op} of the model keeps state outside of the graph (a table, a variable), so the model cannot be compiled; run it uncompiled.`,
    );
  const constant = constantReader(backend, model);
  const inputs = model.inputs.map((input, index) => feedOf(input, index, topology));
  const feeds = new Map(model.inputs.map(({ name }, index) => [bare(name), index]));
  // A constant within the frame of a loop would need a control input.
  const framed = topology.node.some(({ op }) => op === 'Enter');
  const nodes = topology.node.flatMap((node): GraphNode[] => {
    const feed = feeds.get(node.name);
    if (feed !== undefined) return fedNode(node, inputs[feed] as GraphArgument);
    return expandFused(node, ({ name }) => name).flatMap((one) =>
      framed ? [graphNode(one, constant)] : unmergeable(graphNode(one, constant)),
    );
  });
  const placeholders = inputs.map(({ tensor, dtype, shape }): GraphNode => ({
    name: bare(tensor),
    op: 'Placeholder',
    inputs: [],
    attributes: [
      { name: 'dtype', type: 'type', value: dtype },
      { name: 'shape', type: 'shape', value: shape },
    ],
  }));
  const outputs = fetches.map((fetch, index) => outputOf(fetch, nodeNameOf(model, fetch), index, nodes));
  const functions = (topology.library?.function ?? []).map((body) => functionOf(body, constant));
  return {
    nodes: [...placeholders, ...nodes, ...outputs.flatMap(({ added }) => added)],
    functions,
    inputs,
    outputs: outputs.map(({ argument }) => argument),
  };
}

/** True when an operation of the model draws random numbers: its results are then compared by type and shape only. */
export const drawsRandom = (topology: Topology): boolean => allNodes(topology).some(({ op }) => isRandom(op));

const bare = (name: string): string => name.replace(/:0$/, '');

/**
 * A `Pad` of floats as a `PadV2` with zero, which is the same: TensorFlow with oneDNN merges a `Pad` into a convolution whose
 * bias it has fused already, and that pass crashes the process (2.18.1, on the models of an npm package).
 */
function unmergeable(node: GraphNode): GraphNode[] {
  const isFloat = node.attributes.some(({ name, value }) => name === 'T' && value === DT.float32);
  if (node.op !== 'Pad' || !isFloat) return [node];
  const zero = `${node.name}/zero`;
  const value: TensorValue = { dtype: DT.float32, shape: [], values: new Float32Array(1) };
  const constant: GraphNode = {
    name: zero,
    op: 'Const',
    inputs: [],
    attributes: [
      { name: 'dtype', type: 'type', value: DT.float32 },
      { name: 'value', type: 'tensor', value },
    ],
  };
  return [constant, { ...node, op: 'PadV2', inputs: [...node.inputs.slice(0, 2), zero, ...node.inputs.slice(2)] }];
}

type ReadConstant = (node: JsonNode) => GraphNode;

function graphNode(node: JsonNode, constant: ReadConstant): GraphNode {
  return node.op === 'Const' ? constant(node) : { name: node.name, op: node.op, inputs: node.input ?? [], attributes: attributesOf(node) };
}

function feedOf({ name, dtype = 'float32' }: GraphModel['inputs'][number], index: number, topology: Topology): GraphArgument {
  const dims = topology.node.find((node) => node.name === bare(name))?.attr?.['shape']?.shape;
  const shape = dims === undefined || dims.unknownRank === true ? null : (dims.dim ?? []).map(({ size }) => Number(size ?? -1));
  return { name: bare(name), dtype: dtypeCode(dtype), shape, tensor: `inferscope_feed_${index}:0` };
}

/** tfjs feeds 32 bits where the graph may want another type. */
function fedNode({ name, attr }: JsonNode, { dtype, tensor }: GraphArgument): GraphNode[] {
  const wanted = typeCode(attr?.['dtype']?.type ?? dtype);
  return [castNode(name, bare(tensor), dtype, wanted)];
}

function castNode(name: string, input: string, from: number, to: number): GraphNode {
  if (from === to) return { name, op: 'Identity', inputs: [input], attributes: [{ name: 'T', type: 'type', value: to }] };
  return {
    name,
    op: 'Cast',
    inputs: [input],
    attributes: [
      { name: 'SrcT', type: 'type', value: from },
      { name: 'DstT', type: 'type', value: to },
    ],
  };
}

/** Types that tfjs has no tensors of, and the one that it uses instead. */
const NARROWED: Readonly<Record<number, number>> = {
  [DT.int64]: DT.int32,
  [DT.uint8]: DT.int32,
  [DT.int8]: DT.int32,
  [DT.int16]: DT.int32,
  [DT.float64]: DT.float32,
};

/** A fetch may be a key of the model's signature. */
function nodeNameOf(model: GraphModel, fetch: string): string {
  const { artifacts } = model as { artifacts?: { signature?: { outputs?: Readonly<Record<string, { readonly name?: string }>> } } };
  return artifacts?.signature?.outputs?.[fetch]?.name ?? fetch;
}

function outputOf(key: string, fetch: string, index: number, nodes: readonly GraphNode[]): { argument: GraphArgument; added: GraphNode[] } {
  const [name = '', output = '0'] = fetch.split(':');
  const node = nodes.find((one) => one.name === name);
  if (node === undefined) throw new UserError(`The model has no node ${name} to fetch.`);
  const dtype = outputType(node, Number(output));
  const narrow = NARROWED[dtype];
  const tensor = inGraph(node, Number(output));
  const added = narrow === undefined ? [] : [castNode(`inferscope_fetch_${index}`, tensor, dtype, narrow)];
  const fetched = added[0]?.name ?? tensor;
  return {
    argument: {
      name: bare(key).replace(':', '_'),
      dtype: narrow ?? dtype,
      shape: null,
      tensor: fetched.includes(':') ? fetched : `${fetched}:0`,
    },
    added,
  };
}

/** DataType of an output, from the operation's definition and the node's attributes. */
function outputType({ op, attributes }: GraphNode, output: number): number {
  const definition = operationDefinition(op);
  const valueOf = (name: string): unknown =>
    attributes.find((attr) => attr.name === name)?.value ?? definition?.attributes.find((attr) => attr.name === name)?.defaultValue;
  let at = output;
  for (const { type, count } of definition?.outputs ?? []) {
    const types =
      'list' in type
        ? (valueOf(type.list) as readonly number[])
        : Array<number>(count === null ? 1 : Number(valueOf(count))).fill('fixed' in type ? type.fixed : Number(valueOf(type.attribute)));
    const found = types[at];
    if (found !== undefined) return found;
    at -= types.length;
  }
  throw new UserError(`${op} has no output ${output}.`);
}

function functionOf({ signature, nodeDef = [], ret = {} }: JsonFunction, constant: ReadConstant): GraphFunction {
  const inputs = (signature.inputArg ?? []).map(({ name, type }) => ({ name, dtype: typeCode(type) }));
  const json = nodeDef.flatMap((node) => expandFused(node, ({ name, op }) => inFunction({ name, op, inputs: [], attributes: [] }, 0)));
  const nodes = json.flatMap((node) => unmergeable(graphNode(node, constant)));
  const known = new Map(nodes.map((node) => [node.name, node]));
  // A converter may write the first output of a node as its name alone.
  const full = (input: string): string => {
    const node = known.get(input);
    return node === undefined ? input : inFunction(node, 0);
  };
  const outputs = (signature.outputArg ?? []).map(({ name, type }) => ({ name, dtype: typeCode(type), tensor: full(ret[name] ?? name) }));
  return {
    name: signature.name,
    inputs,
    outputs,
    nodes: nodes.map((node) => ({ ...node, inputs: node.inputs.map(full) })),
    stateful: signature.isStateful === true,
    attributes: [],
  };
}

/** Values of a constant are among the model's weights, by the node's name. */
function constantReader(backend: Backend, model: GraphModel): ReadConstant {
  return ({ name, attr, input = [] }) => {
    const [tensor] = model.weights[name] ?? [];
    if (tensor === undefined) throw new UserError(`The constant ${name} of the model has no value among its weights.`);
    const [id] = backend.getInputTensorIds([tensor]);
    const dtype = typeCode(attr?.['dtype']?.type ?? tensor.dtype);
    const value: TensorValue = { dtype, shape: tensor.shape, values: widened(backend.binding.tensorDataSync(id ?? -1), dtype, name) };
    // Within a loop a control input says which frame the constant belongs to.
    return {
      name,
      op: 'Const',
      inputs: input,
      attributes: [
        { name: 'dtype', type: 'type', value: dtype },
        { name: 'value', type: 'tensor', value },
      ],
    };
  };
}

/** tfjs keeps 64-bit numbers as 32-bit ones. */
function widened(values: RawValues, dtype: number, name: string): TensorValue['values'] {
  switch (dtype) {
    case DT.int64:
      return BigInt64Array.from(values as Int32Array, (value) => BigInt(value));
    case DT.float64:
      return Float64Array.from(values as Float32Array);
    case DT.float32:
    case DT.int32:
    case DT.bool:
    case DT.string:
    case DT.complex64:
      return values;
    default:
      throw new UserError(`The constant ${name} of the model has a type (${dtype}) that cannot be put into a graph here.`);
  }
}
