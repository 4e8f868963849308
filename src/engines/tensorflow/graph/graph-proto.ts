/**
 * Writes TensorFlow's protocol messages (GraphDef, FunctionDef, AttrValue, TensorProto, SavedModel).
 *
 * The field numbers are those of tensorflow/core/framework/{graph,node_def,attr_value,tensor,function,op_def}.proto and
 * tensorflow/core/protobuf/{saved_model,meta_graph}.proto. Written with protobufjs' writer and no schema, because only
 * a handful of fields is needed and large constants should be copied once.
 */
import protobuf from 'protobufjs/minimal.js';
import type { GraphAttribute } from './attributes.js';
import { DT } from '../../../model/dtypes.js';
import type { Graph, GraphArgument, GraphFunction, GraphNode } from './graph.js';
import type { TensorType } from './trace-model.js';
import type { RawValues } from './tfjs.js';

type Writer = protobuf.Writer;

/** Producer version of the graph: TensorFlow 2.9's, the oldest library tfjs-node 4 ships with. */
const PRODUCER = 1087;

const tag = (field: number, wire: 0 | 2 | 5): number => (field << 3) | wire;

/** A nested message. */
function nested(writer: Writer, field: number, body: (inner: Writer) => void): void {
  writer.uint32(tag(field, 2)).fork();
  body(writer);
  writer.ldelim();
}

/** One entry of a map from string to a message or string. */
function entry(writer: Writer, field: number, key: string, value: (inner: Writer) => void): void {
  nested(writer, field, (inner) => {
    inner.uint32(tag(1, 2)).string(key);
    value(inner);
  });
}

/** The bytes of a SavedModel with one graph under the tag `serve` and one signature, `serving_default`. */
export function encodeSavedModel(graph: Graph): Uint8Array {
  const writer = protobuf.Writer.create();
  writer.uint32(tag(1, 0)).int64(1);
  nested(writer, 2, (meta) => {
    nested(meta, 1, (info) => {
      info.uint32(tag(4, 2)).string('serve');
      info.uint32(tag(5, 2)).string('2.9.0');
      info.uint32(tag(7, 0)).bool(true);
    });
    nested(meta, 2, (inner) => writeGraph(inner, graph));
    entry(meta, 5, 'serving_default', (inner) => nested(inner, 2, (signature) => writeSignature(signature, graph)));
  });
  return writer.finish();
}

function writeGraph(writer: Writer, graph: Graph): void {
  for (const node of graph.nodes) nested(writer, 1, (inner) => writeNode(inner, node));
  nested(writer, 4, (versions) => versions.uint32(tag(1, 0)).int32(PRODUCER));
  if (graph.functions.length === 0) return;
  nested(writer, 2, (library) => {
    for (const body of graph.functions) nested(library, 1, (inner) => writeFunction(inner, body));
  });
}

function writeNode(writer: Writer, node: GraphNode): void {
  writer.uint32(tag(1, 2)).string(node.name);
  writer.uint32(tag(2, 2)).string(node.op);
  for (const input of node.inputs) writer.uint32(tag(3, 2)).string(input);
  for (const attribute of node.attributes) {
    entry(writer, 5, attribute.name, (inner) => nested(inner, 2, (value) => writeAttribute(value, attribute)));
  }
}

function writeFunction(writer: Writer, body: GraphFunction): void {
  nested(writer, 1, (signature) => {
    signature.uint32(tag(1, 2)).string(body.name);
    for (const { name, dtype } of body.inputs)
      nested(signature, 2, (arg) => arg.uint32(tag(1, 2)).string(name).uint32(tag(3, 0)).int32(dtype));
    for (const { name, dtype } of body.outputs)
      nested(signature, 3, (arg) => arg.uint32(tag(1, 2)).string(name).uint32(tag(3, 0)).int32(dtype));
    if (body.stateful) signature.uint32(tag(17, 0)).bool(true);
  });
  for (const attribute of body.attributes) {
    entry(writer, 5, attribute.name, (inner) => nested(inner, 2, (value) => writeAttribute(value, attribute)));
  }
  for (const node of body.nodes) nested(writer, 3, (inner) => writeNode(inner, node));
  for (const { name, tensor } of body.outputs) entry(writer, 4, name, (inner) => inner.uint32(tag(2, 2)).string(tensor));
}

function writeSignature(writer: Writer, graph: Graph): void {
  const info = (field: number, argument: GraphArgument): void =>
    entry(writer, field, argument.name, (inner) =>
      nested(inner, 2, (value) => {
        value.uint32(tag(1, 2)).string(argument.tensor);
        value.uint32(tag(2, 0)).int32(argument.dtype);
        nested(value, 3, (shape) => writeShape(shape, argument.shape));
      }),
    );
  for (const argument of graph.inputs) info(1, argument);
  for (const argument of graph.outputs) info(2, argument);
  writer.uint32(tag(3, 2)).string('tensorflow/serving/predict');
}

function writeShape(writer: Writer, shape: readonly number[] | null): void {
  if (shape === null) {
    writer.uint32(tag(3, 0)).bool(true);
    return;
  }
  for (const size of shape) nested(writer, 2, (dim) => dim.uint32(tag(1, 0)).int64(size));
}

/** AttrValue's field for each kind of attribute, the same inside of a list. */
const ATTRIBUTE_FIELD: Readonly<Record<string, number>> = { string: 2, int: 3, float: 4, bool: 5, type: 6, shape: 7, tensor: 8, func: 10 };

function writeAttribute(writer: Writer, attribute: GraphAttribute): void {
  const inner = /^list\((.*)\)$/.exec(attribute.type)?.[1];
  if (inner === undefined) return writeScalarAttribute(writer, attribute.type, attribute.value);
  nested(writer, 1, (list) => {
    for (const item of attribute.value as readonly unknown[]) writeScalarAttribute(list, inner, item);
  });
}

function writeScalarAttribute(writer: Writer, type: string, value: unknown): void {
  const field = ATTRIBUTE_FIELD[type];
  if (field === undefined) throw new Error(`no encoding for an attribute of type ${type}`);
  switch (type) {
    case 'string':
      // Not UTF-8 on purpose: attributes are bytes, and a JavaScript string may hold any.
      writer.uint32(tag(field, 2)).bytes(Buffer.from(String(value), 'latin1'));
      break;
    case 'float':
      writer.uint32(tag(field, 5)).float(Number(value));
      break;
    case 'bool':
      writer.uint32(tag(field, 0)).bool(Boolean(value));
      break;
    case 'shape':
      nested(writer, field, (shape) => writeShape(shape, value as readonly number[]));
      break;
    case 'tensor':
      nested(writer, field, (tensor) => writeTensor(tensor, value as TensorValue));
      break;
    case 'func':
      nested(writer, field, (name) => name.uint32(tag(1, 2)).string(String(value)));
      break;
    default:
      writer.uint32(tag(field, 0)).int64(Number(value));
  }
}

/** A constant's type and values. */
export interface TensorValue extends TensorType {
  readonly values: RawValues | Float64Array;
}

function writeTensor(writer: Writer, { dtype, shape, values }: TensorValue): void {
  writer.uint32(tag(1, 0)).int32(dtype);
  nested(writer, 2, (inner) => writeShape(inner, shape));
  if (dtype === DT.string) {
    for (const bytes of values as Uint8Array[]) writer.uint32(tag(8, 2)).bytes(bytes);
    return;
  }
  const { buffer, byteOffset, byteLength } = values as Float32Array;
  writer.uint32(tag(4, 2)).bytes(new Uint8Array(buffer, byteOffset, byteLength));
}
