import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pairChildren } from '../../src/analyse/pair-frames.js';

const frame = (name: string, stage = 'glue', kind = 'kernel') => ({ name, stage, kind });

test('siblings that differ in stage alone keep their own counterparts', () => {
  const [a, b, c, d] = [frame('MatMul', 'glue'), frame('MatMul', 'fetch'), frame('MatMul', 'fetch'), frame('MatMul', 'glue')];
  expect(pairChildren([a, b], [c, d])).toEqual([
    [a, d],
    [b, c],
  ]);
  expect(pairChildren([a], [c])).toEqual([[a, c]]);
  expect(pairChildren([a], [frame('MatMul', 'glue', 'layer')])).toEqual([
    [a, null],
    [null, frame('MatMul', 'glue', 'layer')],
  ]);
});

test('property: each child of both sides is in exactly one pair', () => {
  const sibling = fc.record({
    name: fc.constantFrom('a', 'b'),
    stage: fc.constantFrom('glue', 'fetch'),
    kind: fc.constantFrom('kernel', 'layer'),
  });
  fc.assert(
    fc.property(fc.array(sibling, { maxLength: 8 }), fc.array(sibling, { maxLength: 8 }), (left, right) => {
      const pairs = pairChildren(left, right);
      expect(pairs.flatMap(([one]) => one ?? [])).toEqual(left);
      expect(new Set(pairs.flatMap(([, other]) => other ?? []))).toEqual(new Set(right));
      expect(pairs.filter(([, other]) => other !== null).length).toBe(right.length);
    }),
  );
});
