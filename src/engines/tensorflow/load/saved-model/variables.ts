import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { EXIT, UserError } from '../../../../model/errors.js';
import { sizeOf } from '../../../../model/shape-size.js';
import { dtypeName } from '../../../../model/dtypes.js';
import { decodeShape, type MetaGraph, type Node, type SignatureDef } from './proto.js';
import { message, numberIn } from '../../../../model/protobuf-wire.js';

const FLOATS = ['float16', 'bfloat16', 'float32', 'float64'];
const VARIABLES = ['VarHandleOp', 'VariableV2'];

/**
 * The variables that a signature uses, found from its outputs backwards. Optimizer state and counters that were saved
 * beside them are not reached.
 */
export function usedVariables(graph: MetaGraph, signature: SignatureDef): Node[] {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const open = signature.outputs.map((output) => nodeOf(output.tensor));
  const seen = new Set(open);
  const variables: Node[] = [];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = nodes.get(name);
    if (node === undefined) continue;
    if (VARIABLES.includes(node.op)) variables.push(node);
    for (const input of node.inputs.map(nodeOf)) {
      if (!seen.has(input)) open.push(input);
      seen.add(input);
    }
  }
  return variables;
}

/** Floating-point values in variables, by their shapes. */
export const countVariables = (variables: readonly Node[]): number =>
  variables.reduce((sum, { attributes }) => sum + variableSize(attributes), 0);

function variableSize(attributes: ReadonlyMap<string, Uint8Array>): number {
  const empty = new Uint8Array();
  // AttrValue: type is field 6, shape field 7.
  if (!FLOATS.includes(dtypeName(numberIn(attributes.get('dtype') ?? empty, 6)))) return 0;
  return Math.max(0, sizeOf(decodeShape(message(attributes.get('shape') ?? empty, 7)).shape));
}

/**
 * TensorFlow loads a SavedModel whose variables are missing and fails at the first run, without naming a file: so this
 * looks for the files first.
 *
 * @throws UserError that names the file that is missing, or is a pipe or a device, which would never end.
 */
export function checkVariableFiles(directory: string): void {
  const folder = path.join(directory, 'variables');
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const total = files.map((name) => /^variables\.data-\d{5}-of-(\d{5})$/.exec(name)?.[1]).find((count) => count !== undefined);
  const shards = Array.from(
    { length: Number(total ?? 1) },
    (_, i) => `variables.data-${String(i).padStart(5, '0')}-of-${total ?? '00001'}`,
  );
  const missing = ['variables.index', ...shards].find((name) => !files.includes(name));
  if (missing !== undefined)
    throw new UserError(`The file ${path.join(folder, missing)} is missing: copy the whole SavedModel directory.`, EXIT.notFound);
  const endless = ['variables.index', ...shards].find((name) => !statSync(path.join(folder, name)).isFile());
  if (endless !== undefined) throw new UserError(`${path.join(folder, endless)} is not a file: copy the whole SavedModel directory.`);
}

/** `^a:0` and `a:1` → `a` */
const nodeOf = (tensor: string): string => tensor.replace(/^\^/, '').replace(/:\d+$/, '');
