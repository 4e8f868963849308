import { never } from '../../../model/errors.js';
import { DIMENSIONS, type Bounded, type Crossover, type Sweep, type SweptVariant } from '../../../model/sweep.js';
import { formatConfidence, formatCount, formatEstimate, formatShare, formatShortTime, formatTime } from '../../words.js';

/** A sweep in sentences: fits, refusals, crossovers, and what the user's own size pays for. */
export function sweepSentences(sweep: Sweep): readonly string[] {
  return [
    ...sweep.variants.map((variant) => fitSentence(sweep, variant)),
    ...sweep.crossovers.map(({ baseline, candidate, at }) => crossoverSentence(sweep, baseline, candidate, at)),
    'All was measured in one process: intervals say how far passes differ, not how much faster or slower another process is as a whole (some 10 %). To compare two models or settings at a size, use `inferscope compare`.',
  ];
}

const range = ([low, high]: readonly [number, number], confidence: number, say: (value: number) => string): string =>
  `${formatConfidence(confidence)} ${say(low)} to ${say(high)}`;

function fitSentence({ dimension, at, confidence }: Sweep, { key, result, overheadShare }: SweptVariant): string {
  if (result.kind === 'refused') return `${key}: no line is given: ${result.reason}.`;
  const { fixedNanos, perItemNanos } = result.fit;
  const { item } = DIMENSIONS[dimension];
  const share =
    overheadShare === null ? '' : ` At ${countOf(at, item)}, ${bounded(overheadShare, confidence, formatShare)} of a call is fixed cost.`;
  return `${key}: ${bounded(fixedNanos, confidence, formatTime)} per call and ${bounded(perItemNanos, confidence, formatShortTime)} per ${item}.${share}`;
}

export const bounded = ({ value, interval }: Bounded, confidence: number, say: (value: number) => string): string =>
  `${say(value)} (${range(interval, confidence, say)})`;

export const countOf = (count: number, item: string): string => `${formatCount(count)} ${item}${count === 1 ? '' : 's'}`;

function crossoverSentence({ dimension, items, confidence }: Sweep, baseline: string, candidate: string, at: Crossover): string {
  const { item } = DIMENSIONS[dimension];
  const measured = `${formatCount(Math.min(...items))} to ${countOf(Math.max(...items), item)}`;
  switch (at.kind) {
    case 'none':
      if (at.faster === 'neither') return `${candidate} and ${baseline} are the same.`;
      return at.faster === 'candidate'
        ? `${candidate} is faster than ${baseline} at all sizes measured (${measured}).`
        : `${baseline} is faster than ${candidate} at all sizes measured (${measured}).`;
    case 'cannot-tell':
      return `Inconclusive whether ${candidate} and ${baseline} cross: ${at.reason}.`;
    case 'crossover': {
      const [below, above] = at.fasterBelow === 'baseline' ? [baseline, candidate] : [candidate, baseline];
      return `${below} is faster below ${formatEstimate(at.size.value)} ${item}s (${range(at.size.interval, confidence, formatEstimate)}), ${above} above.`;
    }
    default:
      return never(at);
  }
}
