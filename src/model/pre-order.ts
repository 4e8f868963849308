/** Nodes in pre-order with the row of each one's parent, -1 for the root; no recursion, so that depth is no limit. */
export function preOrder<Node>(root: Node, childrenOf: (node: Node) => readonly Node[]): { readonly nodes: readonly Node[]; readonly parent: readonly number[] } {
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
