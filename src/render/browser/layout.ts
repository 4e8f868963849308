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
  const children: number[][] = Array.from({ length: frames.length }, () => []);
  for (let row = 1; row < frames.length; row++) children[at(frames.parent, row)]?.push(row);
  const left = new Float64Array(frames.length);
  const width = sums.map((value) => value / all);
  for (let row = 0; row < frames.length; row++) {
    const inner = children[row] ?? [];
    if (order === 'width') inner.sort((a, b) => at(width, b) - at(width, a) || a - b);
    let x = at(left, row);
    for (const child of inner) {
      left[child] = x;
      x += at(width, child);
    }
  }
  return { left, width, byDepth: rowsByDepth(frames, left, width) };
}

function rowsByDepth(frames: Frames, left: Float64Array, width: Float64Array): readonly Int32Array[] {
  const rows: number[][] = [];
  for (let row = 0; row < frames.length; row++) {
    if (at(width, row) <= 0) continue;
    (rows[at(frames.depth, row)] ??= []).push(row);
  }
  return rows.map((level) => Int32Array.from(level.sort((a, b) => at(left, a) - at(left, b))));
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
