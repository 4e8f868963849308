import type { ComparisonFinding, TrustFinding } from '../model/findings.js';
import { MIN_PAIRS_OF_PROCESSES } from './compare-pairs.js';
import { diffFrames, greyed } from './diff.js';
import type { Frame } from './frames.js';
import type { InProcesses } from './in-processes.js';
import type { Settings } from './options.js';
import { latencyRatio, type LatencySeries } from './ratio.js';
import { MIN_PAIRS } from './statistics/signed-rank.js';
import { remarkOn } from './verdict.js';
import { verdictOf } from '../model/verdict.js';

/** One side of a comparison. */
export interface Side {
  readonly key: string;
  readonly latencies: LatencySeries;
  readonly frames: Frame;
}

/**
 * Compares a candidate with a baseline. `over`: where the run was spread over several processes. @returns null when either has no
 * measured call.
 */
export function compareSides(
  baseline: Side,
  candidate: Side,
  runtime: string,
  clockResolutionNanos: number,
  settings: Settings,
  over: InProcesses | null = null,
): ComparisonFinding | null {
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
    rests: { kind: 'rounds', basis: ratio.basis, confidence: settings.confidence, remark },
    diff: diffFrames(
      over?.frames(baseline.key) ?? baseline.frames,
      over?.frames(candidate.key) ?? candidate.frames,
      clockResolutionNanos,
      settings,
      over?.unit ?? 'rounds',
    ),
    ...(ratio.basis === 'too-few'
      ? {
          withheld: over === null ? { kind: 'few-rounds', needed: MIN_PAIRS } : { kind: 'few-processes', needed: MIN_PAIRS_OF_PROCESSES },
        }
      : {}),
  };
}

/**
 * The same comparison without a verdict, and without colour in its frames, when the run's A/A control failed and the
 * difference is not far beyond what the pair showed.
 */
export function withheldBy(
  comparison: ComparisonFinding,
  { withheld: failure, withheldBelow }: Pick<TrustFinding, 'withheld' | 'withheldBelow'>,
): ComparisonFinding {
  if (failure === null || withheldBelow === null) return comparison;
  const { verdict, interval } = comparison;
  const sure = verdict === 'faster' ? 1 / interval[1] - 1 : verdict === 'slower' ? interval[0] - 1 : 0;
  if (sure > withheldBelow) return { ...comparison, control: { kind: 'reported', above: withheldBelow } };
  return {
    ...comparison,
    verdict: 'cannot-tell',
    withheld: comparison.withheld ?? failure,
    control: { kind: 'withheld', failure },
    diff: greyed(comparison.diff),
  };
}
