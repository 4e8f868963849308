import type { DiffNode, FlameNode } from './analysis.js';
import type { SpanTraces } from './span-traces.js';

/** Formats of other tools that are read; a new one is a file in src/formats/ and a name here. */
export const FOREIGN_FORMATS = [
  'cpuprofile',
  'collapsed',
  'chrome-trace',
  'speedscope',
  'pprof',
  'otlp',
  'jaeger',
  'xplane',
  'perfetto',
] as const;
/** `inferscope`: a variant of one of our own runs, set beside another tool's profile. */
export type ForeignFormat = (typeof FOREIGN_FORMATS)[number] | 'inferscope';

/**
 * A profile another tool wrote, as one merged tree over the whole profile.
 *
 * `tree` is in nanoseconds where the file states a unit of time; else one of whatever it counts stands as 1 ns. Its
 * `perCall.calls` is the number of independent observations that the standard errors rest on (samples of a sampling
 * profiler, executions in a trace); 1 means that nothing is known about the error.
 */
export interface ForeignProfile {
  readonly name: string;
  readonly format: ForeignFormat;
  readonly unit: ForeignUnit;
  /** How it was made: `samples` of a sampling profiler, or what was `measured`. */
  readonly taken: 'samples' | 'measured';
  readonly tree: FlameNode;
  /** What a reader should know, such as a unit that the file does not state. */
  readonly notes: readonly string[];
  /** Of spans: each of them, in order of time. */
  readonly traces?: SpanTraces;
}

/** Profiles of which one measures something other than time are compared by share only. */
export type ForeignUnit = 'time' | 'count';

/** `time`: how much longer a frame takes; `share`: how much more of the profile it is. */
export type ProfileBasis = 'time' | 'share';

/** Two profiles side by side, each as a whole. */
export interface ProfileComparison {
  readonly baseline: string;
  readonly candidate: string;
  readonly basis: ProfileBasis;
  /** Candidate ÷ baseline of the whole; null where the two do not count the same. */
  readonly ratio: number | null;
  /** By share, the candidate's times are stretched until both wholes are equal: a shift is a shift of shares. */
  readonly diff: DiffNode;
}
