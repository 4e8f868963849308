import type { RecordingMeta } from './recording.js';

/** Version of the baseline file. History: 1 (2026-11): first; 2 (2026-11): lower deciles instead of medians. */
export const BASELINE_VERSION = 2;

/** What `inferscope baseline` stores and `inferscope check` reads: latencies of several sessions of one model. */
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
  /** Lower decile of each session's latencies, nanoseconds: an undisturbed call. A session loads the model anew. */
  readonly sessionNanos: readonly number[];
  /** Lower decile of a fixed reference workload in each session, run between the rounds: takes the machine's speed out. */
  readonly sessionReferenceNanos: readonly number[];
  /** Mean time per call of each stage, nanoseconds, for saying where a regression sits. */
  readonly stageNanos: Readonly<Record<string, number>>;
}

export const GATE_OUTCOMES = ['pass', 'regression', 'cannot-tell'] as const;
export type GateOutcome = (typeof GATE_OUTCOMES)[number];

/** One variant against its baseline. */
export interface GateCheck {
  readonly key: string;
  readonly outcome: GateOutcome;
  /** Now ÷ baseline, both in units of the reference workload. */
  readonly ratio: number;
  /** One-sided bounds from either side, each as sure as this look has to be: 95 % where there is only one. */
  readonly interval: readonly [number, number];
  /** The reference workload now ÷ for the baseline: how much slower the machine itself is. */
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
  /** Sessions of the baseline and of the check. */
  readonly sessions: readonly [baseline: number, current: number];
  readonly checks: readonly GateCheck[];
  /** What differs between the runs, when they were compared all the same. */
  readonly notes: readonly string[];
}
