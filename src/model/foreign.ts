import type { FlameNode } from './analysis.js';

/** Formats of other tools that are read; a new one is a file in src/read/ and a name here. */
export const FOREIGN_FORMATS = ['cpuprofile', 'collapsed', 'chrome-trace', 'speedscope', 'pprof', 'otlp', 'jaeger'] as const;
export type ForeignFormat = (typeof FOREIGN_FORMATS)[number];

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
  readonly tree: FlameNode;
  /** What a reader should know, such as a unit that the file does not state. */
  readonly notes: readonly string[];
}

/** Profiles of which one counts something else than time are compared by share only. */
export type ForeignUnit = 'time' | 'count';
