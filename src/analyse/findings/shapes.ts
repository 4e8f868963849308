import { elementsOf, type PaddingPlan, type SignatureGroup, type SignatureRow } from '../../model/signatures.js';

/** Every shape of variants with at most `most`; evenly picked sizes of the others, smallest first. */
export function pickedShapes(signatures: readonly SignatureRow[], most: number): readonly SignatureRow[] {
  const variants = [...new Set(signatures.map(({ variant }) => variant))];
  return variants.flatMap((variant) => {
    const all = signatures.filter((row) => row.variant === variant);
    if (all.length <= most) return all;
    const bySize = [...all].sort((a, b) => elementsOf(a.signature) - elementsOf(b.signature));
    return Array.from({ length: most }, (_, i) => bySize[Math.round((i * (bySize.length - 1)) / (most - 1))]).filter(
      (row) => row !== undefined,
    );
  });
}

/** What a group of shapes tells of building. */
export interface SparedShapes {
  /** Shapes that needed nothing new. */
  readonly spared: number;
  /** Calls that found everything ready. */
  readonly readyCalls: number;
  /** A new shape alone costs no build: those that needed nothing are at least as many as those that did. */
  readonly isFree: boolean;
}

export function sparedShapes({ signatures, signaturesBuilt, calls, built }: SignatureGroup): SparedShapes {
  const spared = signatures - signaturesBuilt;
  return { spared, readyCalls: calls - built, isFree: spared > 0 && spared >= signaturesBuilt };
}

/** What padding would have saved of the time of the measured calls. */
export const paddingSaving = ({ sizes, nowNanos, paddedNanos }: PaddingPlan): { readonly calls: number; readonly share: number } => ({
  calls: sizes.reduce((sum, size) => sum + size.calls, 0),
  share: 1 - paddedNanos / nowNanos,
});
