import type { Analysis, Comparison, VariantAnalysis } from '../../../model/analysis.js';
import { noiseAbove } from '../noise.js';
import { bestOf } from '../variants.js';
import { changeOf, isCompiled, type ChangeId, type NamedVariant } from './changes.js';
import type { Weighed } from './weighed.js';

/** A variant that was measured to be faster than the baseline. */
export interface FasterVariant extends Weighed {
  readonly kind: 'faster-variant';
  readonly id: ChangeId;
  readonly from: NamedVariant;
  readonly to: NamedVariant;
  readonly comparison: Comparison;
  readonly share: number;
  /** Differences up to this are within noise, and this one is; null where it is not. */
  readonly noise: number | null;
  /** `predict` of Keras splits its input into batches of 32, and this does not. */
  readonly unsplit: boolean;
  /** Of ONNX Runtime's optimised file, where it saves time at start, too. */
  readonly start?: StartTimes;
}

/** Of making a session of ONNX Runtime, one of each: by the optimiser, as at every start, and from the file that it wrote once. */
export interface StartTimes {
  readonly optimiserNanos: number;
  readonly fileNanos: number;
}

interface Faster {
  readonly variant: NamedVariant;
  readonly comparison: Comparison;
}

/** Of each change the best variant. */
export function fasterVariants(
  analysis: Pick<Analysis, 'variants' | 'trust' | 'runtime'>,
  baseline: VariantAnalysis,
  against: readonly Comparison[],
): readonly FasterVariant[] {
  const best = new Map<ChangeId, Faster>();
  const surelyFaster = against.flatMap((comparison): Faster[] => {
    const variant = analysis.variants.find(({ key }) => key === comparison.candidate);
    return variant !== undefined && comparison.verdict === 'faster' && comparison.withheld === undefined ? [{ variant, comparison }] : [];
  });
  for (const faster of surelyFaster) {
    if (isPlainerSaid(baseline, faster.variant, surelyFaster)) continue;
    const id = changeOf(analysis.runtime, baseline, faster.variant);
    const known = best.get(id);
    if (known === undefined || bestOf([known.comparison, faster.comparison]) === faster.comparison) best.set(id, faster);
  }
  return [...best].map(([id, { variant, comparison }]): FasterVariant => {
    const { ratio, interval } = comparison;
    const share = 1 - ratio;
    const noise = noiseAbove(ratio, analysis);
    return {
      kind: 'faster-variant',
      ...{ id, from: baseline, to: variant, comparison, share, noise },
      unsplit: analysis.runtime === 'keras' && variant.call !== 'predict' && variant.call !== 'predict-dataset',
      saving: { share, interval: [1 - interval[1], 1 - interval[0]] },
      verified: noise === null,
    };
  });
}

/** Whether the call alone, in the baseline's own state of the model, is faster too: then that is the advice, not both changes. */
const isPlainerSaid = (from: NamedVariant, to: NamedVariant, faster: readonly Faster[]): boolean =>
  isCompiled(to) && to.call !== from.call && faster.some(({ variant }) => variant.name === from.name && variant.call === to.call);
