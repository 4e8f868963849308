import { never } from '../../model/errors.js';
import type { Parity, ParityReason } from '../../model/parity.js';
import { formatDeviation } from '../words.js';

/** How far the outputs of both sides to the same input are apart. */
export function paritySentence(parity: Parity): string {
  switch (parity.kind) {
    case 'compared':
      if (parity.absolute === null || parity.relative === null)
        return 'The outputs differ: one side gives NaN or infinity where the other does not.';
      return `${comparedSentence(parity)}${parity.inputs === undefined ? '' : ' They were fed the same images, one side with the channels first, the other with them last.'}`;
    case 'unlike':
      return `The outputs of the two sides have different shapes: ${parity.reason}.`;
    case 'not-compared':
      return `The outputs were not compared: ${parity.reason}.`;
    default:
      return never(parity);
  }
}

const comparedSentence = ({ absolute, relative, output, outputs }: Extract<Parity, { kind: 'compared' }>): string =>
  absolute === 0 || absolute === null || relative === null
    ? 'Both sides gave the same outputs, to the last bit.'
    : `Given the same input, the outputs of both sides differ by at most ${formatDeviation(absolute)}, which is ${formatDeviation(relative)} of the largest value${output === undefined ? '' : ` (most in ${output}, one of ${outputs})`}.`;

/** For the headline, of the variant that it advises. */
export function outputsSentence(parity: Parity): string {
  const { text, beside } = parityCell(parity);
  return parity.kind === 'compared' && parity.absolute !== null
    ? parity.absolute === 0
      ? 'Its outputs are the same.'
      : `Its outputs differ by at most ${beside}.`
    : `Its outputs: ${text}${beside === '' ? '' : ` (${beside})`}.`;
}

/** The same in a cell of a table. */
export function parityCell(parity: Parity): { readonly text: string; readonly beside: string } {
  switch (parity.kind) {
    case 'compared':
      if (parity.absolute === null || parity.relative === null) return { text: 'not finite on one side', beside: '' };
      return parity.absolute === 0
        ? { text: 'the same', beside: '' }
        : { text: `within ${formatDeviation(parity.absolute)}`, beside: `${formatDeviation(parity.relative)} of the largest value` };
    case 'unlike':
      return { text: 'other shapes', beside: parity.reason };
    case 'not-compared':
      return { text: 'not compared', beside: parity.reason };
    default:
      return never(parity);
  }
}

/** Why outputs were not compared, or in what they are unlike, as a part of a sentence; the recording keeps it. */
export function parityReason(reason: ParityReason): string {
  switch (reason.kind) {
    case 'no-values':
      return 'the outputs are too large to compare, or are no tensors';
    case 'another-process':
      return 'a model in a process of its own keeps them there';
    case 'unsteady':
      return 'the baseline gives other outputs at each call';
    case 'other-inputs':
      return `the inputs differ: ${reason.baseline} against ${reason.candidate}`;
    case 'other-number':
      return `${reason.baseline} outputs against ${reason.candidate}`;
    case 'other-shape':
      return `output ${reason.output} is ${reason.baseline} against ${reason.candidate ?? 'nothing'}`;
    default:
      return never(reason);
  }
}
