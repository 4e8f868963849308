import { expect, test } from 'vitest';
import type { ModelOutput } from '../../src/engines/engine.js';
import { outputParity, outputValues } from '../../src/measure/outputs.js';

const output = (values: readonly number[], name: string | null = null): ModelOutput => ({
  name,
  dtype: 'float32',
  shape: [values.length],
  read: () => Float32Array.from(values),
});
const parity = (baseline: [ModelOutput[], string[]], candidate: [ModelOutput[], string[]]) =>
  outputParity(outputValues(...baseline), outputValues(...candidate));

test('two exports of one model that list their outputs in another order are compared by name', () => {
  // As handtrackjs 0.1 has it: base and int8 weights of one detector.
  expect(
    parity(
      [
        [output([1, 2, 3]), output([4])],
        ['Identity_7:0', 'Identity:0'],
      ],
      [
        [output([4]), output([1, 2, 3])],
        ['Identity:0', 'Identity_7:0'],
      ],
    ),
  ).toEqual({ kind: 'compared', outputs: 2, absolute: 0, relative: 0 });
});

test('outputs of other names, or of names that the call did not keep to, are compared in their order', () => {
  expect(
    parity(
      [
        [output([1]), output([2])],
        ['dense_1', 'dense_2'],
      ],
      [
        [output([1]), output([3])],
        ['dense_3', 'dense_4'],
      ],
    ),
  ).toEqual({
    kind: 'compared',
    outputs: 2,
    absolute: 1,
    relative: 0.5,
    output: 'dense_2',
  });
  expect(parity([[output([1])], ['a', 'b']], [[output([1])], ['b', 'a']])).toMatchObject({ absolute: 0 });
  // Half of the names in common is no common order.
  expect(
    parity(
      [
        [output([1]), output([2, 2])],
        ['a', 'b'],
      ],
      [
        [output([1]), output([2, 2])],
        ['b', 'c'],
      ],
    ),
  ).toMatchObject({ absolute: 0 });
  expect(
    parity(
      [
        [output([1]), output([2, 2])],
        ['a', 'b'],
      ],
      [
        [output([2, 2]), output([1])],
        ['a', 'c'],
      ],
    ),
  ).toEqual({
    kind: 'unlike',
    reason: 'output a is float32[1] against float32[2]',
  });
});
