import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fedSpec, type InputArray, type InputSpec } from '../../../../src/inputs/arrays.js';
import { CARRIERS, toTensor } from '../../../../src/engines/tensorflow/load/to-tensor.js';
import { makeFeed } from '../../../../src/engines/tensorflow/load/feed.js';
import { synthesise } from '../../../../src/inputs/synthesise.js';
import { tf, userError } from './helpers.js';
import type { InputOptions } from '../../../../src/inputs/input-options.js';

const x: InputSpec = { name: 'x', dtype: 'float32', shape: [-1, 4] };
const image: InputSpec = { name: 'image', dtype: 'float32', shape: [-1, -1, -1, 3] };
const ids: InputSpec = { name: 'ids', dtype: 'int64', shape: [-1, 2] };
const words: InputSpec = { name: 'words', dtype: 'string', shape: [-1] };
const numpy = (name: string): string => fileURLToPath(new URL(`arrays/${name}`, import.meta.url));

function feedOf(
  specs: readonly InputSpec[],
  options: InputOptions = {},
): { arrays: readonly InputArray[]; signature: string; batch: number; notes: string[] } {
  const notes: string[] = [];
  const { arrays, signature, batch } = makeFeed(tf, specs, options, notes);
  return { arrays, signature, batch, notes };
}

function json(value: unknown): string {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'inputs-')), 'input.json');
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
  return file;
}

describe('synthesised for two models that are compared', () => {
  const valuesOf = (specs: readonly InputSpec[], madeUpLike?: readonly InputSpec[]) =>
    feedOf(specs, { batch: 3, ...(madeUpLike === undefined ? {} : { madeUpLike }) }).arrays.map(({ data }) =>
      Array.from(data as ArrayLike<number>),
    );

  test('values are the same where dtype and shape correspond, whatever the inputs are called', () => {
    const renamed: InputSpec = { name: 'serving_default_in', dtype: 'float32', shape: [3, 4] };
    expect(valuesOf([renamed])).not.toEqual(valuesOf([x]));
    expect(valuesOf([renamed], [x])).toEqual(valuesOf([x]));
    expect(feedOf([renamed], { madeUpLike: [x] }).arrays[0]).toMatchObject({ name: 'serving_default_in', shape: [3, 4] });
  });

  test('images with the channels elsewhere are the same images', () => {
    const first: InputSpec = { name: 'image', dtype: 'float32', shape: [-1, 3, -1, -1] };
    const last: InputSpec = { name: 'serving_default_image', dtype: 'float32', shape: [-1, 5, 4, 3] };
    const feed = (spec: InputSpec, like: InputSpec, shape: string) => feedOf([spec], { shapes: [shape], madeUpLike: [like] }).arrays[0]!;
    const own = feedOf([first], { shapes: ['image=2,3,5,4'] }).arrays[0]!;
    const other = feed(last, first, 'serving_default_image=2,5,4,3');
    expect(other.shape).toEqual([2, 5, 4, 3]);
    const at = (array: InputArray, [a, b, c, d]: readonly [number, number, number, number]): unknown =>
      array.data[((a * array.shape[1]! + b) * array.shape[2]! + c) * array.shape[3]! + d];
    for (let pixel = 0; pixel < 120; pixel++) {
      const [n, c, h, w] = [Math.floor(pixel / 60), Math.floor(pixel / 20) % 3, Math.floor(pixel / 4) % 5, pixel % 4];
      expect(at(other, [n, h, w, c])).toBe(at(own, [n, c, h, w]));
    }
    // And back again; what has the same layout stays.
    const back = feed({ ...first, name: 'back' }, { ...last, shape: [-1, -1, -1, 3] }, 'back=2,3,5,4');
    const lastOwn = feedOf([last], { shapes: ['serving_default_image=2,5,4,3'] }).arrays[0]!;
    expect(at(back, [1, 2, 4, 3])).toBe(at(lastOwn, [1, 4, 3, 2]));
    expect(feed({ ...last, name: 'same' }, last, 'same=2,5,4,3').data).toEqual(lastOwn.data);
  });

  test('the same name goes first, then the order; ids lie within both tables, and unlike shapes keep their own', () => {
    const y: InputSpec = { ...x, name: 'y' };
    const [ofX, ofY] = valuesOf([x, y]);
    expect(valuesOf([y, x], [x, y])).toEqual([ofY, ofX]);
    expect(
      valuesOf(
        [
          { ...x, name: 'a' },
          { ...x, name: 'b' },
        ],
        [x, y],
      ),
    ).toEqual([ofX, ofY]);
    const table = { ...ids, indexLimit: 5 };
    expect(valuesOf([{ ...ids, name: 'tokens', dtype: 'int32' }], [table])).toEqual(valuesOf([table]));
    expect(Math.max(...valuesOf([{ ...table, name: 'tokens', indexLimit: 2 }], [table])[0]!)).toBeLessThan(2);
    expect(valuesOf([x], [{ ...x, shape: [-1, 5] }])).toEqual([ofX]);
    expect(valuesOf([x], [{ ...x, dtype: 'int32' }])).toEqual([ofX]);
  });
});

describe('synthesised', () => {
  const dtypes = ['float32', 'int32', 'int64', 'uint8', 'bool', 'string', 'complex64'];

  test('law: the same seed gives the same values, another seed others, and the dtype is right', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...dtypes),
        fc.integer(),
        fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
        (dtype, seed, shape) => {
          const spec = fedSpec({ name: 'x', dtype, shape }, CARRIERS);
          const first = synthesise(spec, shape, seed);
          expect(synthesise(spec, shape, seed)).toEqual(first);
          const size = shape.reduce((product, length) => product * length, 1);
          expect(first.data).toHaveLength(dtype === 'complex64' ? 2 * size : size);
          if (['float32', 'complex64'].includes(dtype)) expect(synthesise(spec, shape, seed + 1).data).not.toEqual(first.data);
          tf.tidy(() => {
            const tensor = toTensor(tf, first);
            expect(tensor.shape).toEqual(shape);
            expect(tensor.dtype).toBe(dtype === 'int64' || dtype === 'uint8' ? 'int32' : dtype);
          });
        },
      ),
      { numRuns: 100 },
    );
  });

  test('the values are what the dtype says', () => {
    const many = (dtype: string, extra: Partial<InputSpec> = {}): number[] =>
      Array.from(synthesise(fedSpec({ name: 'x', dtype, shape: [4000], ...extra }, CARRIERS), [4000], 1).data as ArrayLike<number>);
    const floats = many('float32');
    const mean = floats.reduce((sum, value) => sum + value, 0) / floats.length;
    const variance = floats.reduce((sum, value) => sum + (value - mean) ** 2, 0) / floats.length;
    expect(Math.abs(mean)).toBeLessThan(0.1);
    expect(Math.abs(variance - 1)).toBeLessThan(0.1);
    expect([...new Set(many('int32'))].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect([...new Set(many('bool'))].sort()).toEqual([0, 1]);
    expect([...new Set(many('int32', { indexLimit: 3 }))].sort()).toEqual([0, 1, 2]);
    expect([...new Set(many('float32', { indexLimit: 3 }))].sort()).toEqual([0, 1, 2]);
  });

  test('another input beside it does not change the values of an input', () => {
    expect(feedOf([ids, x]).arrays[1]).toEqual(feedOf([x]).arrays[0]);
  });

  test('complex numbers keep their parts', () => {
    tf.tidy(() => {
      const tensor = toTensor(tf, { name: 'c', dtype: 'complex64', shape: [2], data: Float32Array.of(1, 2, 3, -4) });
      expect(Array.from(tf.real(tensor).dataSync())).toEqual([1, 3]);
      expect(Array.from(tf.imag(tensor).dataSync())).toEqual([2, -4]);
    });
  });

  test('a dtype no tensor can hold is refused', async () => {
    expect((await userError(() => feedOf([{ name: 'd', dtype: 'float64', shape: [2] }]))).sentence).toBe(
      'The input d is float64, which TensorFlow.js cannot feed: export the model with a float32, int32, int64, uint8, bool, string or complex64 input.',
    );
  });
});

describe('shapes', () => {
  test('batch and shape', () => {
    expect(feedOf([x])).toMatchObject({ signature: 'float32[1,4]', batch: 1 });
    expect(feedOf([x, ids], { batch: 5 })).toMatchObject({ signature: 'float32[5,4], int64[5,2]', batch: 5 });
    expect(feedOf([image], { shapes: ['image=2,8,8,3'] })).toMatchObject({ signature: 'float32[2,8,8,3]', batch: 2 });
    expect(feedOf([image], { shapes: ['2,8,8,3'] }).signature).toBe('float32[2,8,8,3]');
    expect(feedOf([{ ...image, name: 'image:0' }], { shapes: ['image=2,8,8,3'] }).batch).toBe(2);
    expect(feedOf([{ name: 'any', dtype: 'float32', shape: [], unknownRank: true }], { shapes: ['3'] }).signature).toBe('float32[3]');
    expect(feedOf([{ name: 'fixed', dtype: 'float32', shape: [8, 4] }], {}).batch).toBe(8);
    expect(feedOf([{ name: 'one', dtype: 'int32', shape: [] }]).signature).toBe('int32[]');
  });

  test.each<[string, InputSpec, string, string]>([
    [
      'a picture',
      image,
      'float32[1,224,224,3]',
      'image (a picture of values from 0 to 1, size 1 × 224 × 224 × 3 chosen for float32[?,?,?,3])',
    ],
    [
      'a picture with the channels first',
      { name: 'p', dtype: 'uint8', shape: [-1, 3, -1, 128] },
      'uint8[1,3,128,128]',
      'p (a picture of values from 0 to 255, size 1 × 3 × 128 × 128 chosen for uint8[?,3,?,128])',
    ],
    [
      'a video',
      { name: 'v', dtype: 'float32', shape: [-1, -1, -1, -1, 3] },
      'float32[1,8,224,224,3]',
      'v (a picture of values from 0 to 1, size 1 × 8 × 224 × 224 × 3 chosen for float32[?,?,?,?,3])',
    ],
    [
      'a sequence',
      { name: 's', dtype: 'float32', shape: [-1, -1, 8] },
      'float32[1,16,8]',
      's (normal random numbers, size 1 × 16 × 8 chosen for float32[?,?,8])',
    ],
    [
      'audio without a batch',
      { name: 'waveform', dtype: 'float32', shape: [-1] },
      'float32[16000]',
      'waveform (noise from -1 to 1, size 16000 chosen for float32[?])',
    ],
    [
      'audio with a batch',
      { name: 'audio', dtype: 'float32', shape: [-1, -1] },
      'float32[1,16000]',
      'audio (noise from -1 to 1, size 1 × 16000 chosen for float32[?,?])',
    ],
    [
      'a share of unknown rank',
      { name: 'downsample_ratio', dtype: 'float32', shape: [], unknownRank: true },
      'float32[]',
      'downsample_ratio (0.5, one value chosen for float32 of any shape)',
    ],
    [
      'an unknown number of dimensions',
      { name: 'any', dtype: 'float32', shape: [], unknownRank: true },
      'float32[1,16]',
      'any (normal random numbers, size 1 × 16 chosen for float32 of any shape)',
    ],
    ['a first dimension that is fixed', { name: 'f', dtype: 'float32', shape: [8, 4] }, 'float32[8,4]', 'f (normal random numbers)'],
  ])('%s gets a sensible size, which is told', (_, spec, signature, told) => {
    const fed = feedOf([spec]);
    expect(fed.signature).toBe(signature);
    expect(fed.notes).toEqual([`Made-up inputs: ${told}. Give your own with --input, other sizes with --shape.`]);
  });

  test('values fit the role of an input', () => {
    const of = (spec: InputSpec, beside: readonly InputSpec[] = []): number[] =>
      Array.from(feedOf([spec, ...beside]).arrays[0]!.data as ArrayLike<number>);
    const within = (values: readonly number[], low: number, high: number): void => {
      expect(Math.min(...values)).toBeGreaterThanOrEqual(low);
      expect(Math.max(...values)).toBeLessThanOrEqual(high);
      expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan((high - low) / 2);
    };
    within(of({ name: 'x', dtype: 'float32', shape: [1, 32, 32, 3] }), 0, 1);
    within(of({ name: 'x', dtype: 'int32', shape: [1, 32, 32, 3] }), 0, 255);
    within(of({ name: 'x', dtype: 'uint8', shape: [1, 32, 32, 3] }), 0, 255);
    expect(of({ name: 'lengths', dtype: 'int32', shape: [-1] }, [{ name: 's', dtype: 'float32', shape: [-1, 40, 3] }])).toEqual([40]);
    expect(new Set(of({ name: 'input_mask', dtype: 'int32', shape: [-1, 9] }))).toEqual(new Set([1]));
    expect(new Set(of({ name: 'segment_ids', dtype: 'int32', shape: [-1, 9] }))).toEqual(new Set([0]));
    expect(of({ name: 'keras_learning_phase', dtype: 'bool', shape: [] })).toEqual([0]);
    expect(of({ name: 'downsample_ratio', dtype: 'float32', shape: [] })).toEqual([0.5]);
  });

  test.each<[string, readonly InputSpec[], InputOptions, number, string]>([
    [
      'contradicts the model',
      [image],
      { shapes: ['image=2,8,8,4'] },
      65,
      '--shape image=2,8,8,4 has the shape [2,8,8,4], but the input image expects float32[?,?,?,3].',
    ],
    [
      'not a shape',
      [image],
      { shapes: ['image=2,eight'] },
      64,
      '--shape image=2,eight is not a shape: write it as --shape image=1,224,224,3.',
    ],
    ['no such input', [x, ids], { shapes: ['y=1'] }, 64, '--shape y=1: the model has no input y; its inputs are: x, ids.'],
    ['name left out', [x, ids], { shapes: ['1,4'] }, 64, '--shape 1,4 must name its input, because the model has 2: x, ids.'],
    [
      'fixed batch',
      [{ name: 'f', dtype: 'float32', shape: [8, 4] }],
      { batch: 2 },
      65,
      '--batch 2 does not fit: the model fixes the first dimension of f to 8; leave --batch out.',
    ],
    ['batch is no count', [x], { batch: 0 }, 64, '--batch 0 is not a whole number above 0.'],
  ])('%s', async (_, specs, options, exitCode, sentence) => {
    expect(await userError(() => feedOf(specs, options))).toEqual({ sentence, exitCode });
  });
});

describe('given', () => {
  test('NumPy files, and the batch of what is synthesised beside them', () => {
    const fed = feedOf([ids, words], { inputs: [numpy('mixed.npz')] });
    expect(fed.signature).toBe('int64[3,2], string[3]');
    expect(fed.arrays.map((array) => Array.from(array.data as ArrayLike<number>))).toEqual([
      [1, 2, 3, 4, 5, 6],
      ['one', 'two', 'three'],
    ]);
    expect(feedOf([ids, words], { inputs: [numpy('mixed-compressed.npz')] })).toEqual(fed);
    expect(feedOf([x], { inputs: [numpy('unnamed.npz')] }).signature).toBe('float32[2,4]');
    expect(feedOf([x, { name: 'y', dtype: 'float32', shape: [-1, 3] }], { inputs: [`y=${numpy('float32.npy')}`] }).signature).toBe(
      'float32[2,4], float32[2,3]',
    );
  });

  test('conversions that lose something are told', () => {
    const y: InputSpec = { name: 'y', dtype: 'float32', shape: [-1, 3] };
    const fed = feedOf([y], { inputs: [numpy('float64.npy')] });
    expect(Array.from(fed.arrays[0]!.data as Float32Array)).toEqual([0, 1, -2, 3.5, -4.25, 100]);
    expect(fed.notes).toEqual([`${numpy('float64.npy')}: float64 was rounded to float32 for the input y.`]);
    expect(feedOf([y], { inputs: [numpy('float16.npy')] }).notes).toEqual([]);
  });

  test('JSON: nested lists, by name, shape and data, booleans, complex numbers', () => {
    expect(feedOf([x], { inputs: [json([[1, 2, 3, 4]])] }).arrays[0]).toEqual({ ...x, shape: [1, 4], data: Float32Array.of(1, 2, 3, 4) });
    expect(feedOf([ids, words], { inputs: [json({ ids: [[1, 2]], words: ['a'] })] }).signature).toBe('int64[1,2], string[1]');
    expect(feedOf([x], { inputs: [json({ shape: [1, 4], data: [1, 2, 3, 4] })] }).signature).toBe('float32[1,4]');
    const flags: InputSpec = { name: 'b', dtype: 'bool', shape: [2] };
    expect(feedOf([flags], { inputs: [json([true, false])] }).arrays[0]!.data).toEqual(Uint8Array.of(1, 0));
    const complex: InputSpec = { name: 'c', dtype: 'complex64', shape: [-1] };
    expect(
      feedOf([complex], {
        inputs: [
          json([
            [1, 2],
            [3, 4],
          ]),
        ],
      }).arrays[0],
    ).toMatchObject({ shape: [2], data: Float32Array.of(1, 2, 3, 4) });
  });

  test.each<[string, readonly InputSpec[], () => InputOptions, string]>([
    ['missing file', [x], () => ({ inputs: ['/nowhere/x.npy'] }), 'There is no input file /nowhere/x.npy: check the path.'],
    [
      'unknown ending',
      [x],
      () => ({ inputs: ['package.json', 'README.txt'].map(() => fileURLToPath(import.meta.url)) }),
      `${fileURLToPath(import.meta.url)} is not an input file: give .npy, .npz or .json.`,
    ],
    [
      'wrong shape',
      [x],
      () => ({ inputs: [numpy('float32.npy')] }),
      `${numpy('float32.npy')} has the shape [2,3], but the input x expects float32[?,4].`,
    ],
    [
      'wrong dtype',
      [{ ...x, shape: [-1, 3] }],
      () => ({ inputs: [numpy('int64.npy')] }),
      `${numpy('int64.npy')} is int64, but the input x expects float32[?,3]: convert it with .astype('float32').`,
    ],
    [
      'too large',
      [ids],
      () => ({ inputs: [numpy('large-int64.npy')] }),
      `${numpy('large-int64.npy')} holds 1099511627776, but TensorFlow.js feeds the input ids values from -2147483648 to 2147483647 only.`,
    ],
    [
      'no bytes',
      [{ name: 'u', dtype: 'uint8', shape: [2, 3] }],
      () => ({ inputs: [numpy('int16.npy')] }),
      `${numpy('int16.npy')} holds -2, but TensorFlow.js feeds the input u values from 0 to 255 only.`,
    ],
    [
      'unknown name in an archive',
      [x, words],
      () => ({ inputs: [numpy('mixed.npz')] }),
      `ids in ${numpy('mixed.npz')}: the model has no input ids; its inputs are: x, words.`,
    ],
    [
      'archive under a name',
      [ids, words],
      () => ({ inputs: [`ids=${numpy('mixed.npz')}`] }),
      `${numpy('mixed.npz')} holds 2 arrays and names them itself: leave ids= out.`,
    ],
    [
      'given twice',
      [{ ...x, shape: [-1, 3] }],
      () => ({ inputs: [numpy('float32.npy'), numpy('float16.npy')] }),
      `The input x is given twice: leave ${numpy('float16.npy')} out.`,
    ],
    [
      'batch contradicts',
      [{ ...x, shape: [-1, 3] }],
      () => ({ batch: 8, inputs: [numpy('float32.npy')] }),
      '--batch 8 contradicts the input file: the given array for x has the shape [2,3]; leave --batch out.',
    ],
    [
      'shape contradicts',
      [{ ...x, shape: [-1, 3] }],
      () => ({ shapes: ['4,3'], inputs: [numpy('float32.npy')] }),
      '--shape x=4,3 contradicts the input file: the given array for x has the shape [2,3]; leave --shape out.',
    ],
  ])('%s', async (_, specs, options, sentence) => {
    expect((await userError(() => feedOf(specs, options()))).sentence).toBe(sentence);
  });

  test.each<[string, InputSpec, unknown, RegExp]>([
    [
      'ragged',
      x,
      [
        [1, 2, 3, 4],
        [1, 2],
      ],
      / is ragged: all lists of one level must have the same length \(2 × 4\)\.$/,
    ],
    ['text for numbers', x, [[1, 2, 'three', 4]], / holds "three" as value 2, but the input x expects float32\.$/],
    ['fractions for integers', ids, [[1, 2.5]], / holds 2\.5 as value 1, but the input ids expects int64\.$/],
    ['shape and data disagree', x, { shape: [1, 4], data: [1, 2, 3] }, / has 3 values, but its shape \[1,4\] needs 4\.$/],
    ['not JSON', x, '[[1,2', / is not JSON \(/],
    ['unknown name', x, { y: [1] }, /^y in .*: the model has no input y; its inputs are: x\.$/],
    ['not a pair', { name: 'c', dtype: 'complex64', shape: [3] }, [1, 2, 3], / must give each complex number as \[real, imaginary\]\.$/],
  ])('JSON: %s', async (_, spec, value, sentence) => {
    expect((await userError(() => feedOf([spec], { inputs: [json(value)] }))).sentence).toMatch(sentence);
  });

  test('an archive that is none', async () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'inputs-')), 'x.npz');
    writeFileSync(file, 'not a zip');
    expect((await userError(() => feedOf([x], { inputs: [file] }))).sentence).toMatch(
      /x\.npz is not a NumPy archive .*: write it with numpy\.savez\.$/,
    );
  });
});
