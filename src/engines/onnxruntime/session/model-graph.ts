import { WIRE, WireError, WireReader } from '../../../model/protobuf-wire.js';

/** A tensor that the file holds: its shape, not its values. */
export interface StoredTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
}

export interface GraphNode {
  /** `` where the file gives none. */
  readonly name: string;
  readonly op: string;
  /** `` for ONNX's own operations. */
  readonly domain: string;
  /** Names of tensors; `` for an optional one that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Names of its attributes. */
  readonly attributes: ReadonlySet<string>;
  /** What a `Constant` gives; null for any other node, and for a constant that is no tensor. */
  readonly constant: StoredTensor | null;
  /** Bodies of `If`, `Loop` and `Scan`, by attribute. */
  readonly subgraphs: ReadonlyMap<string, ModelGraph>;
}

/** A graph of an ONNX file, without values. */
export interface ModelGraph {
  readonly nodes: readonly GraphNode[];
  readonly stored: ReadonlyMap<string, StoredTensor>;
  readonly inputs: readonly string[];
}

/** Subgraphs within subgraphs: no model has many, and a hostile file must not exhaust the stack. */
const MAX_DEPTH = 32;

/**
 * Reads nodes, names and shapes of weights of an ONNX file (onnx.proto); weights are passed over.
 *
 * @throws WireError when the bytes are no ONNX model
 */
export function readModelGraph(model: Uint8Array): ModelGraph {
  const reader = new WireReader(Buffer.from(model.buffer, model.byteOffset, model.byteLength));
  let graph: ModelGraph | undefined;
  // ModelProto { graph = 7 }
  while (reader.next(reader.length)) {
    if (reader.field === 7) graph = readGraph(reader, 0);
    else reader.skip();
  }
  if (graph === undefined) throw new WireError('the file holds no graph');
  return graph;
}

/** GraphProto { node = 1, initializer = 5, input = 11 }. */
function readGraph(reader: WireReader, depth: number): ModelGraph {
  if (depth > MAX_DEPTH) throw new WireError(`graphs lie more than ${MAX_DEPTH} deep in each other`);
  const end = reader.enter();
  const nodes: GraphNode[] = [];
  const stored = new Map<string, StoredTensor>();
  const inputs: string[] = [];
  while (reader.next(end)) {
    if (reader.field === 1) nodes.push(readNode(reader, depth));
    else if (reader.field === 5) {
      const { name, tensor } = readTensor(reader);
      stored.set(name, tensor);
    } else if (reader.field === 11) inputs.push(readName(reader));
    else reader.skip();
  }
  return { nodes, stored, inputs };
}

/** NodeProto { input = 1, output = 2, name = 3, op_type = 4, attribute = 5, domain = 7 }. */
function readNode(reader: WireReader, depth: number): GraphNode {
  const end = reader.enter();
  const node = {
    name: '',
    op: '',
    domain: '',
    inputs: [] as string[],
    outputs: [] as string[],
    attributes: new Set<string>(),
    constant: null as StoredTensor | null,
    subgraphs: new Map<string, ModelGraph>(),
  };
  while (reader.next(end)) {
    switch (reader.field) {
      case 1:
        node.inputs.push(reader.string());
        break;
      case 2:
        node.outputs.push(reader.string());
        break;
      case 3:
        node.name = reader.string();
        break;
      case 4:
        node.op = reader.string();
        break;
      case 5:
        readAttribute(reader, node, depth);
        break;
      case 7:
        node.domain = reader.string();
        break;
      default:
        reader.skip();
    }
  }
  return node;
}

/** AttributeProto { name = 1, t = 5, g = 6 }. The name may follow the value. */
function readAttribute(
  reader: WireReader,
  node: { readonly attributes: Set<string>; constant: StoredTensor | null; readonly subgraphs: Map<string, ModelGraph> },
  depth: number,
): void {
  const end = reader.enter();
  let name = '';
  let constant: StoredTensor | undefined;
  let subgraph: ModelGraph | undefined;
  while (reader.next(end)) {
    if (reader.field === 1) name = reader.string();
    else if (reader.field === 5) constant = readTensor(reader).tensor;
    else if (reader.field === 6) subgraph = readGraph(reader, depth + 1);
    else reader.skip();
  }
  node.attributes.add(name);
  if (constant !== undefined && name === 'value') node.constant = constant;
  if (subgraph !== undefined) node.subgraphs.set(name, subgraph);
}

/** TensorProto { dims = 1, data_type = 2, name = 8 }. */
function readTensor(reader: WireReader): { readonly name: string; readonly tensor: StoredTensor } {
  const end = reader.enter();
  const shape: number[] = [];
  let name = '';
  let type = 0;
  while (reader.next(end)) {
    if (reader.field === 1) readNumbers(reader, shape);
    else if (reader.field === 2) type = reader.number();
    else if (reader.field === 8) name = reader.string();
    else reader.skip();
  }
  return { name, tensor: { dtype: elementType(type), shape } };
}

/** Packed, or one by one. */
function readNumbers(reader: WireReader, into: number[]): void {
  if (reader.wire === WIRE.varint) {
    into.push(reader.number());
    return;
  }
  const end = reader.enter();
  while (reader.position < end) into.push(packedNumber(reader));
}

/** The reader knows numbers by their field: inside of a packed one there is none. */
function packedNumber(reader: WireReader): number {
  reader.wire = WIRE.varint;
  return reader.number();
}

/** ValueInfoProto { name = 1 }. */
function readName(reader: WireReader): string {
  const end = reader.enter();
  let name = '';
  while (reader.next(end)) {
    if (reader.field === 1) name = reader.string();
    else reader.skip();
  }
  return name;
}

/** TensorProto.DataType, in its order. */
const ELEMENT_TYPES =
  'undefined float32 uint8 int8 uint16 int16 int32 int64 string bool float16 float64 uint32 uint64 complex64 complex128 bfloat16 float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz uint4 int4'.split(
    ' ',
  );

const elementType = (code: number): string => ELEMENT_TYPES[code] ?? `type-${code}`;
