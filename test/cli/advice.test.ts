import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LayersModel } from '@tensorflow/tfjs-node';
import { expect, it } from 'vitest';
import { analyse } from '../../src/analyse/analyse.js';
import { profileModel } from '../../src/api/profile.js';
import { readRun } from '../../src/api/run-folder.js';
import { lease } from '../../src/runtime/variants/lease.js';
import { runnableVariant } from '../../src/runtime/variants/runnable-variant.js';
import type { VariantFamily } from '../../src/runtime/variants/context.js';

const TINY = 'test/fixtures/layers-tiny';
const out = (): string => mkdtempSync(path.join(tmpdir(), 'inferscope-advice-'));

it('tries more rows in a call and kept tensors on real TensorFlow, and keeps what it found in the recording', async () => {
  const { analysis, recording, folder } = await profileModel(TINY, { batch: 1, calls: 60, variants: ['uncompiled/predict'], out: out() });
  expect(recording.trials?.map(({ id, failure }) => [id, failure])).toEqual([['keep-tensors', undefined], ['batch-up', undefined]]);
  const advice = analysis.advice.find(({ id }) => id === 'batch-up')!;
  expect(advice).toMatchObject({ verified: true, sentence: expect.stringContaining('8 rows in a call instead of 1') });
  expect(advice.saving!.interval[0]).toBeGreaterThan(0);
  expect(analyse(readRun(folder)).advice).toEqual(analysis.advice);
});

it('tries nothing in a quick run, and no larger batch where the shape is given', async () => {
  const quick = await profileModel(TINY, { quick: true, calls: 20, variants: ['uncompiled/predict'], out: out() });
  expect(quick.recording.trials).toBeUndefined();
  const given = await profileModel(TINY, { shapes: ['2,4'], calls: 40, variants: ['uncompiled/predict'], out: out() });
  expect(given.recording.trials?.map(({ id }) => id)).toEqual(['keep-tensors']);
});

/** A variant that forgets a tensor in every call. */
const leaking: VariantFamily = (context) =>
  context.runtime !== 'layers-model' ? [] : [
    runnableVariant({
      variant: { name: 'leaking', call: 'predict' },
      feed: context.feed,
      lease: lease(() => context.open(), (model: LayersModel) => void model.dispose()),
      run: {
        kind: 'sync',
        call: (model, inputs) => {
          context.tf.keep(context.tf.zeros([2]));
          return model.predict(inputs[0]!);
        },
      },
    }),
  ];

it('finds the tensors that calls leave behind', async () => {
  const { analysis } = await profileModel(TINY, { batch: 1, calls: 30, variants: ['uncompiled/predict', 'leaking/predict'], families: [leaking], out: out() });
  expect(analysis.advice.filter(({ id }) => id === 'dispose').map(({ sentence }) => sentence)).toEqual(['Dispose what leaking/predict leaves: 1.0 tensors stay after each call.']);
});
