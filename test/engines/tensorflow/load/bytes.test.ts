/**
 * Inputs that are bytes: a serialised tf.Example and a PNG, for a model that parses them. What it answers (253.5 and 96) was
 * said by TensorFlow in Python (`scripts/fixtures/make-bytes-model.py`).
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { beforeAll, expect, test } from 'vitest';
import type { InputSpec, Text } from '../../../../src/inputs/arrays.js';
import { toTensor } from '../../../../src/engines/tensorflow/load/to-tensor.js';
import { makeFeed } from '../../../../src/engines/tensorflow/load/feed.js';
import { tf, userError } from './helpers.js';

const EXAMPLE = Buffer.from('ChcKFQoBeBIQEg4KDAAAgD8AAABAAIB6Qw==', 'base64');
const PICTURE = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAAAAABX3VL4AAAADklEQVQImWNg+M/QwAgABQMBgdQbG4AAAAAASUVORK5CYII=', 'base64');
const SPECS: readonly InputSpec[] = [
  { name: 'examples', dtype: 'string', shape: [-1] },
  { name: 'picture', dtype: 'string', shape: [] },
];
const b64 = (bytes: Uint8Array): { b64: string } => ({ b64: Buffer.from(bytes).toString('base64') });

const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-bytes-'));
function file(name: string, content: string | Uint8Array | object): string {
  const whole = path.join(folder, name);
  writeFileSync(whole, typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content));
  return whole;
}

/** A `.npy` of `V` or `S` as NumPy writes it. */
function npy(descr: string, shape: string, bytes: Uint8Array): Buffer {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117) + '\n';
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\0', 'latin1'), Buffer.from([header.length, 0]), Buffer.from(header), bytes]);
}

let served: Awaited<ReturnType<typeof tf.node.loadSavedModel>>;
beforeAll(async () => {
  served = await tf.node.loadSavedModel('test/fixtures/saved-model-bytes');
});

function answer(...inputs: readonly string[]): Record<string, number> {
  const { arrays } = makeFeed(tf, SPECS, { inputs }, []);
  const feed = Object.fromEntries(arrays.map((array) => [array.name, toTensor(tf, array)]));
  const outputs = served.predict(feed) as unknown as Record<string, { dataSync(): ArrayLike<number> }>;
  return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, tensor.dataSync()[0] ?? NaN]));
}

test.each<[string, () => readonly string[]]>([
  ['{"b64": …} by name, as TensorFlow Serving has it', () => [file('named.json', { examples: [b64(EXAMPLE)], picture: b64(PICTURE) })]],
  ['a file for each input', () => [`examples=${file('examples.json', [b64(EXAMPLE)])}`, `picture=${file('picture.json', b64(PICTURE))}`]],
  [
    'the body of a request by column',
    () => [file('inputs.json', { signature_name: 'serving_default', inputs: { examples: [b64(EXAMPLE)], picture: b64(PICTURE) } })],
  ],
  ['the picture and the record themselves', () => [`examples=${file('row.tfexample', EXAMPLE)}`, `picture=${file('a.png', PICTURE)}`]],
  [
    '.npz of bytes',
    () => [
      file(
        'bytes.npz',
        zipSync({ 'examples.npy': npy(`|V${EXAMPLE.length}`, '(1,)', EXAMPLE), 'picture.npy': npy(`|S${PICTURE.length}`, '()', PICTURE) }),
      ),
    ],
  ],
])('a model reads %s', (_, inputs) => {
  expect(answer(...inputs())).toEqual({ sum: 253.5, mean: 96 });
});

const words: InputSpec = { name: 'words', dtype: 'string', shape: [-1] };
const count: InputSpec = { name: 'count', dtype: 'int32', shape: [-1] };
const fed = (specs: readonly InputSpec[], ...inputs: readonly string[]) =>
  makeFeed(tf, specs, { inputs }, []).arrays.map(({ data }) => data);

test('rows of a request become a list for each input; an input called "instances" is no request', () => {
  expect(
    fed(
      [words, count],
      file('rows.json', {
        instances: [
          { words: 'a', count: 1 },
          { words: b64(PICTURE), count: 2 },
        ],
      }),
    ),
  ).toEqual([['a', PICTURE], Int32Array.of(1, 2)]);
  expect(fed([words], file('plain.json', { instances: ['a', b64(PICTURE)] }))).toEqual([['a', PICTURE]]);
  expect(fed([{ ...words, name: 'instances' }], file('own.json', { instances: ['a'] }))).toEqual([['a']]);
});

test('property: any bytes come to TensorFlow as they are, in .npy also with zeros at the end', async () => {
  const list = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(list, async (all) => {
      const [array] = makeFeed(tf, [words], { inputs: [file('any.json', ['text', ...all.map(b64)])] }, []).arrays;
      const tensor = toTensor(tf, array!);
      const [text, ...back] = (await tensor.bytes()) as Uint8Array[];
      tensor.dispose();
      expect(Buffer.from(text!).toString()).toBe('text');
      expect(back.map((one) => [...one])).toEqual(all.map((one) => [...one]));
      const [first = new Uint8Array()] = all;
      const [kept] = fed([words], file('any.npy', npy(`|V${first.length}`, '(1,)', first)));
      expect([...Buffer.from((kept as readonly Text[])[0]!)]).toEqual([...first]);
    }),
    { numRuns: 30 },
  );
});

test.each<[string, readonly InputSpec[], () => string, RegExp]>([
  ['no base64', [words], () => file('bad.json', [{ b64: 'a$b' }]), / holds a "b64" that is not base64: "a\$b"\.$/],
  [
    'bytes for numbers',
    [count],
    () => file('numbers.json', [b64(PICTURE)]),
    / holds \{"b64":.*\} as value 0, but the input count expects int32\.$/,
  ],
  ['a picture for numbers', [count], () => file('b.png', PICTURE), /b\.png is not an input file: give \.npy, \.npz or \.json\.$/],
  [
    'Python objects',
    [words],
    () => file('o.npy', npy('|O', '(1,)', PICTURE)),
    / holds Python objects, which are not read: save texts with \.astype\('U'\), bytes as numpy\.void\.$/,
  ],
])('refused in a sentence: %s', async (_, specs, input, sentence) => {
  expect((await userError(() => fed(specs, input()))).sentence).toMatch(sentence);
});
