/** Published claims and what this machine says about them, in words. */
import { DEFAULT_CONFIDENCE, formatConfidence } from '../../model/confidence.js';
import { judge, type Band, type Claim, type JudgedClaim, type Measurement, type Question } from '../../model/claim.js';
import { never } from '../../model/errors.js';
import { formatMultiple } from '../../model/multiple.js';

/** Holds our figure against the published one, and says how that came out. */
export const judgeClaim = (question: Question, measurement: Measurement): Claim => tellClaim(judge(question, measurement));

function limitsOf([low, high]: Band, unit: Question['unit']): string {
  const say = (value: number): string => figure(unit, value);
  if (low === high) return `exactly ${say(low)}`;
  if (low <= 0) return `at most ${say(high)}`;
  return high === Infinity || (unit === 'share' && high === 1) ? `at least ${say(low)}` : `${say(low)} to ${say(high)}`;
}

/** A figure in its own unit: `29.5 ×`, `81 %`, `3`. */
export function figure(unit: Question['unit'], value: number): string {
  switch (unit) {
    case 'count':
      return String(value);
    case 'share':
      return `${(value * 100).toFixed(value < 0.1 ? 1 : 0)} %`;
    case 'ratio':
      return `${formatMultiple(value)} ×`;
  }
}

/** An answer in words. */
export function tellClaim({ because, ...claim }: JudgedClaim): Claim {
  const { id, what, unit, published, source, measured, interval, verdict } = claim;
  const was = published === null ? '' : `${source} ${figure(unit, published)} (TensorFlow 2.0.0, Python), `;
  const range =
    unit === 'count' || interval === null
      ? ''
      : ` (${formatConfidence(DEFAULT_CONFIDENCE)} ${figure(unit, interval[0])} to ${figure(unit, interval[1])})`;
  const here = measured === null ? 'not measured' : `here ${figure(unit, measured)}${range}`;
  return { ...claim, sentence: `${id}, ${what}: ${was}${here}: ${verdict}: ${reasonOf(claim, because)}.` };
}

function reasonOf({ unit, verdict }: Pick<Claim, 'unit' | 'verdict'>, because: JudgedClaim['because']): string {
  switch (because.kind) {
    case 'not-measured':
      return because.reason;
    case 'unpublished':
      return 'no figure was published for it';
    case 'limits': {
      const limits = limitsOf(because.band, unit);
      const why = verdict === 'inconclusive' ? `the interval reaches across the limit (${limits})` : `it asks for ${limits}`;
      return because.note === undefined ? why : `${why}; ${because.note}`;
    }
    default:
      return never(because);
  }
}
