import { firstText, message, messages, number, texts } from './wire.js';

/**
 * The few parts of `saved_model.pb` that are needed before TensorFlow loads it: tags, signatures and the graph.
 * Field numbers are from TensorFlow's saved_model.proto, meta_graph.proto, graph.proto and types.proto.
 */
export interface MetaGraph {
  readonly tags: readonly string[];
  readonly signatures: ReadonlyMap<string, SignatureDef>;
  readonly nodes: readonly Node[];
  /** Nodes in the bodies of the graph's functions. */
  readonly functionNodes: number;
  /** Bodies of the graph's functions, decoded when asked for. */
  readonly functions: () => readonly FunctionBody[];
  /** TensorFlow that wrote it, `2.15.1`. */
  readonly tensorflow: string;
}

export interface FunctionBody {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly nodes: readonly Node[];
  /** The tensors that it returns, in order. */
  readonly returns: readonly string[];
}

export interface SignatureDef {
  readonly inputs: readonly Endpoint[];
  readonly outputs: readonly Endpoint[];
}

/** One input or output: its key in the signature, and the tensor (`serving_default_x:0`) behind it. */
export interface Endpoint {
  readonly name: string;
  readonly tensor: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly unknownRank: boolean;
}

export interface Node {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  /** Attributes, still encoded as AttrValue messages. */
  readonly attributes: ReadonlyMap<string, Uint8Array>;
}

const DTYPES: Readonly<Record<number, string>> = {
  1: 'float32',
  2: 'float64',
  3: 'int32',
  4: 'uint8',
  5: 'int16',
  6: 'int8',
  7: 'string',
  8: 'complex64',
  9: 'int64',
  10: 'bool',
  14: 'bfloat16',
  17: 'uint16',
  18: 'complex128',
  19: 'float16',
  20: 'resource',
  21: 'variant',
  22: 'uint32',
  23: 'uint64',
};

/** A signature that TensorFlow keeps for itself. */
const INTERNAL_SIGNATURE = '__saved_model_init_op';

/** Decodes a `saved_model.pb`. @throws RangeError or Error when the bytes are not one. */
export function decodeSavedModel(bytes: Uint8Array): MetaGraph[] {
  return messages(bytes, 2).map((graph) => {
    const definition = message(graph, 2);
    const functions = messages(message(definition, 2), 1);
    return {
      tags: texts(message(graph, 1), 4),
      tensorflow: firstText(message(graph, 1), 5),
      signatures: decodeSignatures(graph),
      nodes: messages(definition, 1).map(decodeNode),
      functions: () => functions.map(decodeFunction),
      functionNodes: functions.reduce((sum, body) => sum + messages(body, 3).length, 0),
    };
  });
}

function decodeSignatures(graph: Uint8Array): Map<string, SignatureDef> {
  const entries = messages(graph, 5).map((entry): [string, SignatureDef] => {
    const signature = message(entry, 2);
    return [firstText(entry, 1), { inputs: endpoints(signature, 1), outputs: endpoints(signature, 2) }];
  });
  return new Map(entries.filter(([name]) => name !== INTERNAL_SIGNATURE).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const endpoints = (signature: Uint8Array, field: number): Endpoint[] =>
  messages(signature, field).map((entry) => ({ name: firstText(entry, 1), ...decodeTensorInfo(message(entry, 2)) }));

const decodeTensorInfo = (info: Uint8Array): Omit<Endpoint, 'name'> => ({
  tensor: firstText(info, 1),
  dtype: dtypeName(number(info, 2)),
  ...decodeShape(message(info, 3)),
});

/** FunctionDef: signature 1 (name 1, input_arg 2, output_arg 3), node_def 3, ret 4. */
function decodeFunction(body: Uint8Array): FunctionBody {
  const signature = message(body, 1);
  const names = (field: number): string[] => messages(signature, field).map((argument) => firstText(argument, 1));
  const returned = new Map(messages(body, 4).map((entry) => [firstText(entry, 1), firstText(entry, 2)]));
  return {
    name: firstText(signature, 1),
    parameters: names(2),
    nodes: messages(body, 3).map(decodeNode),
    returns: names(3).map((name) => returned.get(name) ?? name),
  };
}

const decodeNode = (node: Uint8Array): Node => ({
  name: firstText(node, 1),
  op: firstText(node, 2),
  inputs: texts(node, 3),
  attributes: new Map(messages(node, 5).map((entry) => [firstText(entry, 1), message(entry, 2)])),
});

/** TensorShapeProto: unknown dimensions are -1. */
export const decodeShape = (shape: Uint8Array): { shape: number[]; unknownRank: boolean } => ({
  shape: messages(shape, 2).map((dimension) => number(dimension, 1)),
  unknownRank: number(shape, 3) === 1,
});

/** `float32` for the code 1; codes above 100 are reference types. */
export const dtypeName = (code: number): string => DTYPES[code % 100] ?? `dtype ${code}`;
