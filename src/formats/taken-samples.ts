/** A function of a program: where it begins, lines from 1; an empty file where it is not known. */
export interface SampledFunction {
  readonly name: string;
  readonly file: string;
  readonly line: number;
}

/** Samples of one stack that share their labels. */
export interface TakenSample {
  /** Outermost first. */
  readonly stack: readonly SampledFunction[];
  readonly count: number;
  readonly nanos: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** Samples that were to be taken every so many nanoseconds. */
export interface TakenSamples {
  readonly samples: readonly TakenSample[];
  readonly periodNanos: number;
  /** Begin, nanoseconds since the epoch, to about a microsecond. */
  readonly timeNanos: number;
  readonly durationNanos: number;
}
