import type { RunnableVariant } from '../../model/runnable.js';
import type { Trial } from '../../model/trial.js';
import { graphChange, variantKey } from '../../model/variant.js';
import { changeWords } from '../../report/words/trials.js';
import { compareInTurn, LONG_CALL_NANOS, MAX_MILLIS, notTried, sideOf, threw } from './trial-rounds.js';

export interface VariantTrialOptions {
  readonly baseline: RunnableVariant;
  /** Variants of the same model that were not asked for. */
  readonly others: readonly RunnableVariant[];
  /** Median latency of the baseline as measured. */
  readonly latencyNanos: number;
  readonly signal: AbortSignal;
}

/**
 * Tries the model as one graph, and compiled with XLA, where these variants exist and were not among those asked for:
 * in rounds interleaved with the baseline, after a first call that builds the graph.
 */
export async function tryVariants({ baseline, others, latencyNanos, signal }: VariantTrialOptions): Promise<Trial[]> {
  if (latencyNanos > LONG_CALL_NANOS) return [];
  const trials: Trial[] = [];
  let slowToBuild = false;
  for (const candidate of others) {
    const id = graphChange(baseline.variant, candidate.variant);
    if (id === null || signal.aborted) continue;
    const described = {
      id,
      variant: variantKey(baseline.variant),
      change: changeWords({ kind: 'in-place', variant: variantKey(candidate.variant) }),
    };
    // XLA takes longer to build than the plain graph, which comes before it.
    const outcome: TrialOutcome = slowToBuild
      ? notTried({ kind: 'slow-to-build', seconds: MAX_MILLIS / 1000 })
      : await tryInPlace(baseline, candidate, { latencyNanos, signal });
    slowToBuild ||= (outcome.buildingNanos ?? 0) > MAX_MILLIS * 1e6;
    trials.push({ ...described, ...outcome });
  }
  return trials;
}

type TrialOutcome = Omit<Trial, 'id' | 'variant' | 'change'>;

async function tryInPlace(
  baseline: RunnableVariant,
  candidate: RunnableVariant,
  of: Pick<VariantTrialOptions, 'latencyNanos' | 'signal'>,
): Promise<TrialOutcome> {
  try {
    await candidate.prepare();
    const run = sideOf(candidate);
    const [firstNanos = 0] = await run(1);
    const outcome = await compareInTurn(sideOf(baseline), run, { ...of, times: 1 });
    const { ratio, baselineNanos } = outcome;
    if (ratio === null || baselineNanos === undefined) return outcome;
    return { ...outcome, buildingNanos: Math.max(0, Math.round(firstNanos - ratio * baselineNanos)) };
  } catch (thrown) {
    return threw(thrown);
  } finally {
    candidate.dispose();
  }
}
