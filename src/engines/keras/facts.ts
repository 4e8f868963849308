import type { AgentVersions } from './protocol.js';

/** A graph that was built during a recorded call. */
export interface TraceFact {
  /** Index into `Recording.calls`. */
  readonly call: number;
  readonly variant: string;
  readonly graph: 'input-pipeline' | 'model';
  readonly function: string;
  /** `first-trace`, `new-shape`, `new-dtype`, `new-value`, `new-structure`, `new-function`, `traced-again`. */
  readonly cause: string;
  readonly change: string;
}

/** Figures of one variant that a recording has no place for. */
export interface VariantFact {
  readonly key: string;
  /** Median latency of calls with no seam installed, same process, interleaved; null before any. */
  readonly bareNanos: number | null;
  readonly recordedNanos: number | null;
  /** Median over rounds of (recorded ÷ bare): what instrumentation costs. */
  readonly overhead: number | null;
  /** Median latency of the bare calls of each round, in order: for ratios that interleaving makes fair. */
  readonly bareByRound: readonly number[];
  /** Growth of the process per call in bytes, median over rounds; null where the system does not tell. */
  readonly leakBytes: number | null;
  /** Largest relative difference of the first output from the first variant's; null for the first, or where unlike. */
  readonly largestRelativeDifference: number | null;
}

/** What the Python side told besides spans. */
export interface KerasFacts {
  readonly versions: AgentVersions;
  readonly python: string;
  readonly executable: string;
  readonly keras: string;
  readonly backend: string;
  /** Seam → where it was found. */
  readonly seams: Readonly<Record<string, string>>;
  readonly missingSeams: readonly string[];
  readonly variants: readonly VariantFact[];
  readonly unavailable: readonly { readonly variant: string; readonly reason: string }[];
  readonly traces: readonly TraceFact[];
  readonly notes: readonly string[];
}
