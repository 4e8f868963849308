import { expect, it } from 'vitest';
import { DT, DTYPES, dtypeBytes, dtypeCode, dtypeName, dtypeOfNumpy } from '../../src/model/dtypes.js';

it('names, codes and NumPy codes are each of one type', () => {
  for (const key of ['name', 'code', 'numpy'] as const) {
    const values = DTYPES.flatMap((dtype) => (key in dtype ? [(dtype as Readonly<Record<string, unknown>>)[key]] : []));
    expect(new Set(values).size).toBe(values.length);
  }
  for (const { name, code } of DTYPES) expect([dtypeName(code), dtypeCode(name), DT[name]]).toEqual([name, code, code]);
});

it('NumPy codes end with the bytes of an element', () => {
  for (const dtype of DTYPES)
    if ('numpy' in dtype) expect([dtypeOfNumpy(dtype.numpy), dtype.numpy.slice(1)]).toEqual([dtype.name, String(dtype.bytes)]);
});

it('tells references as the plain type, and says so of what it does not know', () => {
  expect([dtypeName(101), dtypeName(77), dtypeName(0)]).toEqual(['float32', 'dtype-77', 'dtype-0']);
  expect([dtypeBytes('string'), dtypeBytes('float8'), dtypeOfNumpy('O')]).toEqual([undefined, undefined, undefined]);
  expect(() => dtypeCode('float8')).toThrow(RangeError);
});
