import type { PackedDiff, PackedShift, PackedTree } from '../page-data.js';

/**
 * A call tree as columns, rows in pre-order. `self[side][row]`: one side for a flamegraph, two (baseline, candidate)
 * for a differential one. Times are nanoseconds per call. Nothing here touches the document: tests run it in Node.
 */
export interface Frames {
  readonly length: number;
  readonly names: readonly string[];
  readonly shapes: readonly string[];
  readonly parent: Int32Array;
  readonly depth: Int32Array;
  /** Row after the last one of the subtree. */
  readonly end: Int32Array;
  readonly stage: Uint8Array;
  readonly kind: Uint8Array;
  readonly self: readonly Float64Array[];
  readonly total: readonly Float64Array[];
  readonly count: readonly Float64Array[];
  /** Differential only: how sure the shift of each frame is. */
  readonly doubt: Doubt | null;
}

export type Doubt = Readonly<Record<'total' | 'self', ShiftDoubt>>;

export interface ShiftDoubt {
  /** Half the width of the shift's interval, nanoseconds per call; infinite where nothing is known. */
  readonly half: Float64Array;
  readonly significant: Uint8Array;
}

export function unpackTree(tree: PackedTree, strings: readonly string[]): Frames {
  const length = tree.name.length;
  const parent = Int32Array.from(tree.parent);
  return {
    length,
    names: tree.name.map((i) => strings[i] ?? ''),
    shapes: tree.shapes.map((i) => strings[i] ?? ''),
    parent,
    ...nesting(parent),
    stage: Uint8Array.from(tree.stage),
    kind: Uint8Array.from(tree.kind),
    self: tree.self.map((column) => Float64Array.from(column)),
    total: tree.total.map((column) => Float64Array.from(column)),
    count: tree.count.map((column) => Float64Array.from(column)),
    doubt: null,
  };
}

export function unpackDiff(diff: PackedDiff, strings: readonly string[]): Frames {
  const doubt = ({ half, significant }: PackedShift): ShiftDoubt => ({
    half: Float64Array.from(half, (value) => (value < 0 ? Infinity : value)),
    significant: Uint8Array.from(significant),
  });
  return { ...unpackTree(diff.tree, strings), doubt: { total: doubt(diff.total), self: doubt(diff.self) } };
}

/** Depth and end of subtree of each row of a pre-order list of parents. */
export function nesting(parent: Int32Array): { depth: Int32Array; end: Int32Array } {
  const depth = new Int32Array(parent.length);
  const end = new Int32Array(parent.length);
  for (let row = 0; row < parent.length; row++) {
    const above = at(parent, row);
    depth[row] = above < 0 ? 0 : at(depth, above) + 1;
  }
  for (let row = parent.length - 1; row >= 0; row--) {
    if (at(end, row) === 0) end[row] = row + 1;
    const above = at(parent, row);
    if (above >= 0) end[above] = Math.max(at(end, above), at(end, row));
  }
  return { depth, end };
}

/** Adds up a column from the leaves to the root. */
export function accumulate(frames: Pick<Frames, 'length' | 'parent'>, own: Float64Array): Float64Array {
  const sums = own.slice();
  for (let row = frames.length - 1; row > 0; row--) add(sums, at(frames.parent, row), at(sums, row));
  return sums;
}

export const at = (column: ArrayLike<number>, row: number): number => column[row] ?? 0;

export function add(column: Float64Array, row: number, value: number): void {
  if (row >= 0) column[row] = at(column, row) + value;
}

/** Rows whose own name matches; a frame under a match does not count again in the share. */
export function matchShare(frames: Frames, matches: Uint8Array, widths: Float64Array): { rows: number; share: number } {
  let rows = 0;
  let sum = 0;
  let covered = 0;
  for (let row = 0; row < frames.length; row++) {
    if (at(matches, row) === 0) continue;
    rows++;
    if (row < covered) continue;
    sum += at(widths, row);
    covered = at(frames.end, row);
  }
  const all = at(widths, 0);
  return { rows, share: all > 0 ? sum / all : 0 };
}
