/**
 * How fast the machine was, and how far a call follows it. Measured in docs/decisions/0013-the-gate-measures-processes.md.
 */

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
export const machineError = (change: MachineSpeed): number => Math.hypot(LOOP_SLOPE_ERROR * change.loop, WAKING_SLOPE_ERROR * change.waking);

export const speedChange = (from: MachineSpeed, to: MachineSpeed): MachineSpeed => ({ loop: to.loop - from.loop, waking: to.waking - from.waking });
