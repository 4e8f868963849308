import { expect, test } from 'vitest';
import { largestRelativeDifference } from '../../../src/measure/keras/keras-against-tfjs.js';

test('the largest relative difference of outputs as large as they come', () => {
  const expected = new Float32Array(2_000_000).fill(2);
  const found = expected.slice();
  found[1_234_567] = 3;
  expect(largestRelativeDifference(found, expected)).toBeCloseTo(0.5, 5);
  expect(largestRelativeDifference(expected, expected)).toBe(0);
});

test('what cannot be compared has no difference', () => {
  expect(largestRelativeDifference([], [])).toBeNull();
  expect(largestRelativeDifference([1], [1, 2])).toBeNull();
  expect(largestRelativeDifference([1, Number.NaN], [1, 2])).toBeNull();
});
