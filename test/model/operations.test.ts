import { describe, expect, it } from 'vitest';
import { changedCounts, operationName, operationShifts, REST } from '../../src/model/operations.js';
import type { KernelFigure, VariantAnalysis } from '../../src/model/analysis.js';

const kernel = (op: string, count: number, nanosPerCall: number, nativeNanosPerCall: number | null = null): KernelFigure => ({
  op,
  count,
  nanosPerCall,
  nativeNanosPerCall,
  share: 0,
  shapes: [],
  layers: [],
  fused: [],
});
const variant = (mean: number, ...kernels: KernelFigure[]): VariantAnalysis =>
  ({ kernels, latencyNanos: { mean } }) as unknown as VariantAnalysis;

describe('operations of a model run in two ways', () => {
  it.each([
    ['_MklNativeFusedConv2D', 'Conv2D'],
    ['_FusedConv2D', 'Conv2D'],
    ['FusedConv2D', 'Conv2D'],
    ['_MklNativeConv2D', 'Conv2D'],
    ['Conv2D', 'Conv2D'],
    ['Conv2DBackpropInput', 'Conv2DBackpropInput'],
    ['BatchMatMulV2', 'MatMul'],
    ['_FusedMatMul', 'MatMul'],
    ['_MklBatchMatMulV2', 'MatMul'],
    ['AddV2', 'Add'],
    ['_MklTranspose', 'Transpose'],
    ['ConcatV2', 'Concat'],
    ['FusedBatchNormV3', 'BatchNorm'],
    ['DepthwiseConv2dNative', 'DepthwiseConv2D'],
    ['_FusedDepthwiseConv2dNative', 'DepthwiseConv2D'],
    ['MyCustomOp', 'MyCustomOp'],
    ['_', '_'],
  ])('%s computes %s', (name, operation) => {
    expect(operationName(name)).toBe(operation);
  });

  it('hold the fused convolution of a graph against the convolution of the eager run, and the dispatch that went against glue', () => {
    const eager = variant(1000, kernel('Conv2D', 32, 600, 500), kernel('BiasAdd', 32, 100, 50), kernel('Relu', 6, 50, null));
    const graph = variant(560, kernel('_MklNativeFusedConv2D', 6, 100), kernel('_MklNativeConv2D', 26, 400), kernel('Const', 60, 10));
    const shifts = operationShifts(eager, graph);
    const found = Object.fromEntries(
      shifts.map(({ operation, before, after }) => [operation, [before.count, after.count, before.nanosPerCall, after.nanosPerCall]]),
    );
    expect(found).toEqual({
      // The convolution took as long as before: what went is glue.
      Conv2D: [32, 32, 500, 500],
      [REST]: [1, 1, 400, 50],
      BiasAdd: [32, 0, 50, 0],
      Relu: [6, 0, 50, 0],
      Const: [0, 60, 0, 10],
    });
    expect(shifts[0]!.operation).toBe(REST);
    expect(
      changedCounts(shifts)
        .map(({ operation }) => operation)
        .sort(),
    ).toEqual(['BiasAdd', 'Const', 'Relu']);
  });

  it('add up to the call on either side', () => {
    const [a, b] = [variant(900, kernel('MatMul', 2, 300), kernel('Add', 1, 100)), variant(500, kernel('_FusedMatMul', 2, 350))];
    const shifts = operationShifts(a, b);
    expect(shifts.reduce((sum, { before }) => sum + before.nanosPerCall, 0)).toBe(900);
    expect(shifts.reduce((sum, { after }) => sum + after.nanosPerCall, 0)).toBe(500);
  });

  it('say nothing of a side whose operations were not seen', () => {
    expect(operationShifts(variant(900), variant(500))).toEqual([]);
  });
});
