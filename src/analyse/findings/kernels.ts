import type { KernelFigure, VariantAnalysis } from '../../model/analysis.js';

/** One operation in all variants. */
export interface KernelRow {
  readonly op: string;
  readonly shapes: readonly string[];
  readonly layers: readonly string[];
  /** Operations that the graph optimiser fused into it. */
  readonly fused: readonly string[];
  readonly perVariant: ReadonlyMap<string, KernelFigure>;
}

/** Operations of these variants, those that take most in any of them first. */
export function kernelRows(variants: readonly VariantAnalysis[]): readonly KernelRow[] {
  const names = new Set(variants.flatMap(({ kernels }) => kernels.map(({ op }) => op)));
  const byName = variants.map(({ key, kernels }) => ({ key, kernels: new Map(kernels.map((kernel) => [kernel.op, kernel])) }));
  return [...names]
    .map((op) => {
      const perVariant = new Map<string, KernelFigure>();
      for (const { key, kernels } of byName) {
        const kernel = kernels.get(op);
        if (kernel !== undefined) perVariant.set(key, kernel);
      }
      const figures = [...perVariant.values()];
      const all = (of: (figure: KernelFigure) => readonly string[]): readonly string[] => [...new Set(figures.flatMap(of))];
      const most = Math.max(...figures.map(({ nanosPerCall }) => nanosPerCall));
      return {
        most,
        row: { op, shapes: all(({ shapes }) => shapes), layers: all(({ layers }) => layers), fused: all(({ fused }) => fused), perVariant },
      };
    })
    .sort((a, b) => b.most - a.most)
    .map(({ row }) => row);
}

/** Traced kernels that add up to more than this multiple of the stage they belong to are called slower. */
const MORE_THAN_THEIR_STAGE = 1.1;

/** Kernels that were timed in traced calls, and take longer than the stage that they are. */
export interface SlowerTraced {
  readonly key: string;
  readonly kernelNanos: number;
  readonly stageNanos: number;
}

/** A call that is traced finds the processor's caches full of other things: short ones take several times as long. */
export const slowerTraced = (variants: readonly VariantAnalysis[]): readonly SlowerTraced[] =>
  variants
    .filter(({ sampling }) => sampling !== null)
    .map(({ key, kernels, stages }) => ({
      key,
      kernelNanos: kernels.reduce((sum, { nanosPerCall }) => sum + nanosPerCall, 0),
      stageNanos: stages['kernel-execution'].nanosPerCall,
    }))
    .filter(({ kernelNanos, stageNanos }) => kernelNanos > stageNanos * MORE_THAN_THEIR_STAGE);

/** Per call of eager operations: what TensorFlow itself took, and what the binding's conversions did. */
export interface Marshalling {
  readonly key: string;
  readonly nanos: number;
  readonly nativeNanos: number;
  readonly marshallingNanos: number;
  /** Of `nanos`. */
  readonly marshallingShare: number;
}

/** Of the variants whose operations were timed apart from their native part. */
export function marshallingOf(variants: readonly VariantAnalysis[]): readonly Marshalling[] {
  return variants.flatMap(({ key, kernels }) => {
    const timed = kernels.filter(({ nativeNanosPerCall }) => nativeNanosPerCall !== null);
    const nanos = timed.reduce((sum, { nanosPerCall }) => sum + nanosPerCall, 0);
    const nativeNanos = timed.reduce((sum, { nativeNanosPerCall }) => sum + (nativeNanosPerCall ?? 0), 0);
    return nanos === 0
      ? []
      : [{ key, nanos, nativeNanos, marshallingNanos: nanos - nativeNanos, marshallingShare: 1 - nativeNanos / nanos }];
  });
}
