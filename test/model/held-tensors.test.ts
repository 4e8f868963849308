import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type HeldGroup, type Leak, leaksIn, mergeLeaks } from '../../src/model/held-tensors.js';
import { leakSentences } from '../../src/report/words/leaks.js';

const group = (quarters: readonly number[], more: Partial<HeldGroup> = {}): HeldGroup => {
  const tensors = quarters.reduce((sum, value) => sum + value, 0);
  return { where: 'call', tensors, bytes: tensors * 4, quarters, occasions: tensors, places: ['app.js:3'], ...more };
};
const leaks = (one: HeldGroup, growth = (one.quarters[2] ?? 0) + (one.quarters[3] ?? 0)) =>
  leaksIn({ calls: 40, alive: 100 + growth, aliveAtHalf: 100, groups: [one] });

test('a leak goes on in each later quarter; caches, windows, warm-up and few occasions are none', () => {
  expect(leakSentences(leaks(group([10, 10, 10, 10])))).toEqual([
    '1 tensor stays with each call: 40 after 40 calls; 1 per call made by the call itself (app.js:3). Dispose of them, or make them in tf.tidy(), which keeps variables and what it returns.',
  ]);
  expect(leaks(group([12, 0, 0, 0]))).toEqual([]);
  expect(leaks(group([10, 8, 4, 0]))).toEqual([]);
  expect(leaks(group([0, 0, 5, 10]))).toEqual([]);
  expect(leaks(group([1, 1, 1, 1], { occasions: 4 }))).toEqual([]);
  // The newest of a bounded cache replace others: what is alive does not grow.
  expect(leaks(group([3, 6, 8, 10]), 0)).toEqual([]);
});

test.each([
  // Four calls at once have one number: the border falls within them. `i` of 100 calls, 51 moments in the later half.
  [60, [16, 12, 16, 16], 1],
  [100, [48, 50, 50, 52], 2],
  [40, [10, 10, 10, 10], 1],
  [1000, [250, 250, 265, 265], 1.06],
  [1000, [25, 25, 25, 25], 0.1],
])('per call is whole where the border of the halves explains the rest: %i calls, %j', (calls, quarters, perCall) => {
  const all = quarters.reduce((sum, value) => sum + value, 0);
  const [leak] = leaksIn({ calls, alive: all, aliveAtHalf: 0, groups: [group(quarters)] });
  expect(leak?.perOccasion).toBeCloseTo(perCall, 10);
});

test('what each call left is what stays per call, where several stay and the halves differ by a call', () => {
  // A program with body-pix that forgets its eight outputs: `tf.memory()` grew by 8 with each of 30 calls.
  const kept = group([56, 56, 64, 64], { where: 'outside', occasions: 30 });
  const [leak] = leaksIn({ calls: 30, alive: 258, aliveAtHalf: 130, groups: [kept] });
  expect([leak?.tensors, leak?.perOccasion]).toEqual([240, 8]);
});

test('property: what made nothing in the last quarter is never a leak', () => {
  const counts = fc.array(fc.nat(100), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(counts, fc.nat(1000), (first, growth) => {
      expect(leaks(group([...first, 0]), growth)).toEqual([]);
    }),
  );
});

test('what workers leave is per call of all of them, not added up', () => {
  const worker = (calls: number, perCall: number, place: string): Leak => ({
    where: 'call',
    tensors: calls * perCall,
    bytes: calls * perCall * 4,
    quarters: [0, 1, 2, 3].map(() => (calls * perCall) / 4),
    occasions: calls,
    places: [place],
    calls,
    perOccasion: perCall,
  });
  const merged = mergeLeaks([worker(100, 1, 'a.js:1'), worker(300, 1, 'b.js:2')]);
  expect(leakSentences(merged)).toEqual([
    expect.stringMatching(/^1 tensor stays with each call: 400 after 400 calls; 1 per call made by the call itself \(b\.js:2, a\.js:1\)/),
  ]);
  expect(
    mergeLeaks([worker(100, 2, 'a.js:1'), worker(300, 4, 'a.js:1')]).map(({ perOccasion, quarters }) => [perOccasion, quarters]),
  ).toEqual([[3.5, [350, 350, 350, 350]]]);
  const loads = (occasions: number): Leak => ({
    ...worker(occasions, 8, 'load.js:1'),
    where: 'weights',
    model: 'm',
    tensors: 8 * occasions,
    occasions,
    calls: 1000,
    perOccasion: 8,
  });
  expect(mergeLeaks([loads(5), loads(15)]).map(({ tensors, occasions, perOccasion }) => [tensors, occasions, perOccasion])).toEqual([
    [160, 20, 8],
  ]);
});
