import type { StepNode } from './decode-step-stats.js';

/**
 * Finds the call each kernel ran in. TensorFlow inlines most functions; one that it keeps (an LSTM) has a graph of its
 * own whose names start anew, so a kernel belongs to the innermost call that covers it in time, unless its name shows
 * that it sits in the same graph as the call (another branch that ran meanwhile).
 *
 * @param nodes in order of start
 * @returns for each its call's index, or -1
 */
export function parentsOf(nodes: readonly StepNode[]): Int32Array {
  const parents = new Int32Array(nodes.length).fill(-1);
  let open: number[] = [];
  nodes.forEach((node, index) => {
    if (open.some((call) => endOf(nodes[call]) < node.startNanos)) open = open.filter((call) => endOf(nodes[call]) >= node.startNanos);
    if (open.length > 0) parents[index] = open.findLast((call) => endOf(nodes[call]) >= endOf(node) && !sameGraph(nodes[call], node)) ?? -1;
    if (node.known.isCall) open.push(index);
  });
  return parents;
}

const endOf = (node: StepNode | undefined): number => (node === undefined ? 0 : node.startNanos + node.durationNanos);

const rootOf = (name: string): string => name.slice(0, name.indexOf('/') + 1);

function sameGraph(call: StepNode | undefined, node: StepNode): boolean {
  const root = rootOf(call?.known.name ?? '');
  return root !== '' && node.known.name.startsWith(root);
}
