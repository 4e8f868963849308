import { describe, expect, it } from 'vitest';
import type { ComparisonFinding, RestsOn, TrustFinding, Unfavourable } from '../../src/model/findings.js';
import { comparisonSentence, withheldReason } from '../../src/report/words/comparison.js';
import { skippedSentence, trustSentence, unfavourableSentence } from '../../src/report/words/trust.js';
import { drawFindings, TINY } from '../helpers/drawn-analysis.js';

const [drawn] = drawFindings(TINY).comparisons;
const finding = (over: Partial<ComparisonFinding> & { readonly rests: RestsOn }): ComparisonFinding => ({
  ...drawn!,
  baseline: 'a/predict',
  candidate: 'b/predict',
  ratio: 0.5,
  interval: [0.4, 0.625],
  verdict: 'faster',
  ...over,
});
const rounds: RestsOn = { kind: 'rounds', basis: 'paired', confidence: 0.95, remark: null };
const again = { variant: 'a/predict', ratio: 1.1, interval: [1.08, 1.12] as const, verdict: 'slower' as const };
const failure = { kind: 'differs-from-itself', again } as const;
const REASON =
  "a/predict against itself came out slower (ratio 1.100, 1.080 to 1.120): the machine's own noise is that large; measure again, longer or on a quieter machine";

describe('a comparison in words', () => {
  it.each<[string, ComparisonFinding, string]>([
    ['faster', finding({ rests: rounds }), 'b/predict takes 0.500 × the time of a/predict (95 % 0.400 – 0.625): 2.00 times as fast.'],
    [
      'no verdict',
      finding({ rests: rounds, verdict: 'cannot-tell' }),
      'b/predict takes 0.500 × the time of a/predict (95 % 0.400 – 0.625): inconclusive, more calls are needed.',
    ],
    [
      'with a remark',
      finding({
        rests: { ...rounds, basis: 'unpaired', remark: { kind: 'processes', processes: [2, 3], withinNoise: 0.2 } },
        verdict: 'cannot-tell',
      }),
      'b/predict takes 0.500 × the time of a/predict (95 % 0.400 – 0.625): inconclusive; from 2 against 3 processes: differences below 20 % are within noise.',
    ],
    [
      'withheld',
      finding({ rests: rounds, control: { kind: 'withheld', failure } }),
      `b/predict against a/predict: the verdict is withheld, because ${REASON}.`,
    ],
    [
      'reported anyway',
      finding({ rests: rounds, control: { kind: 'reported', above: 0.5 } }),
      'b/predict takes 0.500 × the time of a/predict (95 % 0.400 – 0.625): 2.00 times as fast. The A/A control failed; reported anyway: the difference exceeds 50 %, far more than the control showed.',
    ],
    [
      'by shares',
      finding({ rests: { kind: 'shares', key: 'b/predict', stage: 'glue', from: 0.1, to: 0.3 } }),
      'Shares of b/predict, recorded on another machine: glue code moved most, from 10 % to 30 % of a call.',
    ],
  ])('%s', (_, comparison, sentence) => {
    expect(comparisonSentence(comparison)).toBe(sentence);
  });

  it('says why there is no verdict', () => {
    expect(withheldReason({ kind: 'few-rounds', needed: 6 })).toContain('at least 6 calls of each variant');
    expect(withheldReason({ ...failure, run: 'candidate' })).toBe(`in the candidate run ${REASON}`);
    expect(withheldReason({ kind: 'false-alarms', alarms: 2, trials: 9 })).toContain('2 of 9 A/A comparisons showed a difference');
  });
});

describe('trust in words', () => {
  const trust: TrustFinding = {
    grade: 'passed',
    withheld: null,
    withheldBelow: null,
    withinNoise: 0.0123,
    overhead: null,
    again,
    falseAlarms: null,
    clockResolutionNanos: 40,
    conditions: null,
    unfavourable: [],
    skipped: [],
  };

  it('says how the control came out, and of which run', () => {
    expect(trustSentence(trust)).toContain('differences below 1.2 % are within noise.');
    expect(trustSentence({ ...trust, grade: 'failed', withheld: failure, withheldBelow: 0.5, run: 'baseline' })).toBe(
      `Of the baseline run: Verdicts are withheld, except for differences above 50 %, far beyond what the A/A control showed: ${REASON}.`,
    );
  });

  it('says what was left out: as the run said it, or what is missing', () => {
    expect(skippedSentence('--quick leaves it out.')).toBe('--quick leaves it out.');
    expect(skippedSentence({ control: 'again' })).toContain('The A/A control');
    expect(skippedSentence({ control: 'unrecorded' })).toContain('overhead');
  });

  it.each<[Unfavourable, string]>([
    [{ kind: 'cpu-count', start: 4, end: 2 }, 'The number of usable CPUs changed from 4 to 2 during the run.'],
    [{ kind: 'clock', lowMhz: 2000, highMhz: 3000 }, "The CPU's clock varied between 2000 and 3000 MHz."],
    [{ kind: 'memory-short', bytes: 2 ** 20 }, 'Memory was short: 1 MiB were left.'],
  ])('%j', (found, sentence) => {
    expect(unfavourableSentence(found)).toBe(sentence);
  });
});
