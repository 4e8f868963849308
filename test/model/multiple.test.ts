import { expect, it } from 'vitest';
import { formatMultiple } from '../../src/model/multiple.js';

it('writes any multiple without an exponent', () => {
  expect([0.0931, 0.124, 1, 3.876, 12.34, 123.4, 999.7, 3333, 2e6].map(formatMultiple)).toEqual([
    '0.0931',
    '0.124',
    '1.00',
    '3.88',
    '12.3',
    '123',
    '1,000',
    '3,330',
    '∞',
  ]);
});
