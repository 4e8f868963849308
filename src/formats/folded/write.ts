import type { DiffNode, FlameNode, VariantAnalysis } from '../../model/analysis.js';
import { tooDeep } from '../too-deep.js';

/**
 * Collapsed stacks (`a;b;c 120`), one line a path: self time as a whole number of nanoseconds over all warm calls.
 * Importers drop decimals and lines they cannot read without a word, so neither is ever written. The unit is in the
 * file's name (`.nanos.collapsedstack.txt`).
 */
export const renderFoldedStacks = (variant: Pick<VariantAnalysis, 'tree'>): string => foldTree(variant.tree);

/** The same for a bare tree. */
export function foldTree(root: FlameNode): string {
  return lines(root, (node) => {
    const value = Math.round(node.selfNanos);
    return value > 0 ? String(value) : null;
  });
}

/**
 * A differential file as `difffolded.pl` writes it: `a;b;c before after`, self nanoseconds *per call* of baseline and
 * candidate. Frames that one side lacks stay, with 0.
 */
export function renderDiffFolded(diff: DiffNode): string {
  return lines(diff, (node) => {
    const before = Math.max(0, Math.round(node.baseline.selfNanosPerCall));
    const after = Math.max(0, Math.round(node.candidate.selfNanosPerCall));
    return before + after > 0 ? `${before} ${after}` : null;
  });
}

/** A frame's name as a collapsed stack can hold it: `;` separates frames and a line break ends the stack. */
export const foldedName = (name: string): string => {
  const clean = name
    .replace(/;/g, ',')
    .replace(/[\s\u0000]+/g, ' ')
    .trim();
  return clean === '' ? '(nameless)' : clean;
};

/** Characters, below what one string can hold. */
const MAX_TEXT = 256 * 1024 * 1024;

function lines<Node extends { readonly name: string; readonly children: readonly Node[] }>(
  root: Node,
  value: (node: Node) => string | null,
): string {
  const out: string[] = [];
  let length = 0;
  const stack: [Node, string][] = [[root, foldedName(root.name)]];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const [node, path] = top;
    const text = value(node);
    if (text !== null) {
      out.push(`${path} ${text}\n`);
      length += path.length + text.length + 2;
      if (length > MAX_TEXT) throw tooDeep('collapsed stacks');
    }
    for (let i = node.children.length - 1; i >= 0; i--) {
      const child = node.children[i];
      if (child !== undefined) stack.push([child, `${path};${foldedName(child.name)}`]);
    }
  }
  return out.join('');
}
