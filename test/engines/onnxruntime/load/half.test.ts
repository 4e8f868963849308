import fc from 'fast-check';
import { expect, it } from 'vitest';
import { halfBits, halfValue } from '../../../../src/inputs/carriers.js';

it('half precision: known values', () => {
  // IEEE 754 binary16: one, the largest, the smallest normal and subnormal ones, infinity, a third rounded to nearest.
  const known: readonly (readonly [number, number])[] = [
    [0, 0],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [65_504, 0x7bff],
    [65_520, 0x7c00],
    [2 ** -14, 0x0400],
    [2 ** -24, 1],
    [2 ** -25, 0],
    [1 / 3, 0x3555],
    [Infinity, 0x7c00],
  ];
  for (const [value, bits] of known) expect(halfBits(value), String(value)).toBe(bits);
  expect(Number.isNaN(halfValue(halfBits(NaN)))).toBe(true);
});

it('half precision: every value that fits reads back, and every other lies between its neighbours', () => {
  for (let bits = 0; bits < 0x7c00; bits += 1) expect(halfBits(halfValue(bits))).toBe(bits);
  fc.assert(
    fc.property(fc.float({ min: -65_504, max: 65_504, noNaN: true }), (value) => {
      const read = halfValue(halfBits(value));
      expect(Math.abs(read - value)).toBeLessThanOrEqual(Math.max(2 ** -25, Math.abs(value) * 2 ** -11));
    }),
  );
});
