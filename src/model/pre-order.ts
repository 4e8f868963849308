/** Nodes in pre-order with the row of each one's parent, -1 for the root; no recursion, so that depth is no limit. */
export function preOrder<Node>(
  root: Node,
  childrenOf: (node: Node) => readonly Node[],
): { readonly nodes: readonly Node[]; readonly parent: readonly number[] } {
  const nodes: Node[] = [];
  const parent: number[] = [];
  const waiting: Node[] = [root];
  const above: number[] = [-1];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    parent.push(above.pop() ?? -1);
    const row = nodes.push(node) - 1;
    const children = childrenOf(node);
    for (let i = children.length - 1; i >= 0; i -= 1) {
      const child = children[i];
      if (child === undefined) continue;
      waiting.push(child);
      above.push(row);
    }
  }
  return { nodes, parent };
}

/** The children of a tree's node. */
export const childrenOf = <Node extends { readonly children: readonly Node[] }>({ children }: Node): readonly Node[] => children;

/** A tree made from another, children first; no recursion, so that depth is no limit. */
export function mapTree<From, To>(root: From, childrenOf: (node: From) => readonly From[], make: (node: From, children: To[]) => To): To {
  const { nodes, parent } = preOrder(root, childrenOf);
  const made: To[][] = nodes.map(() => []);
  let last: To | undefined;
  for (let row = nodes.length - 1; row >= 0; row--) {
    const node = nodes[row];
    if (node === undefined) continue;
    last = make(node, (made[row] ?? []).reverse());
    made[row] = [];
    made[parent[row] ?? -1]?.push(last);
  }
  if (last === undefined) throw new Error('a tree has a root');
  return last;
}
