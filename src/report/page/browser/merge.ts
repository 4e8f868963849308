import { operationName } from '../../../model/operations.js';
import { SPAN_KINDS } from '../../../model/span.js';
import { stageLabel } from '../../words.js';
import { at, type Frames } from './frames.js';
import { childGroup, framesOfGroups, newGroup } from './groups.js';

const STAGE = SPAN_KINDS.indexOf('stage');
const LAYER = SPAN_KINDS.indexOf('layer');
const NATIVE = SPAN_KINDS.indexOf('native');
const KERNEL = SPAN_KINDS.indexOf('kernel');
const DISPATCH = SPAN_KINDS.indexOf('dispatch');

/** Ways to group frames instead of by call path. */
export const GROUPINGS = [
  ['layer', 'stage → layer → operation'],
  ['operation', 'stage → operation → layer'],
] as const;
export type Grouping = (typeof GROUPINGS)[number][0];

/** The same self times, grouped by stage and there by layer and operation, in the order asked for. */
export function mergeFrames(frames: Frames, grouping: Grouping): Frames {
  const root = newGroup(frames.names[0] ?? '', at(frames.stage, 0), 0);
  const layers = layersOf(frames);
  for (let row = 0; row < frames.length; row++) {
    if (frames.self.every((side) => at(side, row) === 0) && frames.length > 1) continue;
    const stage = at(frames.stage, row);
    const layer = at(layers, row);
    // The native part of an operation is the operation's.
    const operation = at(frames.kind, row) === NATIVE ? at(frames.parent, row) : row;
    const path = [...(layer >= 0 ? [layer] : []), ...(layer !== row && at(frames.kind, row) !== STAGE ? [operation] : [])];
    if (grouping === 'operation') path.reverse();
    let group = childGroup(root, stageLabel(stage), stage, STAGE);
    for (const frame of path) group = childGroup(group, nameOf(frames, frame), stage, at(frames.kind, frame));
    group.rows.push(row);
  }
  return framesOfGroups(root, frames);
}

/** In a difference the same work has the same name on both sides, and what tfjs takes to dispatch it is one thing. */
function nameOf({ names, kind, self }: Frames, row: number): string {
  const name = names[row] ?? '';
  if (self.length < 2) return name;
  return at(kind, row) === KERNEL ? operationName(name) : at(kind, row) === DISPATCH ? 'dispatch' : name;
}

/** Share of both sides' own time in frames that only one side has: the call paths of unlike trees do not line up. */
export function oneSidedShare({ length, self: [before, after], total }: Frames): number {
  let [alone, all] = [0, 0];
  for (let row = 0; row < length; row++) {
    const own = at(before ?? [], row) + at(after ?? [], row);
    all += own;
    if (at(total[0] ?? [], row) === 0 || at(total[1] ?? [], row) === 0) alone += own;
  }
  return all === 0 ? 0 : alone / all;
}

/** The innermost layer that each frame is, or is in, -1 for none; parents come first. */
function layersOf({ length, kind, parent }: Frames): Int32Array {
  const layers = new Int32Array(length).fill(-1);
  for (let row = 0; row < length; row++) layers[row] = at(kind, row) === LAYER ? row : row === 0 ? -1 : at(layers, at(parent, row));
  return layers;
}
