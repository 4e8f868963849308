/**
 * How fast the machine was, and how far a call follows it. Measured in docs/decisions/0013-the-gate-measures-processes.md.
 */
import { mean } from 'simple-statistics';
import type { Conditions } from '../model/trust.js';

/**
 * How far a call follows the reference workload, beyond what both follow the processor: measured, 0.45 for a model of
 * small operations. One large operation hardly follows it, so this is uncertain, as a standard error.
 */
const WAKING_SLOPE = 0.45;
const WAKING_SLOPE_ERROR = 0.3;
/** A call that waits for memory follows the processor less than the loop does. */
const LOOP_SLOPE_ERROR = 0.1;

/** Logs of the machine's speed: of a fixed loop of JavaScript, and how much slower than that TensorFlow's threads are woken. */
export interface MachineSpeed {
  readonly loop: number;
  readonly waking: number;
}

/** `referenceNanos`: null where no reference workload was run, so that only the processor is known. */
export function machineSpeed(loopNanos: number, referenceNanos: number | null): MachineSpeed {
  const loop = Math.log(Math.max(1, loopNanos));
  return { loop, waking: referenceNanos === null ? 0 : Math.log(Math.max(1, referenceNanos)) - loop };
}

/** How much of a call's log is the machine's. */
export const machineShare = ({ loop, waking }: MachineSpeed): number => loop + WAKING_SLOPE * waking;

/** What is uncertain about {@link machineShare} when the machine changed by so much, as a standard error. */
export const machineError = (change: MachineSpeed): number =>
  Math.hypot(LOOP_SLOPE_ERROR * change.loop, WAKING_SLOPE_ERROR * change.waking);

/**
 * The machine's speed as the looks at it between a run's rounds tell, with their standard errors: few looks on a busy machine tell
 * little.
 */
export interface WatchedSpeed extends MachineSpeed {
  readonly loopError: number;
  readonly wakingError: number;
}

/** About a second of calls. Fewer looks do not show how fast the machine was. */
const MIN_LOOKS = 5;
/** Standard error of a 5th percentile of n normal values, in units of their distance from the median to it ÷ √n. */
const ERROR_OF_LOW = 1.28;

/** Over the processes of a run; null where any of them was not watched for long enough. */
export function watchedSpeed(conditions: readonly (Conditions | undefined)[]): WatchedSpeed | null {
  const seen = conditions.flatMap((one) => (one === undefined || one.samples < MIN_LOOKS ? [] : [speedIn(one)]));
  if (seen.length === 0 || seen.length < conditions.length) return null;
  const over = (of: (speed: WatchedSpeed) => number): number => mean(seen.map(of));
  const errorOf = (of: (speed: WatchedSpeed) => number): number => Math.hypot(...seen.map(of)) / seen.length;
  return {
    loop: over(({ loop }) => loop),
    waking: over(({ waking }) => waking),
    loopError: errorOf(({ loopError }) => loopError),
    wakingError: errorOf(({ wakingError }) => wakingError),
  };
}

function speedIn({ samples, probeNanos, referenceNanos }: Conditions): WatchedSpeed {
  const errorOf = ({ low, median }: Conditions['probeNanos']): number =>
    (ERROR_OF_LOW * Math.log(Math.max(1, median) / Math.max(1, low))) / Math.sqrt(samples);
  const loopError = errorOf(probeNanos);
  return {
    ...machineSpeed(probeNanos.low, referenceNanos?.low ?? null),
    loopError,
    wakingError: referenceNanos === undefined ? 0 : Math.hypot(loopError, errorOf(referenceNanos)),
  };
}

/**
 * What changed between two runs, as far as the looks carry it, and what is uncertain about what that did to a call, as a standard
 * error.
 */
export function speedChange(from: WatchedSpeed, to: WatchedSpeed): { readonly share: number; readonly error: number } {
  const carried = (change: number, error: number): number => (change === 0 ? 0 : change ** 3 / (change ** 2 + error ** 2));
  const errors = { loop: Math.hypot(from.loopError, to.loopError), waking: Math.hypot(from.wakingError, to.wakingError) };
  const change = { loop: to.loop - from.loop, waking: to.waking - from.waking };
  const share = machineShare({ loop: carried(change.loop, errors.loop), waking: carried(change.waking, errors.waking) });
  return { share, error: Math.hypot(machineError(change), errors.loop, WAKING_SLOPE * errors.waking) };
}
