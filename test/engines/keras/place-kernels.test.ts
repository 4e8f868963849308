import { expect, test } from 'vitest';
import { placeKernels } from '../../../src/engines/keras/place-kernels.js';
import type { SessionKernel } from '../../../src/model/session.js';

const kernel = (op: string, startNanos: number, wallNanos: number): SessionKernel => ({
  op,
  node: `a/${op}`,
  layer: 'a',
  parent: -1,
  startNanos,
  durationNanos: wallNanos,
  wallNanos,
  inputShapes: [],
  outputShapes: [],
  outputDtypes: [],
  outputBytes: 0,
  allocatedBytes: 0,
  fused: [],
  repeat: 1,
  flops: null,
  bytesMoved: null,
});

// predict [0, 10 ms] → graph-run [1, 3 ms] of the pipeline, graph-run [5, 8 ms] of the model
const MS = 1_000_000;
const SPANS = {
  start: [0, MS, 5 * MS],
  duration: [10 * MS, 2 * MS, 3 * MS],
  parent: [-1, 0, 0],
  name: [0, 1, 1],
  stage: [4, 0, 2],
  kind: [0, 4, 4],
  detail: [0, 0, 0],
};
const tables = () => ({ strings: ['predict', 'graph-run'], details: [{}] });

test('kernels go under the graph run they overlap most, in its stage and within its time', () => {
  const names = tables();
  const { spans, outside } = placeKernels(
    SPANS,
    [
      kernel('Slice', 1.5 * MS, 500),
      kernel('MatMul', 5 * MS - 100, 1000),
      kernel('Relu', 8 * MS - 400, 1000),
      kernel('MatMul', 6 * MS, 10),
    ],
    4,
    names,
  );
  expect(outside).toBe(0);
  expect(spans.parent.slice(3)).toEqual([1, 2, 2, 2]);
  expect(spans.stage.slice(3)).toEqual([0, 2, 2, 2]);
  expect(spans.name.slice(3).map((id) => names.strings[id])).toEqual(['Slice', 'MatMul', 'Relu', 'MatMul']);
  expect(spans.start.slice(3)).toEqual([1.5 * MS, 5 * MS, 8 * MS - 1000, 6 * MS]);
  expect(names.details.slice(1)).toEqual([
    { node: 'a/Slice', layer: 'a' },
    { node: 'a/MatMul', layer: 'a' },
    { node: 'a/Relu', layer: 'a' },
  ]);
});

test('a kernel that ran while no graph did is counted, not misplaced', () => {
  const { spans, outside } = placeKernels(SPANS, [kernel('Range', 3.9 * MS, 1000), kernel('Range', 9.5 * MS, 1000)], 4, tables());
  expect([spans.start.length, outside]).toEqual([3, 2]);
});
