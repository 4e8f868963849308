/** `graph-xla` of a SavedModel: a session of its own, compiled by XLA, next to the plain one. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { profileModel } from '../../../../src/measure/profile.js';
import { graphVariants } from '../../../../src/engines/tensorflow/graph-variants.js';
import { loadModel } from '../../../../src/engines/tensorflow/load/load.js';
import { realTensorFlow } from '../../../helpers/tensorflow.js';

const { tf } = realTensorFlow();

test('it runs compiled clusters, the compilation is graph building with its cause, and the values are those of graph', async () => {
  const out = path.join(mkdtempSync(path.join(tmpdir(), 'saved-model-xla-')), 'run');
  const { recording, analysis } = await profileModel('test/fixtures/saved-model-tiny', {
    calls: 8,
    warmup: 2,
    batch: 4,
    controls: 'none',
    out,
  });
  expect(analysis.variants.map(({ key }) => key)).toEqual(['graph/predict', 'graph-xla/predict']);
  const { spans, strings, details, calls } = recording;
  const rows = (name: string): number[] =>
    Array.from({ length: spans.length }, (_, row) => row).filter((row) => strings[spans.name[row]!] === name);
  const variantsOf = (name: string): Set<number> => new Set(rows(name).map((row) => calls[spans.call[row]!]!.variant));
  expect(variantsOf('_XlaRun')).toEqual(new Set([1]));
  expect(details[spans.detail[rows('xla-compilation')[0]!]!]!.cause).toBe('first-trace');
  expect(analysis.notes.filter((note) => note.includes('XLA found no group'))).toEqual([]);
});

test('without the add-on it is left out, with the reason', async () => {
  const families = [graphVariants({ status: 'unavailable', reason: 'the session add-on is not built' })];
  const loaded = await loadModel('test/fixtures/saved-model-tiny', { tf, families });
  expect(loaded.variants.map(({ variant }) => variant.name)).toEqual(['graph']);
  expect(loaded.notes).toContain(
    'graph-xla is left out: a session is only configured through the add-on, and the session add-on is not built.',
  );
  loaded.dispose();
});

test('both sessions give the same and are closed at the end', async () => {
  const { loadAddon } = await import('../../../../src/engines/tensorflow/session/addon.js');
  const sessions = tf.node.getNumOfSavedModels();
  const loaded = await loadModel('test/fixtures/saved-model-tiny', { tf, families: [graphVariants(loadAddon())], batch: 3 });
  const values: number[][] = [];
  for (const variant of loaded.variants) {
    await variant.prepare();
    const result = variant.call() as import('@tensorflow/tfjs-node').Tensor;
    values.push(Array.from(result.dataSync()));
    variant.release(result);
  }
  expect(tf.node.getNumOfSavedModels()).toBe(sessions + 2);
  loaded.dispose();
  expect(tf.node.getNumOfSavedModels()).toBe(sessions);
  values[1]!.forEach((value, index) => expect(value).toBeCloseTo(values[0]![index]!, 5));
});
