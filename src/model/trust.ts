import type { Verdict } from './verdict.js';

/** How the machine behaved while a run was measured. Null: this system does not tell. */
export interface Conditions {
  /** Looks taken, between rounds. */
  readonly samples: number;
  readonly cpuCount: { readonly start: number; readonly end: number };
  /** Clock of the fastest CPU as the system reports it; a virtual machine often shows a constant. */
  readonly cpuMhz: { readonly low: number; readonly high: number } | null;
  /** Time of a fixed piece of JavaScript between rounds: what the CPU really gave us. */
  readonly probeNanos: { readonly low: number; readonly median: number; readonly high: number };
  /**
   * Time of a fixed piece of eager TensorFlow work between rounds: how fast the machine wakes TensorFlow's threads. Missing where
   * it was not run.
   */
  readonly referenceNanos?: { readonly low: number; readonly median: number; readonly high: number };
  /** Runnable tasks (1 minute mean) at start and end. */
  readonly load: { readonly start: number; readonly end: number } | null;
  /** Time in which the container's CPU limit held us back. */
  readonly throttledNanos: number | null;
  /** How often another task took our CPU away. */
  readonly preemptions: number;
  readonly memory: MemoryPressure;
}

export interface MemoryPressure {
  /** Of the machine, or of the container where that is less. */
  readonly limitBytes: number;
  readonly lowestAvailableBytes: number;
  /** Pages read back from disk. */
  readonly majorFaults: number;
  /** Time in which tasks waited for memory. */
  readonly stalledNanos: number | null;
}

/** Whether the figures of a run can be trusted, and why. Ratios are 1 for "no effect"; shares are 0..1. */
export interface Trust {
  /**
   * `failed`: verdicts are withheld, but for differences far beyond what the pair showed. `not-run`: there was no A/A control, see
   * `skipped`.
   */
  readonly grade: 'passed' | 'failed' | 'not-run';
  /** One sentence for people. */
  readonly sentence: string;
  /** Why verdicts are withheld; null unless failed. */
  readonly withheld: string | null;
  /**
   * With a failed A/A control: verdicts on differences up to this share are withheld: five times what the pair differed by, or
   * twice what it may have.
   */
  readonly withheldBelow: number | null;
  /** A recorded call of the baseline ÷ one that was not recorded, in the same rounds. */
  readonly overhead: { readonly variant: string; readonly ratio: number; readonly interval: readonly [number, number] } | null;
  /** The baseline against itself, from a second copy of the model, in the same rounds. */
  readonly again: AgainstItself | null;
  readonly falseAlarms: FalseAlarms | null;
  readonly clockResolutionNanos: number;
  readonly conditions: Conditions | null;
  /** What was unfavourable about the machine, a sentence each. */
  readonly warnings: readonly string[];
  /** What was not done, and why, a sentence each. */
  readonly skipped: readonly string[];
}

/** How far from 1 an interval of ratios reaches, as a share of the smaller side. */
export const departure = (interval: readonly [number, number]): number =>
  Math.max(...interval.map((bound) => Math.max(bound, 1 / bound) - 1));

export interface AgainstItself {
  readonly variant: string;
  readonly ratio: number;
  readonly interval: readonly [number, number];
  readonly verdict: Verdict;
}

/** How often a thing compared with itself on this machine was called faster or slower. */
export interface FalseAlarms {
  readonly trials: number;
  readonly alarms: number;
  readonly rate: number;
  /** The largest difference that was called one, as a share; 0 without an alarm. */
  readonly largest: number;
  readonly interval: readonly [number, number];
}
