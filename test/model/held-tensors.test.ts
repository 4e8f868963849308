import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type HeldGroup, leakSentences, leaksIn } from '../../src/model/held-tensors.js';

const group = (quarters: readonly number[], more: Partial<HeldGroup> = {}): HeldGroup => {
  const tensors = quarters.reduce((sum, value) => sum + value, 0);
  return { where: 'call', tensors, bytes: tensors * 4, quarters, occasions: tensors, places: ['app.js:3'], ...more };
};
const leaks = (one: HeldGroup, growth = (one.quarters[2] ?? 0) + (one.quarters[3] ?? 0)) => leaksIn({ calls: 40, alive: 100 + growth, aliveAtHalf: 100, groups: [one] });

test('a leak goes on in each later quarter; caches, windows, warm-up and few occasions are none', () => {
  expect(leakSentences(leaks(group([10, 10, 10, 10])))).toEqual(['1 tensor stays with each call: 40 after 40 calls; 1 per call made by the call itself (app.js:3). Dispose of them, or make them in tf.tidy().']);
  expect(leaks(group([12, 0, 0, 0]))).toEqual([]);
  expect(leaks(group([10, 8, 4, 0]))).toEqual([]);
  expect(leaks(group([0, 0, 5, 10]))).toEqual([]);
  expect(leaks(group([1, 1, 1, 1], { occasions: 4 }))).toEqual([]);
  // The newest of a bounded cache replace others: what is alive does not grow.
  expect(leaks(group([3, 6, 8, 10]), 0)).toEqual([]);
});

test('property: what made nothing in the last quarter is never a leak', () => {
  const counts = fc.array(fc.nat(100), { minLength: 3, maxLength: 3 });
  fc.assert(fc.property(counts, fc.nat(1000), (first, growth) => {
    expect(leaks(group([...first, 0]), growth)).toEqual([]);
  }));
});
