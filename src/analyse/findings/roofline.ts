import type { Analysis, VariantAnalysis, WorkFigure } from '../../model/analysis.js';
import type { Roofline } from '../../model/roofline.js';
import { baselineAndFastest } from './variants.js';

/** A kernel with its place under the roof. */
export interface RoofedWork extends WorkFigure {
  readonly roofline: Roofline;
  /** Operations per byte. */
  readonly intensity: number;
  /** Of a mean call. */
  readonly callShare: number;
}

/** A variant's kernels held against the machine. Nanoseconds are of a call. */
export interface RoofedVariant {
  readonly key: string;
  readonly work: readonly RoofedWork[];
  /** What these take, and what they would take at the peak. */
  readonly nanos: number;
  readonly peakNanos: number;
  /** What faster kernels can gain. */
  readonly gainNanos: number;
  readonly callNanos: number;
  /** Their share of a call and what is around them; null where traced calls, in which kernels are timed, were slower than the mean one. */
  readonly ofCall: { readonly share: number; readonly aroundNanos: number } | null;
}

/** The variants worth holding against the machine: the baseline and the fastest, where their kernels have estimates. */
export const roofedVariants = ({ variants }: Pick<Analysis, 'variants'>): readonly RoofedVariant[] =>
  baselineAndFastest(variants.filter(({ work }) => work.some(({ roofline }) => roofline !== null))).map(roofed);

function roofed({ key, work: figures, latencyNanos }: VariantAnalysis): RoofedVariant {
  const callNanos = latencyNanos.mean;
  const work = figures.flatMap((figure): RoofedWork[] => {
    const { roofline, flopsPerCall, bytesPerCall, nanosPerCall } = figure;
    if (roofline === null) return [];
    return [
      {
        ...figure,
        roofline,
        intensity: flopsPerCall / Math.max(1, bytesPerCall),
        callShare: callNanos === 0 ? 0 : nanosPerCall / callNanos,
      },
    ];
  });
  const nanos = work.reduce((sum, { nanosPerCall }) => sum + nanosPerCall, 0);
  const peakNanos = work.reduce((sum, { nanosPerCall, roofline }) => sum + nanosPerCall * Math.min(1, roofline.reached), 0);
  return {
    key,
    work,
    nanos,
    peakNanos,
    gainNanos: nanos - peakNanos,
    callNanos,
    ofCall: nanos <= callNanos ? { share: callNanos === 0 ? 0 : nanos / callNanos, aroundNanos: callNanos - nanos } : null,
  };
}
