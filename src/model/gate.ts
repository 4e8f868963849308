import type { Difference } from './parity.js';
import type { RecordingMeta } from './recording.js';
import type { Stage } from './stage.js';

/**
 * Version of the baseline file. History: 1 (2026-11): first; 2 (2026-11): lower deciles instead of medians; 3 (2026-11):
 * 5th percentiles, one for each process, with a fixed loop beside the reference workload.
 */
export const BASELINE_VERSION = 3;

/** What `inferscope baseline` stores and `inferscope check` reads: latencies of several processes of one model. */
export interface Baseline {
  readonly baselineVersion: number;
  /** When it was made, ISO 8601. */
  readonly madeAt: string;
  /** What was run and where: unlike runs are refused. */
  readonly meta: RecordingMeta;
  readonly variants: readonly BaselineVariant[];
}

export interface BaselineVariant {
  readonly key: string;
  /** 5th percentile of each process's latencies, nanoseconds: the fastest typical call. */
  readonly sessionNanos: readonly number[];
  /** Of each process the 1st to 99th percentile, nanoseconds; null where its calls are too few to state one. Missing in older files. */
  readonly sessionPercentiles?: readonly (readonly (number | null)[])[];
  /** The same of a fixed piece of eager TensorFlow work between the rounds: how fast the machine wakes TensorFlow's threads. */
  readonly sessionReferenceNanos: readonly number[];
  /** The same of a fixed loop of JavaScript: how fast the processor is. */
  readonly sessionLoopNanos: readonly number[];
  /** Mean time per call of each stage, nanoseconds, for saying where a regression sits. */
  readonly stageNanos: Readonly<Record<string, number>>;
}

export const GATE_OUTCOMES = ['pass', 'regression', 'cannot-tell'] as const;
export type GateOutcome = (typeof GATE_OUTCOMES)[number];

/** One variant against its baseline. */
export interface GateCheck {
  readonly key: string;
  readonly outcome: GateOutcome;
  /** Now ÷ baseline, with what the machine's speed changed taken out. */
  readonly ratio: number;
  /** One-sided bounds from either side, each as sure as this look has to be: 95 % where there is only one. */
  readonly interval: readonly [number, number];
  /** How much slower the machine itself is than for the baseline, as far as a call is expected to follow it. */
  readonly machineRatio: number;
  readonly baselineNanos: number;
  readonly currentNanos: number;
  readonly sentence: string;
}

/** The gate's answer: the worst of its checks. */
export interface GateResult {
  readonly outcome: GateOutcome;
  readonly model: string;
  /** As a share: 0.05 allows 5 %. */
  readonly maxRegression: number;
  /** Which percentile of a process's calls was compared. */
  readonly percentile: number;
  /** Processes of the baseline and of the check. */
  readonly sessions: readonly [baseline: number, current: number];
  readonly checks: readonly GateCheck[];
  /** What differs between the runs, when they were compared all the same. */
  readonly notes: readonly string[];
}

/** Which quantile stands for a process, of calls and of what is run between the rounds. */
export const UNDISTURBED = 0.05;

/** The same as a percentile: what a check compares unless it is asked for another. */
export const FASTEST_TYPICAL = 100 * UNDISTURBED;

/** `1st`, `95th`. */
export function ordinal(number: number): string {
  const ending = new Intl.PluralRules('en', { type: 'ordinal' }).select(number);
  return `${number}${({ one: 'st', two: 'nd', few: 'rd' } as Readonly<Partial<Record<Intl.LDMLPluralRule, string>>>)[ending] ?? 'th'}`;
}

/** A check before it is put into words. */
export interface GateCheckFinding extends Omit<GateCheck, 'sentence'> {
  /** What grew most per call. */
  readonly grown: { readonly stage: Stage; readonly nanos: number };
  /** Whether the machine's own speed changed enough for a word. */
  readonly machineDrifted: boolean;
  /** Whether the machine's own change leaves more uncertain than the processes do. */
  readonly machineChanged: boolean;
  readonly processes: readonly [baseline: number, current: number];
}

/** The gate's answer before it is put into words. */
export interface GateFindings extends Omit<GateResult, 'checks' | 'notes'> {
  readonly checks: readonly GateCheckFinding[];
  readonly notes: readonly GateNote[];
}

export type GateNote =
  | { readonly kind: 'differs'; readonly difference: Difference }
  | { readonly kind: 'discarded'; readonly run: 'baseline' | 'check'; readonly slow: number; readonly all: number };
