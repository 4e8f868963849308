/**
 * What analysis finds, before it is put into words: figures, and a tagged union for each thing worth saying. The words
 * are in src/report/words/; `tell` makes an `Analysis` of `Findings`.
 */
import type { Analysis, Comparison, RunComparison, SamplingFigure } from './analysis.js';
import type { Difference, Parity } from './parity.js';
import type { RunNote } from './run-facts.js';
import type { OutsideProcess } from './outside-operations.js';
import type { Stage } from './stage.js';
import type { Trial } from './trial.js';
import type { AgainstItself, Trust } from './trust.js';
import type { Control } from './variant.js';
import type { Ratio } from './verdict.js';

/** An analysis whose notes are data, with what advice rests on besides its figures: null where none is given. */
export interface Findings extends Omit<Analysis, 'notes' | 'missing' | 'advice' | 'comparisons' | 'trust'> {
  readonly comparisons: readonly ComparisonFinding[];
  readonly trust?: TrustFinding;
  readonly notes: readonly Note[];
  readonly evidence: AdviceEvidence | null;
}

/** What else than the analysis advice rests on. */
export interface AdviceEvidence {
  /** Tensors that a measured call leaves behind, by variant key (mean). */
  readonly tensorsLeft: ReadonlyMap<string, number>;
  /** Changes of the baseline that were tried. */
  readonly trials?: readonly Trial[];
}

/** Two runs side by side, its notes data. */
export interface RunFindings extends Omit<RunComparison, 'notes' | 'comparisons'> {
  readonly comparisons: readonly ComparisonFinding[];
  readonly notes: readonly Note[];
}

/** A comparison before it is put into words. */
export interface ComparisonFinding extends Omit<Comparison, 'sentence' | 'withheld'> {
  readonly rests: RestsOn;
  /** What a failed A/A control did to the verdict; absent where there was none. */
  readonly control?:
    { readonly kind: 'reported'; readonly above: number } | { readonly kind: 'withheld'; readonly failure: ControlFailure };
  readonly withheld?: Withheld;
}

/** What the ratio was taken from. Keys and names are those of the two sides. */
export type RestsOn =
  | { readonly kind: 'rounds'; readonly basis: Ratio['basis']; readonly confidence: number; readonly remark: Remark | null }
  | {
      readonly kind: 'runs';
      readonly keys: readonly [string, string];
      readonly basis: Ratio['basis'];
      readonly confidence: number;
      readonly counted: Counted;
      /** Paths of the models, which can be measured together; null for programs. */
      readonly models: readonly [string, string] | null;
    }
  | {
      readonly kind: 'pairs';
      readonly names: readonly [string, string];
      readonly basis: Ratio['basis'];
      readonly confidence: number;
      readonly pairs: number;
      /** Pairs that were measured; of some the sides may have had no input in common. */
      readonly recorded: number;
      /** Of two models that take unlike inputs each was fed its own. */
      readonly inputs: 'common' | 'own';
      readonly needed: number;
      /** Rounds took turns, or whole runs. */
      readonly turns: 'rounds' | 'runs';
    }
  | { readonly kind: 'shares'; readonly key: string; readonly stage: Stage; readonly from: number; readonly to: number };

/** What is known about a pair of variants. */
export type Remark =
  | { readonly kind: 'compile-changes-nothing'; readonly call: string }
  | { readonly kind: 'same-graph'; readonly as: string }
  | ({ readonly kind: 'processes' } & Counted);

/** How many processes a ratio rests on; differences up to `withinNoise`, a share, are what processes and the machine differ by. */
export interface Counted {
  readonly processes: readonly [baseline: number, candidate: number];
  readonly withinNoise: number;
}

export type Withheld =
  | { readonly kind: 'few-rounds' | 'few-processes' | 'few-pairs'; readonly needed: number }
  | { readonly kind: 'no-common-input' | 'other-machine' }
  | ControlFailure;

/** Why the A/A control, or repeated A/A comparisons, failed; `run`: in which of two. */
export type ControlFailure = (
  | { readonly kind: 'differs-from-itself'; readonly again: AgainstItself }
  | { readonly kind: 'false-alarms'; readonly alarms: number; readonly trials: number }
) & { readonly run?: 'baseline' | 'candidate' };

/** The certificate of a run before it is put into words. */
export interface TrustFinding extends Omit<Trust, 'sentence' | 'withheld' | 'warnings' | 'skipped'> {
  readonly withheld: ControlFailure | null;
  /** Differences up to this share are within noise; null without an A/A control. */
  readonly withinNoise: number | null;
  readonly unfavourable: readonly Unfavourable[];
  /** What the run said, or the controls that it lacks. */
  readonly skipped: readonly string[] | readonly MissingControl[];
  /** Of two runs, the one that it is of. */
  readonly run?: 'baseline' | 'candidate';
}

export interface MissingControl {
  readonly control: Control;
}

/** What was unfavourable about the machine. */
export type Unfavourable =
  | { readonly kind: 'cpu-count'; readonly start: number; readonly end: number }
  | { readonly kind: 'clock'; readonly lowMhz: number; readonly highMhz: number }
  | { readonly kind: 'cpu-shared'; readonly lowNanos: number; readonly highNanos: number }
  | { readonly kind: 'busy'; readonly start: number; readonly end: number; readonly cpus: number }
  | { readonly kind: 'throttled'; readonly nanos: number }
  | { readonly kind: 'memory-short'; readonly bytes: number }
  | { readonly kind: 'read-back'; readonly pages: number }
  | { readonly kind: 'memory-stalled'; readonly nanos: number };

/** What the runs told besides their calls; the first operations of all processes are one note. */
export type NoteOfRun =
  Exclude<RunNote, { readonly kind: 'first-operation' }> | { readonly kind: 'first-operations'; readonly millis: readonly number[] };

/** What a reader has to know to judge the figures. `variant` is the key of the one it is about. */
export type Note =
  | NoteOfRun
  | { readonly kind: 'recording-stopped'; readonly calls: number; readonly lostCalls: number }
  | { readonly kind: 'recording-incomplete' }
  | { readonly kind: 'calls-open'; readonly calls: number }
  | { readonly kind: 'spans-lost'; readonly lost: number; readonly all: number }
  | { readonly kind: 'restored'; readonly node: string; readonly functions: readonly string[] }
  | { readonly kind: 'outside-operations'; readonly processes: readonly OutsideProcess[] }
  | {
      readonly kind: 'below-resolution';
      readonly variant: string;
      readonly stage: Stage;
      readonly nanosPerCall: number;
      readonly resolutionNanos: number;
    }
  | { readonly kind: 'tool-cost'; readonly variant: string; readonly share: number }
  | { readonly kind: 'calls-failed'; readonly variant: string; readonly errors: number }
  | { readonly kind: 'no-warm-call'; readonly variant: string }
  | { readonly kind: 'p99-too-few'; readonly variant: string; readonly calls: number; readonly needed: number }
  | { readonly kind: 'calls-without-spans'; readonly variant: string; readonly calls: number; readonly withSpans: number }
  | { readonly kind: 'nothing-for-xla' }
  | { readonly kind: 'sides'; readonly baseline: string; readonly candidate: string }
  | { readonly kind: 'outputs'; readonly parity: Parity }
  | { readonly kind: 'other-machine' }
  | { readonly kind: 'not-interleaved' }
  | { readonly kind: 'runs-differ'; readonly difference: Difference }
  | { readonly kind: 'sides-differ'; readonly differences: readonly Difference[] }
  | {
      readonly kind: 'scripts-sampled';
      readonly variant: string;
      readonly calls: number;
      readonly samples: number;
      readonly gcSamples: number;
      readonly intervalMicros: number;
      readonly medianNanos: number;
      /** Of the measured calls, null where there were none. */
      readonly measuredMedianNanos: number | null;
      /** The measured calls themselves were sampled. */
      readonly inMeasuredCalls: boolean;
    }
  | { readonly kind: 'traced-calls'; readonly variant: string; readonly sampling: SamplingFigure; readonly confidence: number };
