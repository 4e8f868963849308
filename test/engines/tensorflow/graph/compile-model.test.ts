import * as tf from '@tensorflow/tfjs-node';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { compileModel } from '../../../../src/engines/tensorflow/compile-model.js';
import { decodeSavedModel } from '../../../../src/engines/tensorflow/load/saved-model/proto.js';

const folder = (): string => mkdtempSync(path.join(tmpdir(), 'compile-model-'));

async function saved(model: { save(url: string): Promise<unknown> }): Promise<string> {
  const at = folder();
  await model.save(`file://${at}`);
  return at;
}

/** `name float32[-1,3]` of each input and output of a written model. */
function signatureOf(directory: string): string[] {
  const [graph] = decodeSavedModel(readFileSync(path.join(directory, 'saved_model.pb')));
  const { inputs, outputs } = graph!.signatures.get('serving_default')!;
  return [...inputs, ...outputs].map(({ name, dtype, shape }) => `${name} ${dtype}[${shape.join()}]`);
}

test('a sequential model whose batch is fixed compiles without options, under its own names', async () => {
  const model = tf.sequential({ layers: [tf.layers.lstm({ units: 3, batchInputShape: [1, 4, 2], name: 'memory' })] });
  const out = path.join(folder(), 'out');
  const { notes } = await compileModel(await saved(model), out);
  expect(signatureOf(out)).toEqual(['memory_input float32[1,4,2]', 'memory float32[1,3]']);
  expect(notes).toEqual([
    'The graph takes float32[1,4,2] only.',
    'Made-up inputs: memory_input (normal random numbers). Give your own with --input, other sizes with --shape.',
  ]);
});

test('an open batch stays open, and sizes that were chosen are told', async () => {
  const x = tf.input({ shape: [null, null, 3], name: 'photo' });
  const pooled = tf.layers.globalAveragePooling2d({ name: 'mean' }).apply(x) as never;
  const out = path.join(folder(), 'out');
  const { notes } = await compileModel(await saved(tf.model({ inputs: x, outputs: pooled })), out);
  expect(signatureOf(out)).toEqual(['photo float32[-1,224,224,3]', 'mean float32[-1,3]']);
  expect(notes[0]).toBe('The graph takes every batch of float32[1,224,224,3], and no other size; compile again with --shape for another.');
});

test('where one graph cannot serve every batch, the graph is for one, and the reason is told; no option is named that nobody gave', async () => {
  // Sums over the batch: the number of rows goes into each row.
  const x = tf.input({ batchShape: [null, 2], name: 'x' });
  const flat = tf.layers.reshape({ targetShape: [1, 2] }).apply(x) as tf.SymbolicTensor;
  const other = tf.input({ batchShape: [3, 1, 2], name: 'fixed' });
  const model = tf.model({ inputs: [x, other], outputs: [flat, tf.layers.flatten().apply(other) as tf.SymbolicTensor] });
  const out = path.join(folder(), 'out');
  const { notes } = await compileModel(await saved(model), out);
  expect(notes[0]).toBe('The graph takes float32[1,2], float32[3,1,2] only.');
  expect(notes.join()).not.toMatch(/--batch|--fixed/);
});
