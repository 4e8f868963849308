/** Operations of one model run in two ways: named alike, and held against each other. */
import type { VariantAnalysis } from './analysis.js';

/** An operation on one side: how often it runs per call, and how long. */
export interface OperationSide {
  /** Executions per call (mean). */
  readonly count: number;
  readonly nanosPerCall: number;
}

/** One operation of both sides; a side without it has zeros. */
export interface OperationShift {
  readonly operation: string;
  readonly before: OperationSide;
  readonly after: OperationSide;
}

const NONE: OperationSide = { count: 0, nanosPerCall: 0 };

/** Other names for the same work: what an operation is called in a later version of it, or in tfjs. */
const SAME_WORK: Readonly<Record<string, string>> = { BatchMatMul: 'MatMul', DepthwiseConv2dNative: 'DepthwiseConv2D' };

/**
 * What an operation computes, whatever runs it: `_MklNativeFusedConv2D`, `_FusedConv2D` and `FusedConv2D` are `Conv2D`.
 * A fused kernel goes by its main operation.
 */
export function operationName(kernel: string): string {
  const plain = kernel
    .replace(/^_+/, '')
    .replace(/^(?:Mkl)?(?:Native|OneDnn)?/, '')
    .replace(/^Fused/, '')
    .replace(/(?<=[a-z])V\d+$/, '');
  return SAME_WORK[plain] ?? (plain === '' ? kernel : plain);
}

/** Operations of both sides, those whose time changed most first. What is left of a call beside them is `glue and the rest`. */
export function operationShifts(before: VariantAnalysis, after: VariantAnalysis): readonly OperationShift[] {
  const sides = [operationsOf(before), operationsOf(after)] as const;
  const names = new Set(sides.flatMap((side) => [...side.keys()]));
  const shifts = [...names].map((operation): OperationShift => ({
    operation,
    before: sides[0].get(operation) ?? NONE,
    after: sides[1].get(operation) ?? NONE,
  }));
  const distance = (shift: OperationShift): number => Math.abs(shift.after.nanosPerCall - shift.before.nanosPerCall);
  return shifts.sort((a, b) => distance(b) - distance(a));
}

export const REST = 'glue and the rest';

function operationsOf({ kernels, latencyNanos }: VariantAnalysis): ReadonlyMap<string, OperationSide> {
  const found = new Map<string, OperationSide>();
  for (const { op, count, nanosPerCall, nativeNanosPerCall } of kernels) {
    const name = operationName(op);
    const known = found.get(name) ?? NONE;
    // Of an eager operation the binding's conversions are dispatch, which a graph does without.
    found.set(name, { count: known.count + count, nanosPerCall: known.nanosPerCall + (nativeNanosPerCall ?? nanosPerCall) });
  }
  const inOperations = [...found.values()].reduce((sum, { nanosPerCall }) => sum + nanosPerCall, 0);
  return found.size === 0 ? found : new Map([...found, [REST, { count: 1, nanosPerCall: Math.max(0, latencyNanos.mean - inOperations) }]]);
}

/** What only one side runs, or one side runs more often: the counts tell the rewriting apart from the speed. */
export const changedCounts = (shifts: readonly OperationShift[]): readonly OperationShift[] =>
  shifts.filter(({ before, after }) => Math.abs(before.count - after.count) > 0.05 * Math.max(before.count, after.count));
