import { expect, test } from 'vitest';
import { inReadingOrder } from '../../src/analyse/findings/variants.js';
import type { Analysis } from '../../src/model/analysis.js';

type Ordered = Pick<Analysis, 'variants' | 'comparisons'>;

/** Only what the order looks at. */
const analysis = (keys: readonly string[], faster: Readonly<Record<string, number>>): Ordered =>
  ({
    variants: keys.map((key) => ({ key })),
    comparisons: keys.slice(1).map((candidate) => ({
      baseline: keys[0],
      candidate,
      ratio: faster[candidate] ?? 1,
      verdict: candidate in faster ? 'faster' : 'no-difference',
    })),
  }) as unknown as Ordered;

const order = (keys: readonly string[], faster: Readonly<Record<string, number>>): string[] =>
  inReadingOrder(analysis(keys, faster)).map(({ key }) => key);

test('the variant to use stands beside the baseline, the others keep their order', () => {
  expect(order(['a', 'b', 'c', 'd'], { b: 0.9, d: 0.2 })).toEqual(['a', 'd', 'b', 'c']);
  expect(order(['a', 'b', 'c'], {})).toEqual(['a', 'b', 'c']);
  expect(order([], {})).toEqual([]);
});
