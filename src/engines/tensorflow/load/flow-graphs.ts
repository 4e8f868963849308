import { isRecord } from '../../../model/is-record.js';
import { decodeShape, type MetaGraph, type Node } from './saved-model/proto.js';
import { message, messages, textIn } from '../../../model/protobuf-wire.js';
import type { FlowBody, FlowGraph, FlowNode } from './index-limits.js';

/** The graph of a converted model: TensorFlow's GraphDef as JSON, whose constants are among the weights. */
export function flowOfTopology(
  topology: unknown,
  weights: readonly { readonly name: string; readonly shape: readonly number[] }[],
): FlowGraph {
  const shapes = new Map(weights.map(({ name, shape }) => [name, shape]));
  const nodes = (list: unknown): FlowNode[] =>
    recordsOf(list).map((node) => ({
      name: String(node['name']),
      op: String(node['op']),
      inputs: textsOf(node['input']),
      calls: Object.values(isRecord(node['attr']) ? node['attr'] : {}).flatMap(functionNames),
      shape: shapes.get(String(node['name'])) ?? null,
    }));
  const root = isRecord(topology) ? topology : {};
  const library = isRecord(root['library']) ? recordsOf(root['library']['function']) : [];
  const functions = library.map((body): [string, FlowBody] => {
    const signature = isRecord(body['signature']) ? body['signature'] : {};
    const names = (key: string): string[] => recordsOf(signature[key]).map(({ name }) => String(name));
    const returned = isRecord(body['ret']) ? body['ret'] : {};
    return [
      String(signature['name']),
      {
        parameters: names('inputArg'),
        nodes: nodes(body['nodeDef']),
        returns: names('outputArg').map((name) => textOr(returned[name], name)),
      },
    ];
  });
  return { main: { parameters: [], nodes: nodes(root['node']), returns: [] }, functions: new Map(functions) };
}

const recordsOf = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.filter(isRecord) : []);
const textOr = (value: unknown, other: string): string => (typeof value === 'string' ? value : other);
const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

function functionNames(attribute: unknown): string[] {
  if (!isRecord(attribute)) return [];
  const listed = isRecord(attribute['list']) ? recordsOf(attribute['list']['func']) : [];
  return [attribute['func'], ...listed].filter(isRecord).map(({ name }) => String(name));
}

/** The graph of a SavedModel, with its functions. */
export function flowOfMetaGraph({ nodes, functions }: MetaGraph): FlowGraph {
  const bodies = functions().map(({ name, ...body }): [string, FlowBody] => [name, { ...body, nodes: body.nodes.map(flowNode) }]);
  return { main: { parameters: [], nodes: nodes.map(flowNode), returns: [] }, functions: new Map(bodies) };
}

/** AttrValue: shape 7, tensor 8 (its shape 2), func 10 (its name 1), list 1 (func 9). */
function flowNode({ name, op, inputs, attributes }: Node): FlowNode {
  const calls = [...attributes.values()].flatMap((value) =>
    [...messages(value, 10), ...messages(message(value, 1), 9)].map((func) => textIn(func, 1)),
  );
  const empty = new Uint8Array();
  const shape =
    op === 'Const'
      ? decodeShape(message(message(attributes.get('value') ?? empty, 8), 2)).shape
      : op === 'VarHandleOp' || op === 'VariableV2'
        ? decodeShape(message(attributes.get('shape') ?? empty, 7)).shape
        : null;
  return { name, op, inputs, calls, shape };
}
