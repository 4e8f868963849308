import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { toldAnalysis as analyse } from '../../src/runs/told.js';
import { profileModel } from '../../src/measure/profile.js';
import { readRun } from '../../src/runs/run-folder.js';
import { trafficFrom } from '../../src/cli/traffic.js';
import { writeRecording } from '../../src/record/writer.js';
import { draw } from '../helpers/recordings.js';
import { tf, userError } from '../engines/tensorflow/load/helpers.js';
import type { ProfileOptions } from '../../src/measure/profile-options.js';

const TINY = 'test/fixtures/layers-tiny';
const out = (): string => mkdtempSync(path.join(tmpdir(), 'inferscope-padding-'));

/** What trying to pad this traffic has come to. */
async function padded(model: string | object, traffic: string, options: ProfileOptions = {}) {
  const { analysis, recording, folder } = await profileModel(model, {
    batch: 1,
    calls: 20,
    feed: 'reused',
    variants: ['graph'],
    ...options,
    traffic: trafficFrom(traffic),
    out: out(),
  });
  expect(analyse(readRun(folder)).advice).toEqual(analysis.advice);
  return {
    ids: recording.trials!.map(({ id }) => id),
    open: analysis.advice.find(({ id }) => id === 'open-batch'),
    trial: recording.trials!.find(({ id }) => id === 'pad-to-buckets')!,
    advice: analysis.advice.find(({ id }) => id === 'pad-to-buckets')!,
  };
}

/** A layer on `[?, 4]` whose rows look at one another. */
function modelOf(name: string, call: (x: import('@tensorflow/tfjs-node').Tensor) => import('@tensorflow/tfjs-node').Tensor): object {
  class Mixing extends tf.layers.Layer {
    static readonly className = name;
    override call(inputs: import('@tensorflow/tfjs-node').Tensor | import('@tensorflow/tfjs-node').Tensor[]) {
      return tf.tidy(() => call(Array.isArray(inputs) ? inputs[0]! : inputs));
    }
  }
  tf.serialization.registerClass(Mixing);
  const input = tf.input({ shape: [4] });
  return tf.model({ inputs: input, outputs: new Mixing().apply(input) as never });
}

describe('padding to buckets', () => {
  it('pays where graphs are dear and calls are few', async () => {
    const { trial, advice, open } = await padded(TINY, '1x5,2x5,3x5,4x5,5x5,6x5');
    expect(open!.sentence).toMatch(/^(Leave|Leaving) the batch open .*: over 30 calls from a start/);
    expect(open!.evidence).toMatch(/^Building takes .*one graph for every size/);
    expect(trial).toMatchObject({
      variant: 'graph/predict',
      change: 'batches padded to 6',
      traffic: { buckets: [6], rows: 'independent' },
    });
    expect(advice).toMatchObject({
      verified: true,
      sentence: expect.stringMatching(/^Pad the batch to 6: over 30 calls from a start it saves \d+ % of their time/),
      evidence: expect.stringMatching(/^Building takes .* once, .* and a warm call .* the time\./),
    });
    expect(advice.saving!.interval[0]).toBeGreaterThan(0);
  });

  it('does not pay where a padded call does thousands of times as much', async () => {
    const { advice } = await padded(TINY, '1x1000000,4000x1');
    expect(advice).toMatchObject({
      verified: true,
      saving: null,
      sentence: expect.stringMatching(/^Do not pad the batch to 4000: tried, it costs more than it saves/),
    });
  });

  it.each([
    ['rows of zeros show', 'CentreRows', (x: import('@tensorflow/tfjs-node').Tensor) => x.sub(x.mean(0, true))],
    ['only other rows show', 'ScaleRows', (x: import('@tensorflow/tfjs-node').Tensor) => x.mul(x.abs().max(0, true))],
  ])('is refused where rows depend on each other: %s', async (_, name, call) => {
    const { trial, advice } = await padded(modelOf(name, call), '1x10,3x10');
    expect(trial).toMatchObject({ ratio: null, traffic: { rows: 'dependent' } });
    expect(advice).toMatchObject({
      verified: true,
      saving: null,
      sentence: expect.stringContaining('the rows of a batch depend on each other'),
    });
  });

  it('pads every kind of input, with XLA where only that was asked for', async () => {
    const { trial, ids } = await padded('test/fixtures/layers-mixed', '1x10,2x10', { variants: ['graph-xla'] });
    expect(ids).not.toContain('open-batch');
    expect(trial).toMatchObject({ variant: 'graph-xla/predict', traffic: { rows: 'independent' } });
    expect(trial.ratio).toBeGreaterThan(0);
  });

  it.each([
    ['a SavedModel', 'test/fixtures/saved-model-tiny', {}, 'a SavedModel is one graph for every batch size'],
    ['a graph with control flow', 'test/fixtures/graph-model-loop', {}, 'a graph with control flow is one graph for every batch size'],
  ])('says why it is not tried: %s', async (_, model, options, failure) => {
    const { advice } = await padded(model, '1x10,2x10', options);
    expect(advice).toMatchObject({
      verified: false,
      saving: null,
      sentence: `Padding the batch to buckets could not be tried: ${failure}.`,
    });
  });

  it('takes from a run the calls with inputs of the model', async () => {
    const folder = out();
    const at = (signature: string, index: number) => ({
      signature,
      root: { name: 'predict', stage: 'glue' as const, start: index * 1e6, duration: 1e5 },
    });
    writeRecording(
      path.join(folder, 'recordings', 'main.isr'),
      draw({
        calls: ['float32[1,4]', 'float32[1,4]', 'float32[3,4]', 'float32[64,9]'].map(at),
        variants: [{ name: 'program', call: 'predict' }],
      }),
    );
    expect(trafficFrom(folder)).toEqual([
      { batch: 1, pattern: 'float32[?,4]', calls: 2 },
      { batch: 3, pattern: 'float32[?,4]', calls: 1 },
      { batch: 64, pattern: 'float32[?,9]', calls: 1 },
    ]);
    const { trial } = await padded(TINY, folder);
    expect(trial.traffic!.sizes).toEqual([
      { batch: 1, calls: 2 },
      { batch: 3, calls: 1 },
    ]);
    const { advice } = await padded('test/fixtures/layers-mixed', folder);
    expect(advice.sentence).toContain('the traffic has fewer than two batch sizes with inputs of this model');
  });
});

describe('--traffic', () => {
  it('reads sizes with their calls', () => {
    expect(trafficFrom('1x500, 7×40')).toEqual([
      { batch: 1, calls: 500 },
      { batch: 7, calls: 40 },
    ]);
  });

  it.each([
    ['1,2,3', 'neither batch sizes with their calls'],
    ['no-such-run', 'nor a run'],
    ['8x100', 'two or more batch sizes'],
    ['8x100,8x5', 'two or more batch sizes'],
    ['0x5,8x5', 'above 0'],
    ['1x0,8x5', 'each with calls'],
    ['test/fixtures', 'holds no recordings'],
  ])('refuses %s', async (text, sentence) => {
    expect((await userError(() => trafficFrom(text))).sentence).toContain(sentence);
  });

  it('is refused where nothing is tried', async () => {
    const traffic = trafficFrom('1x5,2x5');
    for (const options of [{ quick: true }, { controls: 'none' as const }]) {
      expect((await userError(() => profileModel(TINY, { traffic, ...options }))).sentence).toBe(
        '--traffic cannot be combined with --quick: leave one of them out.',
      );
    }
  });
});
