import { dtypeOfOnnx } from '../../../model/dtypes.js';
import { WIRE, WireError, WireReader } from '../../../model/protobuf-wire.js';
import { sizeOf } from '../../../model/shape-size.js';
import type { FileFields } from './file-fields.js';
import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor, OnnxValue } from './graph.js';

/** Values of larger tensors are not read: constants that decide something are small. */
const MAX_VALUES = 64;
const MAX_VALUE_BYTES = 8 * MAX_VALUES;
const MAX_DEPTH = 64;

/** What both a buffer and a file can do. */
type Fields = Pick<WireReader, 'field' | 'wire' | 'position' | 'next' | 'number' | 'enter'> & { bytesOf(): Buffer };

/** @param buffer a message, from its first field on */
export const ofBuffer = (buffer: Buffer): Fields & { readonly end: number } => {
  const reader = new WireReader(buffer);
  return Object.assign(reader, { end: buffer.length, bytesOf: () => reader.content() });
};

export const ofFile = (file: FileFields): Fields => Object.assign(file, { bytesOf: () => file.read() });

/** GraphProto up to `end`. @throws WireError */
export function readGraph(fields: Fields, end: number, depth = 0): OnnxGraph {
  if (depth > MAX_DEPTH) throw new WireError(`graphs are nested more than ${MAX_DEPTH} deep`);
  let name = '';
  const nodes: OnnxNode[] = [];
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  const initialisers = new Map<string, OnnxTensor>();
  while (fields.next(end)) {
    switch (fields.field) {
      case 1:
        nodes.push(readNode(ofBuffer(fields.bytesOf()), depth));
        break;
      case 2:
        name = text(fields);
        break;
      case 5: {
        const tensor = readTensor(fields, fields.enter());
        initialisers.set(tensor.name, tensor);
        break;
      }
      case 11:
        inputs.push(readValue(fields.bytesOf()));
        break;
      case 12:
        outputs.push(readValue(fields.bytesOf()));
        break;
      case 15: {
        // A sparse initialiser goes by the name of its values.
        const tensor = sparse(fields.bytesOf());
        initialisers.set(tensor.name, tensor);
        break;
      }
    }
  }
  return { name, nodes, inputs: inputs.filter((input) => !initialisers.has(input.name)), outputs, initialisers };
}

function readNode(fields: Fields & { readonly end: number }, depth: number): OnnxNode {
  const node = { name: '', op: '', domain: '', inputs: [] as string[], outputs: [] as string[] };
  const attributes = new Map<string, OnnxAttribute>();
  while (fields.next(fields.end)) {
    if (fields.field === 1) node.inputs.push(text(fields));
    else if (fields.field === 2) node.outputs.push(text(fields));
    else if (fields.field === 3) node.name = text(fields);
    else if (fields.field === 4) node.op = text(fields);
    else if (fields.field === 5) attributes.set(...readAttribute(ofBuffer(fields.bytesOf()), depth));
    else if (fields.field === 7) node.domain = text(fields);
  }
  return { ...node, domain: node.domain === 'ai.onnx' ? '' : node.domain, attributes };
}

const MAX_TEXTS = 256;

function readAttribute(fields: Fields & { readonly end: number }, depth: number): readonly [string, OnnxAttribute] {
  let name = '';
  let found: OnnxAttribute = { kind: 'other' };
  const numbers: number[] = [];
  const texts: string[] = [];
  const graphs: OnnxGraph[] = [];
  while (fields.next(fields.end)) {
    if (fields.field === 1) name = text(fields);
    else if (fields.field === 3) found = { kind: 'number', value: fields.number() };
    else if (fields.field === 4) found = { kind: 'text', value: text(fields) };
    else if (fields.field === 5) found = { kind: 'tensor', value: readTensor(fields, fields.enter()) };
    else if (fields.field === 6 || fields.field === 11) graphs.push(readGraph(fields, fields.enter(), depth + 1));
    else if (fields.field === 8) numbers.push(...varints(fields));
    else if (fields.field === 9 && texts.length < MAX_TEXTS) texts.push(text(fields));
  }
  if (texts.length > 0) found = { kind: 'texts', value: texts };
  if (graphs.length > 0) found = { kind: 'graphs', value: graphs };
  return [name, numbers.length > 0 ? { kind: 'numbers', value: numbers } : found];
}

/** TensorProto up to `end`; its values are passed over unless they are few. @throws WireError */
function readTensor(fields: Fields, end: number): OnnxTensor {
  let [name, code] = ['', 0];
  let file: string | undefined;
  const shape: number[] = [];
  const values: number[] = [];
  let raw: Buffer | undefined;
  while (fields.next(end)) {
    const { field } = fields;
    if (field === 1) shape.push(...varints(fields));
    else if (field === 2) code = fields.number();
    else if (field === 8) name = text(fields);
    else if (field === 13) file = fileOf(fields.bytesOf()) ?? file;
    else if ((field === 5 || field === 7) && isShort(fields)) values.push(...varints(fields));
    else if (field === 9 && isShort(fields)) raw = fields.bytesOf();
  }
  const dtype = dtypeOfOnnx(code);
  if (!shape.every((length) => Number.isSafeInteger(length) && length >= 0))
    throw new WireError(`the tensor ${name} has the shape [${shape.slice(0, 8).join(',')}]`);
  const known = raw === undefined ? values : rawValues(raw, dtype);
  return {
    name,
    dtype,
    shape,
    ...(file === undefined && known.length > 0 && known.length === sizeOf(shape) ? { values: known } : {}),
    ...(file === undefined ? {} : { file }),
  };
}

/** Whether the value of the field under way takes few bytes, and is there to be read; a longer one is passed over. */
function isShort(fields: Fields): boolean {
  if (fields.wire !== WIRE.bytes) return true;
  const before = fields.position;
  const end = fields.enter();
  const short = end - fields.position <= MAX_VALUE_BYTES;
  fields.position = short ? before : end;
  return short;
}

function rawValues(raw: Buffer, dtype: string): number[] {
  const every = (bytes: number, read: (at: number) => number): number[] =>
    Array.from({ length: Math.floor(raw.length / bytes) }, (_, index) => read(index * bytes));
  if (dtype === 'int64') return every(8, (at) => Number(raw.readBigInt64LE(at)));
  if (dtype === 'int32') return every(4, (at) => raw.readInt32LE(at));
  if (dtype === 'float32') return every(4, (at) => raw.readFloatLE(at));
  return dtype === 'uint8' || dtype === 'bool' ? [...raw] : [];
}

function sparse(bytes: Buffer): OnnxTensor {
  const fields = ofBuffer(bytes);
  let values: OnnxTensor = { name: '', dtype: dtypeOfOnnx(0), shape: [] };
  const shape: number[] = [];
  while (fields.next(fields.end)) {
    if (fields.field === 1) values = readTensor(fields, fields.enter());
    else if (fields.field === 3) shape.push(...varints(fields));
  }
  return { name: values.name, dtype: values.dtype, shape };
}

/** `location` of StringStringEntryProto. */
function fileOf(bytes: Buffer): string | undefined {
  const fields = ofBuffer(bytes);
  let [key, value] = ['', ''];
  while (fields.next(fields.end)) {
    if (fields.field === 1) key = text(fields);
    else if (fields.field === 2) value = text(fields);
  }
  return key === 'location' ? value : undefined;
}

/** ValueInfoProto. @throws WireError */
function readValue(bytes: Buffer): OnnxValue {
  const fields = ofBuffer(bytes);
  let value: OnnxValue = { name: '', kind: 'tensor', dtype: dtypeOfOnnx(0), shape: null };
  while (fields.next(fields.end)) {
    if (fields.field === 1) value = { ...value, name: text(fields) };
    else if (fields.field === 2) value = { ...value, ...readType(fields.bytesOf()) };
  }
  return value;
}

const KINDS: Readonly<Record<number, string>> = { 1: 'tensor', 4: 'sequence', 5: 'map', 8: 'sparse tensor', 9: 'optional' };

function readType(bytes: Buffer): Partial<OnnxValue> {
  const fields = ofBuffer(bytes);
  let type: Partial<OnnxValue> = {};
  while (fields.next(fields.end)) {
    const kind = KINDS[fields.field];
    if (kind !== undefined) type = { kind, ...(kind === 'tensor' ? readTensorType(fields.bytesOf()) : {}) };
  }
  return type;
}

function readTensorType(bytes: Buffer): Pick<OnnxValue, 'dtype' | 'shape'> {
  const fields = ofBuffer(bytes);
  let dtype = dtypeOfOnnx(0);
  let shape: OnnxValue['shape'] = null;
  while (fields.next(fields.end)) {
    if (fields.field === 1) dtype = dtypeOfOnnx(fields.number());
    else if (fields.field === 2) shape = readShape(fields.bytesOf());
  }
  return { dtype, shape };
}

function readShape(bytes: Buffer): readonly (number | string)[] {
  const fields = ofBuffer(bytes);
  const shape: (number | string)[] = [];
  while (fields.next(fields.end)) {
    if (fields.field === 1) shape.push(readDimension(fields.bytesOf()));
  }
  return shape;
}

/** Exporters write a free length as a name, as 0 or less, or not at all. */
function readDimension(bytes: Buffer): number | string {
  const fields = ofBuffer(bytes);
  let length: number | string = '';
  while (fields.next(fields.end)) {
    if (fields.field === 1) length = fields.number();
    else if (fields.field === 2) length = text(fields);
  }
  return typeof length === 'number' && length < 0 ? '' : length;
}

/** A repeated whole number, packed or one by one. */
function varints(fields: Fields): number[] {
  if (fields.wire !== WIRE.bytes) return [fields.number()];
  const bytes = fields.bytesOf();
  const reader = new WireReader(bytes);
  const found: number[] = [];
  reader.wire = WIRE.varint;
  while (reader.position < bytes.length) found.push(reader.number());
  return found;
}

const text = (fields: Fields): string => fields.bytesOf().toString('utf8');
