import type { StageFigure } from '../model/analysis.js';
import type { Recording } from '../model/recording.js';
import { STAGES, type Stage, stageCode } from '../model/stage.js';
import type { Attribution } from './attribution.js';
import type { CallRows } from './call-rows.js';

/** Nanoseconds of each stage, by its code; the sum is the call's latency, exactly. */
export type Ledger = Float64Array;

export const emptyLedger = (): Ledger => new Float64Array(STAGES.length);

const GC = stageCode('gc');
const TOOL = stageCode('tool');
const UNEXPLAINED = stageCode('unexplained');

/** The ledger of one call with spans. The self time of an asynchronous call's root is waiting: `unexplained`. */
export function ledgerOfCall(recording: Recording, rows: CallRows, attribution: Attribution, call: number): Ledger {
  const ledger = emptyLedger();
  const waiting = recording.calls[call]?.async === true;
  const first = rows.offset[call] ?? 0;
  const last = rows.offset[call + 1] ?? 0;
  for (let place = first; place < last; place += 1) {
    const row = rows.order[place] ?? 0;
    const gc = attribution.gc[row] ?? 0;
    const tool = attribution.tool[row] ?? 0;
    const root = (recording.spans.parent[row] ?? -1) < 0;
    const stage = root && waiting ? UNEXPLAINED : (recording.spans.stage[row] ?? UNEXPLAINED);
    ledger[stage] = (ledger[stage] ?? 0) + (attribution.wallSelf[row] ?? 0) - gc - tool;
    ledger[GC] = (ledger[GC] ?? 0) + gc;
    ledger[TOOL] = (ledger[TOOL] ?? 0) + tool;
  }
  return ledger;
}

export function addLedger(sum: Ledger, other: Ledger): void {
  for (let stage = 0; stage < sum.length; stage += 1) sum[stage] = (sum[stage] ?? 0) + (other[stage] ?? 0);
}

/** Ledger summed over `calls` as figures per call; shares are of the ledger's own sum. */
export function stageFigures(sum: Ledger, calls: number): Readonly<Record<Stage, StageFigure>> {
  const total = sum.reduce((all, one) => all + one, 0);
  const figure = (stage: Stage): StageFigure => {
    const nanos = sum[stageCode(stage)] ?? 0;
    return { nanosPerCall: calls === 0 ? 0 : nanos / calls, share: total === 0 ? 0 : nanos / total };
  };
  return Object.fromEntries(STAGES.map((stage) => [stage, figure(stage)])) as Record<Stage, StageFigure>;
}
