/** Sizes that a damaged or made-up model claims: refused in one sentence before anything is allocated for them. */
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { EXIT } from '../../../../src/model/errors.js';
import { makeFeed } from '../../../../src/engines/tensorflow/load/feed.js';
import { loadModel } from '../../../../src/engines/tensorflow/load/load.js';
import { fixture, tf, userError } from './helpers.js';

const MAX_GROWTH_BYTES = 200 * 2 ** 20;

/** What loading says, and that it took no memory: neither tensors nor arrays. Of a load that fails halfway tfjs keeps some weights. */
async function refusal(folder: string): Promise<string> {
  const [tensorBytes, processBytes] = [tf.memory().numBytes, process.memoryUsage().rss];
  const { sentence, exitCode } = await userError(() => loadModel(folder, { tf }));
  expect(exitCode).toBe(EXIT.badInput);
  expect(tf.memory().numBytes - tensorBytes).toBeLessThan(1000);
  expect(process.memoryUsage().rss - processBytes).toBeLessThan(MAX_GROWTH_BYTES);
  return sentence;
}

function changed(name: string, change: (text: string) => string): string {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'sizes-')), name);
  cpSync(fixture(name), folder, { recursive: true });
  const file = path.join(folder, 'model.json');
  const before = JSON.stringify(JSON.parse(readFileSync(file, 'utf8')));
  expect(change(before)).not.toBe(before);
  writeFileSync(file, change(before));
  return folder;
}

type Layer = readonly [className: string, config: Readonly<Record<string, unknown>>];

/** The tiny model's weights under other layers. */
const sequential = (layers: readonly Layer[]): string =>
  changed('layers-tiny', (text) => {
    const json = JSON.parse(text) as { modelTopology: unknown };
    const list = layers.map(([class_name, config], at) => ({ class_name, config: { name: `layer_${at}`, trainable: true, ...config } }));
    return JSON.stringify({ ...json, modelTopology: { class_name: 'Sequential', config: { name: 'made_up', layers: list } } });
  });

describe('layers', () => {
  const shape = (...batch_input_shape: readonly (number | null)[]): { batch_input_shape: readonly (number | null)[]; dtype: string } => ({
    batch_input_shape,
    dtype: 'float32',
  });
  test.each<[string, readonly Layer[], string]>([
    [
      'a billion units',
      [['Dense', { units: 1e9, ...shape(null, 4) }]],
      'The layer layer_0 of the model layers-tiny wants weights of the shape [4,1000000000], and its weight files hold 13 values in all: copy or convert the model again.',
    ],
    [
      'more units than whole numbers',
      [['Dense', { units: 1e18, ...shape(null, 4) }]],
      'wants weights of the shape [4,1000000000000000000]',
    ],
    ['an input of a billion', [['Dense', { units: 2, ...shape(null, 1e9) }]], 'too large to run'],
    ['an input of 200 million', [['Dense', { units: 2, ...shape(null, 2e8) }]], 'wants weights of the shape [200000000,2]'],
    [
      'flattened pictures',
      [
        ['Flatten', shape(null, 1e5, 1e5)],
        ['Dense', { units: 1 }],
      ],
      'too large to run',
    ],
    [
      'a kernel of 100,000 × 100,000',
      [['Conv2D', { filters: 1, kernel_size: [1e5, 1e5], ...shape(null, 4, 4, 1) }]],
      'wants weights of the shape [100000,100000,1,1]',
    ],
    ['an embedding', [['Embedding', { input_dim: 1e9, output_dim: 64, ...shape(null, 4) }]], 'wants weights of the shape [1000000000,64]'],
    ['a recurrent layer', [['LSTM', { units: 1e5, ...shape(null, 4, 1) }]], 'wants weights of the shape [1,400000]'],
    [
      'a wrapped layer',
      [['TimeDistributed', { layer: { class_name: 'Dense', config: { name: 'inner', units: 1e9 } }, ...shape(null, 4, 1) }]],
      'wants weights of the shape [1,1000000000]',
    ],
    [
      'many layers, each of which would do',
      Array.from({ length: 40 }, (_, at): Layer => ['Dense', { units: 2, ...(at === 0 ? shape(null, 4) : {}) }]),
      'The layer layer_',
    ],
    [
      'a batch of a billion',
      [['Dense', { units: 2, ...shape(1e9, 4) }]],
      'The model layers-tiny fixes the shape of an input to [1000000000,4], which is too large to run: convert or copy the model again.',
    ],
    ['the state of a batch of a billion', [['SimpleRNN', { units: 1, stateful: true, ...shape(1e9, 2, 1) }]], 'too large to run'],
    ['the state of a batch of 200 million', [['SimpleRNN', { units: 2, stateful: true, ...shape(2e8, 1, 1) }]], 'too large to run'],
    ['units below 0', [['Dense', { units: -5, ...shape(null, 4) }]], 'cannot be loaded'],
    ['units that are text', [['Dense', { units: 'many', ...shape(null, 4) }]], 'cannot be loaded'],
    ['a length that is text', [['Dense', { units: 2, batch_input_shape: [null, 'many'] }]], 'wants weights of the shape [many,2]'],
  ])('%s', async (_, layers, part) => {
    expect(await refusal(sequential(layers))).toContain(part);
  });

  test('the class is put back, also after a refusal, and two loads at once do not share a budget', async () => {
    const { addWeight } = tf.layers.Layer.prototype as unknown as { addWeight: unknown };
    const loads = await Promise.allSettled([
      loadModel(fixture('layers-tiny'), { tf }),
      loadModel(sequential([['Dense', { units: 1e9, batch_input_shape: [null, 4] }]]), { tf }),
      loadModel(fixture('layers-mixed'), { tf }),
    ]);
    expect(loads.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    for (const load of loads) if (load.status === 'fulfilled') load.value.dispose();
    expect((tf.layers.Layer.prototype as unknown as { addWeight: unknown }).addWeight).toBe(addWeight);
  });
});

describe('inputs', () => {
  test.each([
    [
      '[1,1000000000000]',
      '"1000000000000"',
      'The input x of the shape [1,1000000000000] is too large to be made up (3.73e+3 GiB): give a smaller one with --shape x=1,… or the values themselves with --input.',
    ],
    ['what overflows', `"${'9'.repeat(400)}"`, 'The input x has no shape that can be ([1,Infinity])'],
    ['no number', '"many"', 'The input x has no shape that can be ([1,NaN])'],
    ['below -1', '"-7"', 'The input x has no shape that can be ([1,-7])'],
  ])('a graph model with %s', async (_, size, sentence) => {
    expect(await refusal(changed('graph-model-tiny', (text) => text.replaceAll('{"size":"4"}', `{"size":${size}}`)))).toContain(sentence);
  });

  test.each([
    ['40 dimensions', { name: 'x', dtype: 'float32', shape: Array<number>(40).fill(1) }, 'no shape that can be'],
    ['texts', { name: 'x', dtype: 'string', shape: [2 ** 26] }, 'too large'],
    ['complex numbers', { name: 'x', dtype: 'complex64', shape: [2 ** 28] }, 'too large'],
  ])('%s', async (_, spec, part) => {
    expect((await userError(() => makeFeed(tf, [spec], {}, []))).sentence).toContain(part);
  });

  test('a shape or batch of the user is held to the same, and a large one that fits is made', async () => {
    const spec = { name: 'x', dtype: 'float32', shape: [-1, 4] };
    expect((await userError(() => makeFeed(tf, [spec], { batch: 1e9 }, []))).sentence).toContain('[1000000000,4] is too large');
    expect((await userError(() => makeFeed(tf, [spec], { shapes: ['1000000000,4'] }, []))).sentence).toContain(
      '[1000000000,4] is too large',
    );
    expect(makeFeed(tf, [spec], { batch: 1e5 }, []).signature).toBe('float32[100000,4]');
  });
});

test('a topology of a hundred thousand levels', async () => {
  const deep = `${'{"a":'.repeat(1e5)}1${'}'.repeat(1e5)}`;
  expect(await refusal(changed('layers-tiny', (text) => text.replace('"units":2', `"units":${deep}`)))).toBe(
    'The modelTopology is damaged, because it is nested too deeply: convert or copy the model again.',
  );
});
