/** What a node's timeline label tells: its operation and where its inputs come from. */
export interface NodeLabel {
  readonly op: string;
  /** Producing node and output of each data input; control inputs are left out. */
  readonly inputs: readonly NodeInput[];
}

export interface NodeInput {
  readonly node: string;
  readonly slot: number;
}

/**
 * Reads `[cpu 0.5MB 0.5MB] dense/MatMul = MatMul(dense/Cast, dense/Read:1, ^control)`. The name may hold anything
 * but ` = `; a label of another form (sends, receives) gives what can be told.
 */
export function parseLabel(label: string): NodeLabel {
  const equals = label.indexOf(' = ');
  const open = label.indexOf('(', equals + 3);
  if (equals < 0 || open < 0) return { op: '', inputs: [] };
  const close = label.lastIndexOf(')');
  const inner = label.slice(open + 1, close < open ? undefined : close);
  const inputs =
    inner === ''
      ? []
      : inner
          .split(', ')
          .filter((input) => !input.startsWith('^'))
          .map(parseInput);
  return { op: label.slice(equals + 3, open).trim(), inputs };
}

function parseInput(text: string): NodeInput {
  const match = /^(.*):(\d+)$/.exec(text);
  return match === null ? { node: text, slot: 0 } : { node: match[1] ?? text, slot: Number(match[2]) };
}

/** Operations that run a function of their own: the kernels of the body run inside their time. */
export const CALLS = /^(Stateful)?PartitionedCall$|^(Stateless)?(While|If|Case)$|^RemoteCall$/;

export const isCall = (op: string): boolean => CALLS.test(op);
