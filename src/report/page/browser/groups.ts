import { preOrder } from '../../../model/pre-order.js';
import { accumulate, add, at, nesting, type Doubt, type Frames } from './frames.js';

/** A tree being put together from rows of another: each group sums the self times of its rows. */
export interface Group {
  readonly name: string;
  readonly stage: number;
  readonly kind: number;
  readonly rows: number[];
  readonly children: Map<string, Group>;
}

export const newGroup = (name: string, stage: number, kind: number): Group => ({ name, stage, kind, rows: [], children: new Map() });

/** The child of that name and kind, made when it is new. */
export function childGroup(group: Group, name: string, stage: number, kind: number): Group {
  const key = `${kind}\n${name}`;
  const known = group.children.get(key);
  if (known !== undefined) return known;
  const made = newGroup(name, stage, kind);
  group.children.set(key, made);
  return made;
}

/**
 * The groups as frames. Half-widths of rows that fall into one group add up (as if every error pointed the same way),
 * which makes a merged interval wider than it need be, never narrower.
 */
export function framesOfGroups(root: Group, from: Frames): Frames {
  const walk = preOrder(root, ({ children }) => [...children.values()]);
  const groups = walk.nodes;
  const parent = Int32Array.from(walk.parent);
  const shape = { length: groups.length, parent };
  const sum = (column: ArrayLike<number>): Float64Array => {
    const out = new Float64Array(groups.length);
    groups.forEach((group, row) => {
      for (const origin of group.rows) add(out, row, at(column, origin));
    });
    return out;
  };
  const self = from.self.map(sum);
  return {
    ...shape,
    ...nesting(parent),
    names: groups.map((group) => group.name),
    shapes: groups.map((group) => [...new Set(group.rows.map((row) => from.shapes[row] ?? ''))].filter((text) => text !== '').join('  ')),
    stage: Uint8Array.from(groups, (group) => group.stage),
    kind: Uint8Array.from(groups, (group) => group.kind),
    self,
    total: self.map((side) => accumulate(shape, side)),
    count: from.count.map(sum),
    doubt: from.doubt === null ? null : mergeDoubt(groups, shape, sum(from.doubt.self.half), from.doubt.self.significant),
  };
}

/** Groups are made of self times, so that is what says whether anything in one is sure. */
function mergeDoubt(
  groups: readonly Group[],
  shape: Pick<Frames, 'length' | 'parent'>,
  half: Float64Array,
  significant: Uint8Array,
): Doubt {
  const own = Float64Array.from(groups, (group) => (group.rows.some((row) => at(significant, row) > 0) ? 1 : 0));
  const flags = (counts: Float64Array): Uint8Array => Uint8Array.from(counts, (n) => (n > 0 ? 1 : 0));
  return { self: { half, significant: flags(own) }, total: { half: accumulate(shape, half), significant: flags(accumulate(shape, own)) } };
}
