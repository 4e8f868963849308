/** What a repetition of published figures says besides its claims. */
import type { Measurement } from '../../model/claim.js';
import { never } from '../../model/errors.js';

/** Why a published figure has no counterpart in tfjs. */
export type NoCounterpart = 'no-datasets' | 'no-flag';
/** What is known of tfjs that bears on an answer. */
export type TfjsRemark = 'one-path' | 'no-adapter';

const NOT_MEASURED = {
  'no-datasets': 'predict of tfjs takes tensors only, no dataset',
  'no-flag': 'tfjs has no such flag: its predict has one loop (see two-paths)',
  'no-variant': 'its variant was not measured',
  'no-warm-call': 'no warm compiled call was recorded',
  'one-of-two': 'only one of the two variants was measured',
} as const;

/** Why there is no figure. */
export const noFigure = (why: keyof typeof NOT_MEASURED): Measurement => ({ kind: 'none', reason: NOT_MEASURED[why] });

/** A graph that was built, and why. */
export interface GraphCause {
  readonly cause: string;
  readonly signature: string;
}

type ClaimRemark =
  | { readonly kind: TfjsRemark | 'same-trees' | 'other-trees' }
  | { readonly kind: 'widened'; readonly by: number }
  | { readonly kind: 'built'; readonly causes: readonly GraphCause[] };

/** What is said beside a figure, as a part of a sentence; empty without a remark. */
export const claimNote = (remarks: readonly ClaimRemark[]): string => remarks.map(remarkWords).join('; ');

function remarkWords(remark: ClaimRemark): string {
  switch (remark.kind) {
    case 'one-path':
      return 'compile() of tfjs sets the optimiser and the loss, and predict takes the same path as before (see two-paths)';
    case 'no-adapter':
      return 'predict of tfjs slices its input and runs: it has no dataset that a direct call would avoid';
    case 'same-trees':
      return 'the same stages, layers and kernels in both';
    case 'other-trees':
      return 'their call trees differ';
    case 'widened':
      return `the A/A control failed, so the interval is widened by ${(remark.by * 100).toFixed(0)} %`;
    case 'built':
      return remark.causes.length === 0
        ? 'nothing was built'
        : `built: ${remark.causes.map(({ cause, signature }) => `${cause} for ${signature}`).join('; ')}`;
    default:
      return never(remark);
  }
}

interface MediumSize {
  readonly steps: number;
  readonly units: number;
  readonly filters: number;
  readonly kernel: number;
}

type ReproductionNote =
  | { readonly kind: 'quick' | 'true-size' }
  | { readonly kind: 'scaled'; readonly size: MediumSize; readonly trueSize: MediumSize }
  | { readonly kind: 'no-environment'; readonly name: string };

/** What was scaled down or left out, and why: a sentence. */
export function reproductionNote(note: ReproductionNote): string {
  switch (note.kind) {
    case 'quick':
      return '--quick: 0.5 s per variant, without the A/A control.';
    case 'scaled':
      return `--quick: the medium model is scaled down to ${sizeWords(note.size)}; at its true size it has ${sizeWords(note.trueSize)}.`;
    case 'true-size':
      return 'The medium model runs at its true size (40.4 million parameters), one call per round; its A/A control is left out because it would take as long again.';
    case 'no-environment':
      return `${note.name} was not made here: in a clone of the repository, \`node scripts/keras-envs.mjs ${note.name}\` makes it.`;
    default:
      return never(note);
  }
}

const sizeWords = ({ steps, units, filters, kernel }: MediumSize): string =>
  `${steps} steps, ${units} units, ${filters} filters of ${kernel}`;

/** `3.8 GiB, this process used 0.4 GiB at most`. */
export const memoryWords = (totalBytes: number, usedBytes: number): string =>
  `${gibibytes(totalBytes)}, this process used ${gibibytes(usedBytes)} at most`;
const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** `0.4 to 2.1 (other work on the machine included)`. */
export const loadWords = (loads: readonly number[]): string =>
  `${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)} (other work on the machine included)`;
