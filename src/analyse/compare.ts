import type { Comparison } from '../model/analysis.js';
import type { Trust } from '../model/trust.js';
import { MIN_PAIRS_OF_PROCESSES } from './compare-pairs.js';
import { diffFrames, greyed } from './diff.js';
import type { Frame } from './frames.js';
import type { InProcesses } from './in-processes.js';
import type { Settings } from './options.js';
import { latencyRatio, type LatencySeries } from './ratio.js';
import { MIN_PAIRS } from './statistics/signed-rank.js';
import { remarkOn, verdictSentence } from './verdict.js';
import { verdictOf } from '../model/verdict.js';

/** One side of a comparison. */
export interface Side {
  readonly key: string;
  readonly latencies: LatencySeries;
  readonly frames: Frame;
}

/** Compares a candidate with a baseline. `over`: where the run was spread over several processes. @returns null when either has no measured call. */
export function compareSides(
  baseline: Side,
  candidate: Side,
  runtime: string,
  clockResolutionNanos: number,
  settings: Settings,
  over: InProcesses | null = null,
): Comparison | null {
  if (baseline.latencies.nanos.length === 0 || candidate.latencies.nanos.length === 0) return null;
  const judged = over?.ratio(baseline.key, candidate.key, settings.confidence);
  const ratio = judged ?? latencyRatio(baseline.latencies, candidate.latencies, settings.confidence);
  const verdict = verdictOf(ratio, settings.practicalThreshold);
  const remark = judged?.remark ?? remarkOn(runtime, baseline.key, candidate.key, verdict);
  return {
    baseline: baseline.key,
    candidate: candidate.key,
    ratio: ratio.value,
    interval: ratio.interval,
    verdict,
    sentence: verdictSentence(baseline.key, candidate.key, ratio, verdict, settings.confidence, remark),
    diff: diffFrames(
      over?.frames(baseline.key) ?? baseline.frames,
      over?.frames(candidate.key) ?? candidate.frames,
      clockResolutionNanos,
      settings,
      over?.unit ?? 'rounds',
    ),
    ...(ratio.basis === 'too-few'
      ? {
          withheld:
            over === null
              ? `an interval needs at least ${MIN_PAIRS} calls of each variant, better as many rounds`
              : `an interval over processes needs ${MIN_PAIRS_OF_PROCESSES} of them`,
        }
      : {}),
  };
}

/**
 * The same comparison without a verdict, and without colour in its frames, when the run's A/A control failed and the
 * difference is not far beyond what the pair showed.
 */
export function withheldBy(comparison: Comparison, { withheld, withheldBelow }: Pick<Trust, 'withheld' | 'withheldBelow'>): Comparison {
  if (withheld === null || withheldBelow === null) return comparison;
  const { verdict, interval, baseline, candidate, sentence } = comparison;
  const sure = verdict === 'faster' ? 1 / interval[1] - 1 : verdict === 'slower' ? interval[0] - 1 : 0;
  const limit = `${(withheldBelow * 100).toFixed(0)} %`;
  if (sure > withheldBelow)
    return {
      ...comparison,
      sentence: `${sentence} The A/A control failed; reported anyway: the difference exceeds ${limit}, far more than the control showed.`,
    };
  return {
    ...comparison,
    verdict: 'cannot-tell',
    withheld: comparison.withheld ?? withheld,
    sentence: `${candidate} against ${baseline}: the verdict is withheld, because ${withheld}.`,
    diff: greyed(comparison.diff),
  };
}
