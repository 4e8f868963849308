import { accumulate, at, type Frames } from './frames.js';

/** Where each frame lies: left edge and width as shares of the root, and the rows of each depth from left to right. */
export interface Layout {
  readonly left: Float64Array;
  readonly width: Float64Array;
  readonly byDepth: readonly Int32Array[];
}

/** `width`: left-heavy, of the children of a frame the widest comes first. `time`: as they ran. */
export type Order = 'width' | 'time';

/** Lays a tree out; `own` is each frame's own width. Rows are in the order their frames were first seen. */
export function layOut(frames: Frames, own: Float64Array, order: Order = 'width'): Layout {
  const sums = accumulate(frames, own);
  const all = at(sums, 0) > 0 ? at(sums, 0) : 1;
  const left = new Float64Array(frames.length);
  const width = sums.map((value) => value / all);
  const children = childrenInOrder(frames, width, order);
  const byDepth: Int32Array[] = [];
  // Level by level from left to right, which is the order in which they are drawn and searched.
  for (let level: readonly number[] = at(width, 0) > 0 ? [0] : []; level.length > 0;) {
    byDepth.push(Int32Array.from(level));
    const next: number[] = [];
    for (const row of level) {
      let x = at(left, row);
      for (const child of children(row)) {
        left[child] = x;
        x += at(width, child);
        if (at(width, child) > 0) next.push(child);
      }
    }
    level = next;
  }
  return { left, width, byDepth };
}

/** The children of a row, in two columns instead of an array a row: there may be tens of thousands of leaves. */
function childrenInOrder({ length, parent }: Frames, width: Float64Array, order: Order): (row: number) => Int32Array {
  const offset = new Int32Array(length + 1);
  for (let row = 1; row < length; row++) offset[at(parent, row) + 1] = at(offset, at(parent, row) + 1) + 1;
  for (let row = 0; row < length; row++) offset[row + 1] = at(offset, row + 1) + at(offset, row);
  const next = offset.slice();
  const children = new Int32Array(length);
  for (let row = 1; row < length; row++) {
    const place = at(next, at(parent, row));
    children[place] = row;
    next[at(parent, row)] = place + 1;
  }
  return (row) => {
    const inner = children.subarray(at(offset, row), at(offset, row + 1));
    return order === 'width' && inner.length > 1 ? inner.sort((a, b) => at(width, b) - at(width, a) || a - b) : inner;
  };
}

/** The frame of a level that covers `x` (a share of the root), or -1. */
export function frameAt({ left, width, byDepth }: Layout, depth: number, x: number): number {
  const level = byDepth[depth];
  if (level === undefined) return -1;
  let low = 0;
  let high = level.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const row = at(level, middle);
    if (x < at(left, row)) high = middle - 1;
    else if (x >= at(left, row) + at(width, row)) low = middle + 1;
    else return row;
  }
  return -1;
}

/** Next frame of the same level to the left or right, or the same one at the edge. */
export function neighbour(frames: Frames, { byDepth }: Layout, row: number, step: -1 | 1): number {
  const level = byDepth[at(frames.depth, row)];
  if (level === undefined) return row;
  return level[level.indexOf(row) + step] ?? row;
}

/** The widest child of a frame, or the frame itself when it has none. */
export function firstChild(frames: Frames, { width }: Layout, row: number): number {
  let best = row;
  for (let inner = row + 1; inner < at(frames.end, row); inner = at(frames.end, inner)) {
    if (at(width, inner) > 0 && (best === row || at(width, inner) > at(width, best))) best = inner;
  }
  return best;
}
