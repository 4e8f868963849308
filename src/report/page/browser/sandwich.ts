import { at, type Frames } from './frames.js';
import { childGroup, framesOfGroups, newGroup, type Group } from './groups.js';

/** Who calls a frame of a name, and what it calls, over the whole tree. Both have the name as their root. */
export interface Sandwich {
  /** Inverted: children are callers, widths are the time spent in the name when called so. */
  readonly callers: Frames;
  readonly callees: Frames;
  /** Places in the tree where the name stands, not below itself. */
  readonly places: number;
}

/** Puts together all frames of one name and kind. One inside itself counts once, at its outermost place. */
export function sandwichOf(frames: Frames, name: string, kind: number): Sandwich {
  const rows = outermost(frames, name, kind);
  const [first] = rows;
  const stage = first === undefined ? 0 : at(frames.stage, first);
  const above = newGroup(name, stage, kind);
  const below = newGroup(name, stage, kind);
  for (const row of rows) {
    let group = above;
    for (let up = at(frames.parent, row); up >= 0; up = at(frames.parent, up)) group = childOf(group, frames, up);
    group.rows.push(row);
    addSubtree(below, frames, row);
  }
  const totals = { ...frames, self: frames.total, shapes: [], doubt: null };
  return { callers: framesOfGroups(above, totals), callees: framesOfGroups(below, frames), places: rows.length };
}

function outermost(frames: Frames, name: string, kind: number): readonly number[] {
  const rows: number[] = [];
  let covered = 0;
  for (let row = 0; row < frames.length; row++) {
    if (row < covered || frames.names[row] !== name || at(frames.kind, row) !== kind) continue;
    rows.push(row);
    covered = at(frames.end, row);
  }
  return rows;
}

function addSubtree(root: Group, frames: Frames, top: number): void {
  const groups = new Map<number, Group>([[top, root]]);
  root.rows.push(top);
  for (let row = top + 1; row < at(frames.end, top); row++) {
    const parent = groups.get(at(frames.parent, row));
    if (parent === undefined) continue;
    const group = childOf(parent, frames, row);
    group.rows.push(row);
    groups.set(row, group);
  }
}

const childOf = (group: Group, frames: Frames, row: number): Group =>
  childGroup(group, frames.names[row] ?? '', at(frames.stage, row), at(frames.kind, row));
