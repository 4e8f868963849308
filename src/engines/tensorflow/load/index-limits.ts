/**
 * Which inputs of a graph are indices, and of how many rows: an input is followed through whatever keeps its values, into
 * the bodies of functions and out of them again, to the operations that look up rows of a table.
 */

/** A node as far as it matters here. Inputs are names of tensors, in the notation of where the node stands. */
export interface FlowNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  /** Functions that it calls: branches, loop bodies. */
  readonly calls: readonly string[];
  /** Of a constant or a variable. */
  readonly shape: readonly number[] | null;
}

export interface FlowBody {
  readonly parameters: readonly string[];
  readonly nodes: readonly FlowNode[];
  readonly returns: readonly string[];
}

export interface FlowGraph {
  readonly main: FlowBody;
  readonly functions: ReadonlyMap<string, FlowBody>;
}

/** Where each lookup has its table and its indices. */
const LOOKUPS: Readonly<Record<string, readonly [table: number, indices: number]>> = {
  Gather: [0, 1],
  GatherV2: [0, 1],
  GatherNd: [0, 1],
  ResourceGather: [0, 1],
  ResourceGatherNd: [0, 1],
  SparseSegmentSum: [0, 1],
  SparseSegmentMean: [0, 1],
  SparseSegmentSqrtN: [0, 1],
};

/** Operations whose results are values of their inputs. */
const KEEPS = new Set(
  (
    'BroadcastTo Cast Ceil Concat ConcatV2 Enter Exit ExpandDims Floor Identity IdentityN Max Maximum Merge NextIteration Pack PlaceholderWithDefault PreventGradient ' +
    'Reshape Reverse ReverseV2 Round Select SelectV2 Slice Snapshot Split SplitV Squeeze StopGradient StridedSlice Switch Tile Transpose Unpack'
  ).split(' '),
);

const nodeOf = (tensor: string): string => tensor.replace(/^\^/, '').split(':')[0] ?? '';

/** A body as it is being called, and by whom. */
interface Scope {
  readonly body: FlowBody;
  readonly key: string;
  readonly caller: { readonly scope: Scope; readonly node: FlowNode } | null;
}

/** Calls within calls that are followed. */
const DEEPEST = 12;

/**
 * Rows of the smallest table that the values of `input` (a node of the graph) look up; undefined where they look up none.
 */
export function indexLimit(graph: FlowGraph, input: string): number | undefined {
  const limits: number[] = [];
  const seen = new Set<string>();
  const open: { readonly scope: Scope; readonly tensor: string }[] = [
    { scope: { body: graph.main, key: '', caller: null }, tensor: input },
  ];
  const push = (scope: Scope, tensor: string): void => {
    const key = `${scope.key}|${tensor}`;
    if (seen.has(key)) return;
    seen.add(key);
    open.push({ scope, tensor });
  };
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const { scope, tensor } = one;
    for (const node of scope.body.nodes) {
      node.inputs.forEach((from, position) => {
        if (nodeOf(from) !== tensor || from.startsWith('^')) return;
        const lookup = LOOKUPS[node.op];
        if (lookup?.[1] === position) {
          const rows = rowsOf(scope, node.inputs[lookup[0]] ?? '');
          if (rows !== undefined) limits.push(rows);
        } else if (node.calls.length > 0) enter(graph, scope, node, position, push);
        else if (KEEPS.has(node.op)) push(scope, node.name);
      });
    }
    leave(scope, tensor, push);
  }
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** Into the bodies that a node calls; the first input of a branch is its condition. */
function enter(graph: FlowGraph, scope: Scope, node: FlowNode, position: number, push: (scope: Scope, tensor: string) => void): void {
  if (scope.key.split('/').length > DEEPEST) return;
  const at = /^(Stateless)?(If|Case)$/.test(node.op) ? position - 1 : position;
  for (const name of node.calls) {
    const body = graph.functions.get(name);
    const parameter = body?.parameters[at];
    if (body !== undefined && parameter !== undefined)
      push({ body, key: `${scope.key}/${node.name}:${name}`, caller: { scope, node } }, parameter);
  }
}

/** Out of a body to the node that called it. */
function leave({ body, caller }: Scope, tensor: string, push: (scope: Scope, tensor: string) => void): void {
  if (caller !== null && body.returns.some((returned) => nodeOf(returned) === tensor)) push(caller.scope, caller.node.name);
}

/** Length of a table, from the constant or the variable behind it, whoever handed it in. */
function rowsOf(start: Scope, tensor: string): number | undefined {
  let [scope, name] = [start, nodeOf(tensor)];
  for (let step = 0; step < 100; step += 1) {
    const node = scope.body.nodes.find((one) => one.name === name);
    if (node !== undefined) {
      if (node.shape !== null) return node.shape[0];
      if (!['Identity', 'ReadVariableOp', 'Cast', 'Enter'].includes(node.op)) return undefined;
      name = nodeOf(node.inputs[0] ?? '');
      continue;
    }
    const position = scope.body.parameters.indexOf(name);
    if (position === -1 || scope.caller === null) return undefined;
    const shift = /^(Stateless)?(If|Case)$/.test(scope.caller.node.op) ? 1 : 0;
    name = nodeOf(scope.caller.node.inputs[position + shift] ?? '');
    scope = scope.caller.scope;
  }
  return undefined;
}
