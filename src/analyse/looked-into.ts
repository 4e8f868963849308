import { addToGroup } from '../model/add-to-group.js';
import { spanKindCode } from '../model/span.js';
import { stageCode } from '../model/stage.js';
import type { Source } from './source.js';

/** How much a row stands for, with all below it. */
export interface Weight {
  readonly time: number;
  readonly count: number;
}

export const WHOLE: Weight = { time: 1, count: 1 };
const NOTHING: Weight = { time: 0, count: 0 };

const STAGE_KIND = spanKindCode('stage');
const KERNEL = spanKindCode('kernel');
const KERNEL_STAGE = stageCode('kernel-execution');

interface Run {
  readonly row: number;
  looked: boolean;
}

/**
 * A call may run a session many times (once a token), of which few were looked into: these stand for the others of the same session
 * at the same place of the call, whose kernels would be missing. By row of a run; empty where all runs were looked into, or none.
 */
export function weightsOf(source: Source, number: number): Map<number, Weight> {
  const weights = new Map<number, Weight>();
  for (const runs of runsOf(source, number).values()) {
    const looked = runs.filter((run) => run.looked);
    if (looked.length === 0 || looked.length === runs.length) continue;
    const time = nanosOf(source, runs) / nanosOf(source, looked);
    const weight = Number.isFinite(time) ? { time, count: runs.length / looked.length } : WHOLE;
    for (const run of runs) weights.set(run.row, run.looked ? weight : NOTHING);
  }
  return weights;
}

const nanosOf = ({ totals }: Source, runs: readonly Run[]): number => runs.reduce((sum, { row }) => sum + (totals[row] ?? 0), 0);

/** Runs of a call by session and place. */
function runsOf(source: Source, number: number): ReadonlyMap<string, readonly Run[]> {
  const { rows, recording } = source;
  const { parent, kind, stage } = recording.spans;
  const groups = new Map<string, Run[]>();
  const byRow = new Map<number, Run>();
  for (let next = rows.offset[number] ?? 0; next < (rows.offset[number + 1] ?? 0); next += 1) {
    const row = rows.order[next] ?? 0;
    const above = byRow.get(parent[row] ?? -1);
    if (above !== undefined && kind[row] === KERNEL) above.looked = true;
    if (kind[row] !== STAGE_KIND || stage[row] !== KERNEL_STAGE) continue;
    const run = { row, looked: false };
    byRow.set(row, run);
    addToGroup(groups, placeOf(source, row), run);
  }
  return groups;
}

/** The session, which the row's detail tells, and the names from the row up to the call's root. */
function placeOf({ recording: { spans, details } }: Source, row: number): string {
  let place = details[spans.detail[row] ?? 0]?.node ?? '';
  for (let at = row; at >= 0; at = spans.parent[at] ?? -1) place += ` ${spans.name[at] ?? 0}`;
  return place;
}
