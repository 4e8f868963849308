import type { LoopFigure } from '../model/analysis.js';
import type { CallRecord } from '../model/recording.js';
import { type SpanDetail, spanKindCode } from '../model/span.js';
import { stageCode } from '../model/stage.js';
import type { FrameTable } from './frame-table.js';
import type { KernelTable } from './kernel-table.js';
import { weightsOf, WHOLE } from './looked-into.js';
import type { WorkTable } from './work-table.js';
import type { DetailPool } from './variant-data.js';
import type { Source } from './source.js';

const CALL = spanKindCode('call');
const KERNEL = spanKindCode('kernel');
const DISPATCH = spanKindCode('dispatch');
const NATIVE = spanKindCode('native');
const LAYER = spanKindCode('layer');
const KERNEL_STAGE = stageCode('kernel-execution');
const UNEXPLAINED = stageCode('unexplained');
/** In place of a parent's frame: there is none; or the span's parent was lost, so it has no time (see sweep-line.ts). */
const ROOT = -1;
const ORPHAN = -2;

/** A call to fold in, with the recording it is from. */
export interface FoldedCall {
  readonly source: Source;
  readonly number: number;
  readonly call: CallRecord;
  /** Its place in its variant's timeline. */
  readonly place: number;
  readonly details: DetailPool;
}

/** Where it goes. `block`: which block of rounds it belongs to, -1 for none. */
export interface FoldTarget {
  readonly table: FrameTable;
  readonly kernels: KernelTable;
  readonly work: WorkTable;
  readonly loops: Map<string, LoopFigure>;
  readonly block: number;
}

/**
 * Adds a call's spans to a tree and a kernel table.
 *
 * Kernels inside a session run come one after another, each with the name of its layer: in the tree they are grouped
 * under a frame for that layer, as a layers model's own layers are, so that both line up.
 */
export function foldCall({ source, number, call, place, details }: FoldedCall, { table, kernels, work, loops, block }: FoldTarget): void {
  const { rows, recording, frames, totals, attribution, nameIds } = source;
  const { parent, name, kind, stage, detail } = recording.spans;
  const weights = call.traced === true ? weightsOf(source, number) : null;
  const last = rows.offset[number + 1] ?? 0;
  for (let next = rows.offset[number] ?? 0; next < last; next += 1) {
    const row = rows.order[next] ?? 0;
    const up = parent[row] ?? -1;
    const upFrame = up < 0 ? ROOT : (frames[up] ?? ORPHAN);
    if (upFrame === ORPHAN || (up < 0 && row !== call.rootSpan)) {
      frames[row] = ORPHAN;
      continue;
    }
    const rowKind = kind[row] ?? CALL;
    const rowStage = up < 0 && call.async === true ? UNEXPLAINED : (stage[row] ?? UNEXPLAINED);
    const rowDetail = detail[row] ?? 0;
    const described = rowDetail === 0 ? undefined : recording.details[rowDetail];
    const weight = weights?.get(row) ?? weights?.get(up) ?? WHOLE;
    if (weight !== WHOLE) weights?.set(row, weight);
    const total = (totals[row] ?? 0) * weight.time;
    const above =
      rowKind === KERNEL && described?.layer !== undefined ? layerFrame(source, table, upFrame, described.layer, total) : upFrame;
    const frame = table.frame(above, nameIds[name[row] ?? 0] ?? 0, rowKind, rowStage);
    frames[row] = frame;
    if (rowKind === LAYER) noteLayer(table, upFrame, frame, recording.strings[name[row] ?? 0] ?? '');
    const repeat = (described?.repeat ?? 1) * weight.count;
    table.add(frame, total, (attribution.wallSelf[row] ?? 0) * weight.time, details.id(source.index, rowDetail), repeat);
    if (rowKind === KERNEL || (rowKind === DISPATCH && rowStage === KERNEL_STAGE)) {
      const op = recording.strings[name[row] ?? 0] ?? '';
      // In a traced run, what is left of a call around kernels is mostly TensorFlow noting them: not the operation's time.
      const noting = block < 0 && described?.allocatedBytes !== undefined && (attribution.childNanos[row] ?? 0) > 0;
      kernels.add(op, noting ? 0 : busyNanos(source, row), described, weight);
      if (described?.iterationNanos !== undefined) noteLoop(loops, op, described, described.iterationNanos);
      if (rowKind === KERNEL) work.add(op, described?.layer ?? table.layers.get(frame), busyNanos(source, row), described, weight);
    }
    if (rowKind === NATIVE && up >= 0) kernels.addNative(recording.strings[name[up] ?? 0] ?? '', busyNanos(source, row));
  }
  table.endCall(block, place);
  kernels.calls += 1;
  work.calls += 1;
}

function noteLoop(loops: Map<string, LoopFigure>, op: string, { node = op, layer }: SpanDetail, iterationNanos: readonly number[]): void {
  loops.set(`${layer ?? ''} ${node}`, { op, node, layer: layer ?? null, iterationNanos });
}

/** A layer's own frame: what is below it is inside of the layer. */
function noteLayer(table: FrameTable, above: number, frame: number, name: string): void {
  const outer = table.layers.get(above);
  table.layers.set(frame, outer === undefined ? name : `${outer}/${name}`);
}

/** The frame of a layer below `above`, one for each part of its path, with `totalNanos` added; `above` where it is inside that layer. */
function layerFrame(source: Source, table: FrameTable, above: number, layer: string, totalNanos: number): number {
  const inside = table.layers.get(above) ?? '';
  if (inside === layer || inside.endsWith(`/${layer}`)) return above;
  const rest = inside !== '' && layer.startsWith(`${inside}/`) ? layer.slice(inside.length + 1) : layer;
  let frame = above;
  let path = inside;
  for (const part of rest.split('/')) {
    frame = table.frame(frame, source.names.id(part), LAYER, KERNEL_STAGE);
    path = path === '' ? part : `${path}/${part}`;
    table.layers.set(frame, path);
    table.addGroup(frame, totalNanos);
  }
  return frame;
}

/** A kernel's own duration; kernels of several threads may overlap, so this is not its share of the wall time. */
function busyNanos({ recording, attribution }: Source, row: number): number {
  const own = (recording.spans.durationNanos[row] ?? 0) - (attribution.childNanos[row] ?? 0);
  return Math.max(0, own - (attribution.gc[row] ?? 0) - (attribution.tool[row] ?? 0));
}
