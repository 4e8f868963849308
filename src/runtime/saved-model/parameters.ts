import { sizeOf } from '../artifacts/weight-files.js';
import { decodeShape, dtypeName, type MetaGraph, type Signature } from './proto.js';
import { message, number } from './wire.js';

const FLOATS = ['float16', 'bfloat16', 'float32', 'float64'];

/**
 * Floating-point values in the variables that a signature uses. Optimizer state and counters that were saved beside
 * them are not reached from its outputs and do not count.
 */
export function countSignatureParameters(graph: MetaGraph, signature: Signature): number {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const open = signature.outputs.map((output) => nodeOf(output.tensor));
  const seen = new Set(open);
  let sum = 0;
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = nodes.get(name);
    if (node === undefined) continue;
    if (node.op === 'VarHandleOp' || node.op === 'VariableV2') sum += variableSize(node.attributes);
    for (const input of node.inputs.map(nodeOf)) {
      if (!seen.has(input)) open.push(input);
      seen.add(input);
    }
  }
  return sum;
}

function variableSize(attributes: ReadonlyMap<string, Uint8Array>): number {
  const empty = new Uint8Array();
  // AttrValue: type is field 6, shape field 7.
  if (!FLOATS.includes(dtypeName(number(attributes.get('dtype') ?? empty, 6)))) return 0;
  return Math.max(0, sizeOf(decodeShape(message(attributes.get('shape') ?? empty, 7)).shape));
}

/** `^a:0` and `a:1` → `a` */
const nodeOf = (tensor: string): string => tensor.replace(/^\^/, '').replace(/:\d+$/, '');
