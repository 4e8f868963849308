import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { dump } from 'npyjs';
import { expect, test } from 'vitest';
import { parseNpy, type GivenArray } from '../../../../src/inputs/npy.js';
import { unpackArchive } from '../../../../src/inputs/npz.js';
import { userError } from './helpers.js';

// Written by NumPy itself: scripts/fixtures/make-arrays.py.
const file = (name: string): Buffer => readFileSync(fileURLToPath(new URL(`arrays/${name}.npy`, import.meta.url)));
const read = (name: string): GivenArray => parseNpy(file(name), `${name}.npy`);
const values = (array: GivenArray): unknown[] => Array.from(array.data as ArrayLike<number>);

test.each(['float16', 'float32', 'float64'])('%s', (dtype) => {
  const array = read(dtype);
  expect([array.dtype, array.shape, values(array)]).toEqual([dtype, [2, 3], [0, 1, -2, 3.5, -4.25, 100]]);
});

test.each(['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64'])('%s', (dtype) => {
  const array = read(dtype);
  const expected = dtype.startsWith('u') ? [0, 1, 2, 3, 4, 100] : [0, 1, -2, 3, -4, 100];
  expect([array.dtype, array.shape, values(array).map(Number)]).toEqual([dtype, [2, 3], expected]);
});

test.each(['complex64', 'complex128'])('%s is interleaved', (dtype) => {
  const array = read(dtype);
  expect([array.dtype, array.shape, values(array)]).toEqual([dtype, [1, 2], [1, 2, 3, -4]]);
});

test('booleans, text with characters beyond 16 bits, bytes', () => {
  expect(read('bool')).toEqual({ dtype: 'bool', shape: [1, 3], data: [1, 0, 1] });
  expect(read('text')).toEqual({ dtype: 'string', shape: [4], data: ['plain', 'Grüße', 'a🙂b', ''] });
  expect(read('bytes')).toEqual({ dtype: 'string', shape: [2], data: ['plain', 'é'] });
});

test('Fortran order becomes C order', () => {
  expect(values(read('fortran'))).toEqual(Array.from({ length: 24 }, (_, i) => i));
  expect(read('fortran').shape).toEqual([2, 3, 4]);
  expect(values(read('fortran-text'))).toEqual(['a', 'b', 'c', 'd']);
});

test('a scalar and an empty array', () => {
  expect([read('scalar').shape, values(read('scalar'))]).toEqual([[], [2.5]]);
  expect([read('empty').shape, values(read('empty'))]).toEqual([[0, 3], []]);
});

test.each([
  ['big-endian', "big-endian.npy is big-endian (>f4): save it with .astype(array.dtype.newbyteorder('<'))."],
  ['datetime', 'datetime.npy has the dtype <M8[D], which is not read: convert it with .astype, for example to float32.'],
  ['structured', 'structured.npy has no plain dtype and shape (structured arrays are not read): save one array of numbers or strings.'],
])('%s is refused with a remedy', async (name, sentence) => {
  expect(await userError(() => read(name))).toEqual({ sentence, exitCode: 65 });
});

test('what is not NumPy data is refused', async () => {
  const { sentence } = await userError(() => parseNpy(Buffer.from('PNG and so on, long enough'), 'a.npy'));
  expect(sentence).toBe('a.npy is not a NumPy file: write it with numpy.save.');
  expect((await userError(() => parseNpy(Buffer.alloc(0), 'a.npy'))).sentence).toBe(sentence);
});

test.each(['float32', 'int64', 'text', 'bool', 'complex64', 'fortran'])('%s cut off anywhere in its values is refused', async (name) => {
  const whole = file(name);
  for (let left = 1; left < 24; left++) {
    const { sentence } = await userError(() => parseNpy(whole.subarray(0, whole.length - left), 'x.npy'));
    expect(sentence).toMatch(/^x\.npy is cut off/);
    if (name === 'bool' && left === 2) break;
  }
});

test('law: what is written reads back', () => {
  fc.assert(
    fc.property(fc.float32Array({ noNaN: true, maxLength: 40 }), fc.integer({ min: 1, max: 3 }), (data, columns) => {
      const rows = Math.floor(data.length / columns);
      const used = data.slice(0, rows * columns);
      const array = parseNpy(new Uint8Array(dump(used, [rows, columns])), 'x.npy');
      expect(array.shape).toEqual([rows, columns]);
      expect(array.dtype).toBe('float32');
      expect(Float32Array.from(array.data as ArrayLike<number>)).toEqual(used);
    }),
    { numRuns: 50 },
  );
});

test.each([['(-1, 2)'], ['(1e400,)'], ['(0.5,)'], ['(9999999999, 9999999999)'], [`(${'1, '.repeat(65)})`]])(
  'the shape %s cannot be',
  (shape) => {
    const header = Buffer.from(`{'descr': '<f4', 'fortran_order': True, 'shape': ${shape}, }\n`);
    const bytes = Buffer.concat([
      Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length & 255, header.length >> 8]),
      header,
      Buffer.alloc(8),
    ]);
    expect(() => parseNpy(bytes, 'x.npy')).toThrow('x.npy is damaged: its shape');
  },
);

test('texts without room, and codes that are no character', () => {
  const text = (descr: string, code: number): Buffer => {
    const header = Buffer.from(`{'descr': '${descr}', 'fortran_order': False, 'shape': (1,), }\n`);
    return Buffer.concat([
      Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]),
      header,
      Buffer.from(Uint32Array.of(code).buffer),
    ]);
  };
  expect(() => parseNpy(text('<U0', 65), 'x.npy')).toThrow('without room for a character');
  expect(() => parseNpy(text('<U1', 0x110000), 'x.npy')).toThrow('which is no character');
});

test('an archive that unpacks to gigabytes is refused before anything is unpacked', () => {
  const archive = Buffer.from(zipSync({ 'a.npy': new Uint8Array(1000) }));
  const entry = archive.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  archive.writeUInt32LE(3_000_000_000, entry + 24);
  expect(() => unpackArchive(archive, 'x.npz')).toThrow('x.npz unpacks to more than 250 times its size');
});
