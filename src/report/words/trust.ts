import { never } from '../../model/errors.js';
import type { ControlFailure, MissingControl, TrustFinding, Unfavourable } from '../../model/findings.js';
import { formatMultiple } from '../../model/multiple.js';
import { formatShare, formatTime } from '../words.js';

export function trustSentence(trust: TrustFinding): string {
  const sentence = gradeSentence(trust);
  return trust.run === undefined ? sentence : `Of the ${trust.run} run: ${sentence}`;
}

function gradeSentence({ grade, withheld, withheldBelow, withinNoise, again }: TrustFinding): string {
  switch (grade) {
    case 'failed':
      return `Verdicts are withheld, except for differences above ${wholePercent(withheldBelow ?? 0)}, far beyond what the A/A control showed: ${withheld === null ? '' : failureReason(withheld)}.`;
    case 'not-run':
      return "No A/A control was run: this machine's noise was not measured.";
    case 'passed':
      return `The baseline against itself shows no ${again?.verdict === 'no-difference' ? '' : 'significant '}difference; in this run, differences below ${noiseWords(withinNoise ?? 0)} are within noise.`;
    default:
      return never(grade);
  }
}

/** 340 % says nothing to anyone; 4.4 × does. */
export const noiseWords = (share: number): string => (share < 1 ? formatShare(share) : `${formatMultiple(1 + share)} ×`);

/** Said behind such a difference. */
export const withinNoise = (noise: number): string => `and in this run differences below ${noiseWords(noise)} are within noise`;

/** Limits are shown as whole per cent. */
export const wholePercent = (share: number): string => `${(share * 100).toFixed(0)} %`;

/** Why verdicts are withheld, as a part of a sentence. */
export function failureReason(failure: ControlFailure): string {
  const where = failure.run === undefined ? '' : `in the ${failure.run} run `;
  switch (failure.kind) {
    case 'differs-from-itself': {
      const { variant, verdict, ratio, interval } = failure.again;
      const [low = '', high = ''] = interval.map((bound) => bound.toFixed(3));
      return `${where}${variant} against itself came out ${verdict} (ratio ${ratio.toFixed(3)}, ${low} to ${high}): the machine's own noise is that large; measure again, longer or on a quieter machine`;
    }
    case 'false-alarms':
      return `${where}${failure.alarms} of ${failure.trials} A/A comparisons showed a difference: the machine is too noisy right now; measure again when it is quieter`;
    default:
      return never(failure);
  }
}

/** Why a run has no controls: it was a quick one, or the caller judges several runs together. */
export type WithoutControls = 'quick' | 'one-of-several';

const WITHOUT_CONTROLS: Readonly<Record<WithoutControls, string>> = {
  quick: '--quick leaves them out',
  'one-of-several': 'this run is one of several that are judged together',
};

/** What such a run says of itself, as its recording keeps it. */
export const withoutControlsSentence = (why: WithoutControls): string =>
  `The A/A control and Inferscope's own overhead: ${WITHOUT_CONTROLS[why]}.`;

/** What was not done: as the run said it, or the control that is not there. */
export const skippedSentence = (skipped: string | MissingControl): string =>
  typeof skipped === 'string'
    ? skipped
    : skipped.control === 'again'
      ? 'The A/A control: this run has no second instance of its baseline with enough rounds.'
      : "Inferscope's own overhead: this run has no unrecorded calls.";

export function unfavourableSentence(found: Unfavourable): string {
  switch (found.kind) {
    case 'cpu-count':
      return `The number of usable CPUs changed from ${found.start} to ${found.end} during the run.`;
    case 'clock':
      return `The CPU's clock varied between ${found.lowMhz.toFixed(0)} and ${found.highMhz.toFixed(0)} MHz.`;
    case 'cpu-shared':
      return `The same piece of JavaScript took ${formatTime(found.lowNanos)} to ${formatTime(found.highNanos)} (5th to 95th percentile): the CPU was shared or changed its speed.`;
    case 'busy':
      return `The machine was busy: load ${found.start.toFixed(1)} at the start, ${found.end.toFixed(1)} at the end, with ${found.cpus} CPUs.`;
    case 'throttled':
      return `The container's CPU limit held the run back for ${formatTime(found.nanos)}.`;
    case 'memory-short':
      return `Memory was short: ${(found.bytes / 2 ** 20).toFixed(0)} MiB were left.`;
    case 'read-back':
      return `${found.pages} pages had to be read back from disk.`;
    case 'memory-stalled':
      return `Tasks waited ${formatTime(found.nanos)} for memory.`;
    default:
      return never(found);
  }
}
