import type { Analysis, VariantAnalysis, WorkFigure } from '../../../model/analysis.js';
import type { MachinePeak, Roofline } from '../../../model/roofline.js';
import { formatShare, formatTime } from '../../words.js';

/** A kernel with its place under the roof. */
export type RoofedWork = WorkFigure & { readonly roofline: NonNullable<WorkFigure['roofline']> };

export const roofed = ({ work }: VariantAnalysis): readonly RoofedWork[] =>
  work.filter((figure): figure is RoofedWork => figure.roofline !== null);

/** The variants worth holding against the machine: the baseline and the fastest, where their kernels have estimates. */
export function rooflineVariants({ variants, peak }: Analysis): readonly VariantAnalysis[] {
  if (peak === null) return [];
  const able = variants.filter((variant) => variant.calls > 0 && roofed(variant).length > 0);
  const [first, ...others] = able;
  if (first === undefined) return [];
  const fastest = others.reduce((best, variant) => (variant.latencyNanos.p50 < best.latencyNanos.p50 ? variant : best), first);
  return [...new Set([first, fastest])];
}

/** `52.1 GFLOP/s`. */
export const formatFlops = (perSecond: number): string => `${scaled(perSecond)}FLOP/s`;

/** `11.0 GB/s`. */
export const formatBandwidth = (perSecond: number): string => `${scaled(perSecond)}B/s`;

function scaled(value: number): string {
  const units = ['', 'k', 'M', 'G', 'T', 'P'];
  const power = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  return `${(value / 1000 ** power).toPrecision(3)} ${units[power] ?? ''}`;
}

export const peakSentence = ({ flopsPerSecond, bytesPerSecond }: MachinePeak): string =>
  `This machine's measured peak: ${formatFlops(flopsPerSecond)} (products of 1024 × 1024 matrices, with the threads that the model had) and ${formatBandwidth(bytesPerSecond)} (sums and copies of 64 MB).`;

/** Beyond the peak: data stayed in a cache, or the machine was busier when its peak was measured; how far says nothing. */
export const formatReached = ({ reached, bound }: Roofline): string =>
  reached <= 1 ? formatShare(reached) : bound === 'memory' ? 'all (cached)' : 'all';

/** What would be left of a variant's kernels at the peak, in one sentence. */
export function floorSentence(variant: VariantAnalysis): string {
  const figures = roofed(variant);
  const now = figures.reduce((sum, { nanosPerCall }) => sum + nanosPerCall, 0);
  const floor = figures.reduce((sum, { nanosPerCall, roofline }) => sum + nanosPerCall * Math.min(1, roofline.reached), 0);
  const call = variant.latencyNanos.mean;
  return (
    `${variant.key}: kernels with an estimate take ${formatTime(now)} of a call of ${formatTime(call)} (${formatShare(call === 0 ? 0 : now / call)}); ` +
    `at the peak they would take ${formatTime(floor)}. No software on this machine does the same operations in less; faster kernels can still gain ${formatTime(now - floor)}, ` +
    `everything around them ${formatTime(Math.max(0, call - now))}.`
  );
}
