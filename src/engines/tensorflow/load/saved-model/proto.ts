import { dtypeName } from '../../../../model/dtypes.js';
import { message, messages, numberIn, textIn, textsIn } from '../../../../model/protobuf-wire.js';

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

/** A signature that TensorFlow keeps for itself. */
const INTERNAL_SIGNATURE = '__saved_model_init_op';

/** Decodes a `saved_model.pb`. @throws WireError when the bytes are not one. */
export function decodeSavedModel(bytes: Uint8Array): MetaGraph[] {
  return messages(bytes, 2).map((graph) => {
    const definition = message(graph, 2);
    const functions = messages(message(definition, 2), 1);
    return {
      tags: textsIn(message(graph, 1), 4),
      tensorflow: textIn(message(graph, 1), 5),
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
    return [textIn(entry, 1), { inputs: endpoints(signature, 1), outputs: endpoints(signature, 2) }];
  });
  return new Map(entries.filter(([name]) => name !== INTERNAL_SIGNATURE).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const endpoints = (signature: Uint8Array, field: number): Endpoint[] =>
  messages(signature, field).map((entry) => ({ name: textIn(entry, 1), ...decodeTensorInfo(message(entry, 2)) }));

const decodeTensorInfo = (info: Uint8Array): Omit<Endpoint, 'name'> => ({
  tensor: textIn(info, 1),
  dtype: dtypeName(numberIn(info, 2)),
  ...decodeShape(message(info, 3)),
});

/** FunctionDef: signature 1 (name 1, input_arg 2, output_arg 3), node_def 3, ret 4. */
function decodeFunction(body: Uint8Array): FunctionBody {
  const signature = message(body, 1);
  const names = (field: number): string[] => messages(signature, field).map((argument) => textIn(argument, 1));
  const returned = new Map(messages(body, 4).map((entry) => [textIn(entry, 1), textIn(entry, 2)]));
  return {
    name: textIn(signature, 1),
    parameters: names(2),
    nodes: messages(body, 3).map(decodeNode),
    returns: names(3).map((name) => returned.get(name) ?? name),
  };
}

const decodeNode = (node: Uint8Array): Node => ({
  name: textIn(node, 1),
  op: textIn(node, 2),
  inputs: textsIn(node, 3),
  attributes: new Map(messages(node, 5).map((entry) => [textIn(entry, 1), message(entry, 2)])),
});

/** TensorShapeProto: unknown dimensions are -1. */
export const decodeShape = (shape: Uint8Array): { shape: number[]; unknownRank: boolean } => ({
  shape: messages(shape, 2).map((dimension) => numberIn(dimension, 1)),
  unknownRank: numberIn(shape, 3) === 1,
});
