import type { Recording } from './recording.js';

/** Tools that write whole microseconds make a child up to this much longer than its parent. */
export const ROUNDING_NANOS = 1000;

/** Of a recording, what single calls are drawn from. */
export type DrawnRecording = Pick<Recording, 'strings' | 'details' | 'spans' | 'calls' | 'gc' | 'pages'>;

/** Spans of other programs one by one, in the columns of a recording: a call is the root of a trace, with all that is below it. */
export interface SpanTraces extends DrawnRecording {
  /** Rows of spans that their parent did not wait for: a consumer's below its producer. */
  readonly apart: ReadonlySet<number>;
}

/** What the traces of a file waited for, added up over them. */
export interface TracePath {
  readonly traces: number;
  /** Of the traces from begin to end: what the frames add up to. */
  readonly totalNanos: number;
  /** By name, the longest first; those that are on no path are left out. */
  readonly frames: readonly PathFrame[];
  /** Spans of which nothing is on a path: something else took longer meanwhile. */
  readonly besideSpans: number;
  /** Spans on a path that run on after their parent, or began before it: only the part within it counts. */
  readonly outsideSpans: number;
  /** Spans that a producer left to a consumer, with all below them. */
  readonly apartSpans: number;
}

export interface PathFrame {
  readonly name: string;
  /** On the path itself, and not in a child. */
  readonly nanos: number;
  /** Spans of that name on the path. */
  readonly spans: number;
}
