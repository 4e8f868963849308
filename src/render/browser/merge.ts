import { STAGES } from '../../model/stage.js';
import { SPAN_KINDS } from '../../model/span.js';
import { STAGE_LABELS } from '../words.js';
import { accumulate, add, at, nesting, type Frames } from './frames.js';

const STAGE = SPAN_KINDS.indexOf('stage');
const LAYER = SPAN_KINDS.indexOf('layer');

interface Group {
  readonly name: string;
  readonly stage: number;
  readonly kind: number;
  readonly rows: number[];
  readonly children: Map<string, Group>;
}

/**
 * The same self times, grouped by stage → layer → operation instead of by call path. Rises and falls of one group
 * add up; so do their half-widths (as if every error pointed the same way), which makes the merged interval wider
 * than it need be, never narrower.
 */
export function mergeByLayer(frames: Frames): Frames {
  const root: Group = { name: frames.names[0] ?? '', stage: at(frames.stage, 0), kind: 0, rows: [], children: new Map() };
  for (let row = 0; row < frames.length; row++) {
    if (frames.self.every((side) => at(side, row) === 0) && frames.length > 1) continue;
    const stage = at(frames.stage, row);
    let group = child(root, STAGE_LABELS[STAGES[stage] ?? 'unexplained'], stage, STAGE);
    const layer = layerOf(frames, row);
    if (layer >= 0) group = child(group, frames.names[layer] ?? '', stage, LAYER);
    if (layer !== row && at(frames.kind, row) !== STAGE) group = child(group, frames.names[row] ?? '', stage, at(frames.kind, row));
    group.rows.push(row);
  }
  return flatten(root, frames);
}

function child(group: Group, name: string, stage: number, kind: number): Group {
  const key = `${kind}\n${name}`;
  const known = group.children.get(key);
  if (known !== undefined) return known;
  const made = { name, stage, kind, rows: [], children: new Map<string, Group>() };
  group.children.set(key, made);
  return made;
}

function layerOf(frames: Frames, row: number): number {
  for (let above = row; above >= 0; above = at(frames.parent, above)) {
    if (at(frames.kind, above) === LAYER) return above;
  }
  return -1;
}

function flatten(root: Group, from: Frames): Frames {
  const groups: Group[] = [];
  const parents: number[] = [];
  const visit = (group: Group, parent: number): void => {
    const row = groups.push(group) - 1;
    parents.push(parent);
    for (const inner of group.children.values()) visit(inner, row);
  };
  visit(root, -1);
  const parent = Int32Array.from(parents);
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
    doubt: from.doubt === null ? null : mergeDoubt(groups, shape, sum(from.doubt.selfHalf), from.doubt.significant),
  };
}

function mergeDoubt(groups: readonly Group[], shape: Pick<Frames, 'length' | 'parent'>, selfHalf: Float64Array, significant: Uint8Array) {
  const any = Float64Array.from(groups, (group) => (group.rows.some((row) => at(significant, row) > 0) ? 1 : 0));
  const below = accumulate(shape, any);
  return { totalHalf: accumulate(shape, selfHalf), selfHalf, significant: Uint8Array.from(below, (n) => (n > 0 ? 1 : 0)) };
}
