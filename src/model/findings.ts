/**
 * What analysis finds, before it is put into words: figures, and a tagged union for each thing worth saying. The words
 * are in src/report/words/; `tell` makes an `Analysis` of `Findings`.
 */
import type { Analysis, RunComparison, SamplingFigure } from './analysis.js';
import type { Difference, Parity } from './parity.js';
import type { RunNote } from './run-facts.js';
import type { OutsideKernel } from './outside-operations.js';
import type { Stage } from './stage.js';
import type { Trial } from './trial.js';

/** An analysis whose notes are data, with what advice rests on besides its figures: null where none is given. */
export interface Findings extends Omit<Analysis, 'notes' | 'advice'> {
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
export interface RunFindings extends Omit<RunComparison, 'notes'> {
  readonly notes: readonly Note[];
}

/** What the runs told besides their calls; the first operations of all processes are one note. */
export type NoteOfRun =
  Exclude<RunNote, { readonly kind: 'first-operation' }> | { readonly kind: 'first-operations'; readonly millis: readonly number[] };

/** What a reader has to know to judge the figures. `variant` is the key of the one it is about. */
export type Note =
  | NoteOfRun
  | { readonly kind: 'recording-stopped'; readonly calls: number; readonly lostCalls: number }
  | { readonly kind: 'recording-incomplete' }
  | { readonly kind: 'spans-lost'; readonly lost: number; readonly all: number }
  | { readonly kind: 'restored'; readonly node: string; readonly functions: readonly string[] }
  | { readonly kind: 'outside-operations'; readonly kernels: readonly OutsideKernel[] }
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
    }
  | { readonly kind: 'traced-calls'; readonly variant: string; readonly sampling: SamplingFigure; readonly confidence: number };
