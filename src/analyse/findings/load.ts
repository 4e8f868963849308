import type { BatchWindow, LoadFigure } from '../../model/load.js';

/** The load that is carried best: of those that keep up, else of all, the one with the shortest typical request. */
export function bestCarried(loads: readonly LoadFigure[]): LoadFigure | undefined {
  const carried = loads.filter(carries);
  return [...(carried.length > 0 ? carried : loads)].sort((a, b) => a.latencyNanos.p50 - b.latencyNanos.p50)[0];
}

const carries = ({ keepsUp, answered }: LoadFigure): boolean => keepsUp && answered > 0;

/** Several rates on one variant: the highest that it keeps up with, and the lowest that it does not; null where there is none. */
export interface RisingRates {
  readonly first: LoadFigure;
  readonly last: LoadFigure;
  readonly below: LoadFigure | null;
  readonly above: LoadFigure | null;
}

/** Null where loads are no rates on one variant. */
export function risingRates(loads: readonly LoadFigure[]): RisingRates | null {
  const [first] = loads;
  const last = loads.at(-1);
  if (first === undefined || last === undefined || loads.length < 2 || loads.some(({ variant }) => variant !== first.variant)) return null;
  return { first, last, below: loads.findLast(carries) ?? null, above: loads.find(({ keepsUp }) => !keepsUp) ?? null };
}

/** Of a mean request this much is lateness before it is said. */
const LATE_SHARE = 0.1;

/** Whether requests began late although no call ran. */
export const isLate = ({ lateNanos, latencyNanos }: LoadFigure): boolean => lateNanos > LATE_SHARE * latencyNanos.mean;

/** A window must save this share of the latency to be worth its code. */
const WORTH_SHARE = 0.1;

/** What collecting requests into batches would do. */
export type Batching =
  | { readonly kind: 'does-not-keep-up' }
  | { readonly kind: 'not-shorter' }
  | {
      readonly kind: 'shorter';
      readonly window: BatchWindow;
      /** The percentile that is told: the median where there are too few requests for the other. */
      readonly of: 'p50' | 'p90';
      readonly nanos: number;
      /** Without batches; null where that does not keep up, or has too few requests. */
      readonly insteadOfNanos: number | null;
    };

/** Of the best window; null where none was tried. */
export function bestBatching({ windows: [single, ...windows] }: LoadFigure): Batching | null {
  if (single === undefined) return null;
  const typical = ({ latencyNanos: { p50, p90 } }: BatchWindow): number => p90 ?? p50;
  const [window] = windows.filter(({ keepsUp }) => keepsUp).sort((a, b) => typical(a) - typical(b));
  if (window === undefined) return { kind: 'does-not-keep-up' };
  if (single.keepsUp && typical(window) > (1 - WORTH_SHARE) * typical(single)) return { kind: 'not-shorter' };
  const of = window.latencyNanos.p90 === null ? 'p50' : 'p90';
  return { kind: 'shorter', window, of, nanos: typical(window), insteadOfNanos: single.keepsUp ? single.latencyNanos[of] : null };
}
