import { never } from '../../../model/errors.js';
import {
  DIMENSIONS,
  type Bounded,
  type Crossover,
  type FoundCrossover,
  type FoundResult,
  type FoundSweep,
  type Refusal,
  type Sweep,
  type SweepResult,
  type SweptVariant,
} from '../../../model/sweep.js';
import { countOf, formatConfidence, formatCount, formatEstimate, formatShare, formatShortTime, formatTime } from '../../words.js';

/** A sweep whose refusals are put into words. */
export const tellSweep = ({ variants, crossovers, ...sweep }: FoundSweep): Sweep => ({
  ...sweep,
  variants: variants.map(({ result, ...variant }) => ({ ...variant, result: tellResult(result) })),
  crossovers: crossovers.map(({ at, ...sides }) => ({ ...sides, at: tellCrossover(at) })),
});

const tellResult = (result: FoundResult): SweepResult =>
  result.kind === 'line' ? result : { kind: 'refused', reason: refusalReason(result.refusal), fit: result.fit };

function refusalReason(refusal: Refusal): string {
  switch (refusal.kind) {
    case 'few-sizes':
      return `a line needs at least three sizes, ${refusal.sizes} were measured`;
    case 'few-points':
      return 'a line through three measurements has no interval worth the name';
    case 'no-line':
      return `latency is not a line over these sizes (${(refusal.share * 100).toFixed(0)} % off at size ${refusal.size}); sweep a narrower range`;
    default:
      return never(refusal);
  }
}

const INCONCLUSIVE = {
  'close-at-one-end': 'the lines are too close at one end of the sizes measured',
  'nearly-parallel': 'the lines are too nearly parallel',
} as const;

const tellCrossover = (at: FoundCrossover): Crossover =>
  at.kind === 'cannot-tell' ? { kind: at.kind, reason: INCONCLUSIVE[at.because] } : at;

/** A sweep in sentences: fits, refusals, crossovers, and what the user's own size pays for. */
export function sweepSentences(sweep: Sweep): readonly string[] {
  return [
    ...sweep.variants.map((variant) => fitSentence(sweep, variant)),
    ...sweep.crossovers.map(({ baseline, candidate, at }) => crossoverSentence(sweep, baseline, candidate, at)),
    processesSentence(sweep),
  ];
}

function processesSentence({ variants }: Sweep): string {
  const processes = new Set(variants.flatMap(({ points }) => points.flatMap(({ process }) => process ?? []))).size;
  if (processes === 0)
    return 'All was measured in one process: intervals say how far passes differ, not how much faster or slower another process is as a whole (some 10 %). To compare two models or settings at a size, use `inferscope compare`.';
  return `${processes === 1 ? 'One pass, in a process of its own' : `${processes} passes, each in a process of its own`}: intervals include how much processes differ.`;
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
