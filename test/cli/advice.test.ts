import { mkdtempSync } from 'node:fs';
import os, { tmpdir } from 'node:os';
import path from 'node:path';
import type { LayersModel } from '@tensorflow/tfjs-node';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { TENSORFLOW, tensorFlowWith } from '../../src/engines/tensorflow/engine.js';
import { toldAnalysis as analyse } from '../../src/runs/told.js';
import { profileModel, type ProfileResult } from '../../src/measure/profile.js';
import { openProcessSide } from '../../src/measure/process-side.js';
import { readRun } from '../../src/runs/run-folder.js';
import { tryThreads } from '../../src/measure/trials/thread-trial.js';
import { tryVariants } from '../../src/measure/trials/variant-trials.js';
import type { RunnableVariant } from '../../src/model/runnable.js';
import { lease } from '../../src/engines/tensorflow/load/variants/lease.js';
import { runnableVariant } from '../../src/engines/tensorflow/load/variants/runnable-variant.js';
import type { VariantFamily } from '../../src/engines/tensorflow/load/variants/context.js';

const TINY = 'test/fixtures/layers-tiny';
/** With one processor there are no fewer threads to try. */
const THREADS = os.availableParallelism() > 1 ? ['threads'] : [];
const out = (): string => mkdtempSync(path.join(tmpdir(), 'inferscope-advice-'));

/** A run of a baseline alone, in which everything is tried. */
let everything: ProfileResult;
beforeAll(async () => {
  everything = await profileModel(TINY, { batch: 1, calls: 60, variants: ['uncompiled/predict'], out: out() });
});

it('tries more rows in a call and kept tensors on real TensorFlow, and keeps what it found in the recording', () => {
  const { analysis, recording, folder } = everything;
  expect(recording.trials?.map(({ id, failure }) => [id, failure])).toEqual(
    [...['keep-tensors', 'batch-up', 'compile-to-graph', 'xla'], ...THREADS].map((id) => [id, undefined]),
  );
  const advice = analysis.advice.find(({ id }) => id === 'batch-up')!;
  expect(advice).toMatchObject({ verified: true, sentence: expect.stringContaining('8 rows per call instead of 1') });
  expect(advice.saving!.interval[0]).toBeGreaterThan(0);
  expect(analyse(readRun(folder)).advice).toEqual(analysis.advice);
});

it('tries nothing in a quick run, and no larger batch where the shape is given', async () => {
  const quick = await profileModel(TINY, { quick: true, calls: 20, variants: ['uncompiled/predict'], out: out() });
  expect(quick.recording.trials).toBeUndefined();
  const given = await profileModel(TINY, { shapes: ['2,4'], calls: 40, variants: ['uncompiled/predict'], out: out() });
  expect(given.recording.trials?.map(({ id }) => id)).toEqual(['keep-tensors', 'compile-to-graph', 'xla', ...THREADS]);
});

describe('variants that were not asked for', () => {
  it('are tried in place of the baseline, with what building their graph took', () => {
    const { analysis, recording } = everything;
    const tried = recording.trials!.filter(({ buildingNanos }) => buildingNanos !== undefined);
    expect(tried.map(({ id, variant, change }) => [id, variant, change])).toEqual([
      ['compile-to-graph', 'uncompiled/predict', 'graph/predict in its place'],
      ['xla', 'uncompiled/predict', 'graph-xla/predict in its place'],
    ]);
    for (const { buildingNanos, baselineNanos } of tried) expect(buildingNanos).toBeGreaterThan(baselineNanos!);
    const advice = analysis.advice.find(({ id }) => id === 'compile-to-graph')!;
    expect(advice).toMatchObject({
      verified: true,
      sentence: expect.stringMatching(
        /^Compile the model to one TensorFlow graph: it saves \d.* Its graph took .* to build, once: paid back after \d+ calls\.$/,
      ),
    });
    expect(advice.saving!.interval[0]).toBeGreaterThan(0);
  });

  it.each([
    ['XLA alone where the baseline is a graph', { variants: ['graph'] }, ['xla']],
    ['neither where both ran', { variants: ['uncompiled/predict', 'graph', 'graph-xla'] }, []],
    ['neither in a quick run', { variants: ['graph'], quick: true }, []],
    ['neither in a run that is judged with others', { variants: ['graph'], controls: 'none' as const }, []],
  ])('%s', async (_, options, expected) => {
    // A given shape, kept tensors and a chosen number of threads: nothing else is tried, which would take its time.
    vi.stubEnv('TF_NUM_INTRAOP_THREADS', '2');
    const { recording } = await profileModel(TINY, { shapes: ['1,4'], feed: 'reused', calls: 20, ...options, out: out() });
    vi.unstubAllEnvs();
    expect((recording.trials ?? []).flatMap(({ id }) => (id === 'xla' || id === 'compile-to-graph' ? [id] : []))).toEqual(expected);
  });

  const still: RunnableVariant = {
    variant: { name: 'uncompiled', call: 'predict' },
    async: false,
    prepare: () => Promise.resolve(),
    call: () => null,
    fetch: () => undefined,
    release: () => undefined,
    dispose: () => undefined,
  };
  const unwilling: RunnableVariant = {
    ...still,
    variant: { name: 'graph', call: 'predict', compiler: 'graph' },
    prepare: () => Promise.reject(new Error('this model cannot be traced')),
  };
  const of = { baseline: still, others: [unwilling], latencyNanos: 1e6, signal: new AbortController().signal };

  it('say why they could not be tried', async () => {
    expect(await tryVariants(of)).toEqual([
      expect.objectContaining({ id: 'compile-to-graph', ratio: null, failure: 'this model cannot be traced' }),
    ]);
  });

  it.each([
    ['a call is long', { latencyNanos: 1e9 }],
    ['the run was interrupted', { signal: AbortSignal.abort() }],
  ])('are left out where %s', async (_, change) => {
    expect(await tryVariants({ ...of, ...change })).toEqual([]);
  });
});

const OPTIONS = {
  variable: 'TF_NUM_INTRAOP_THREADS',
  chosen: null,
  model: TINY,
  loadOptions: { batch: 2 },
  variant: 'uncompiled/predict',
  latencyNanos: 1e6,
  signal: new AbortController().signal,
  cpuCount: 2,
};

/** A variant that forgets a tensor in every call. */
const leaking: VariantFamily = (context) =>
  context.runtime !== 'layers-model'
    ? []
    : [
        runnableVariant({
          variant: { name: 'leaking', call: 'predict' },
          feed: context.feed,
          lease: lease(
            () => context.open(),
            (model: LayersModel) => void model.dispose(),
          ),
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
  const { analysis } = await profileModel(TINY, {
    batch: 1,
    calls: 30,
    variants: ['uncompiled/predict', 'leaking/predict'],
    engine: tensorFlowWith([leaking]),
    controls: 'none',
    out: out(),
  });
  expect(analysis.advice.filter(({ id }) => id === 'dispose').map(({ sentence }) => sentence)).toEqual([
    'Dispose what leaking/predict leaves: 1 tensor stays after each call.',
  ]);
});

describe('threads', () => {
  const request = { kind: 'load', model: TINY, variant: 'uncompiled/predict', options: { batch: 2 } } as const;

  it('runs a variant in a process with variables of its own', async () => {
    const side = await openProcessSide(request, { TF_NUM_INTRAOP_THREADS: '1' });
    const nanos = await side.run(3);
    side.close();
    expect(nanos).toHaveLength(3);
    expect(Math.min(...nanos)).toBeGreaterThan(0);
    // A variable that keeps Node.js from starting shows that variables arrive.
    await expect(openProcessSide(request, { NODE_OPTIONS: '--require ./no-such-file.cjs' })).rejects.toThrow();
  });

  it('says in words why it could not be tried', async () => {
    const [trial] = await tryThreads({ ...OPTIONS, model: 'no-such-model' });
    expect(trial).toMatchObject({
      id: 'threads',
      change: 'TF_NUM_INTRAOP_THREADS=1 instead of 2 threads',
      ratio: null,
      failure: expect.stringContaining('no-such-model'),
    });
  });

  it.each([
    [
      'half of many processors too',
      { cpuCount: 8, model: 'no-such-model' },
      ['TF_NUM_INTRAOP_THREADS=1 instead of 8 threads', 'TF_NUM_INTRAOP_THREADS=4 instead of 8 threads'],
    ],
    ['nothing with one processor', { cpuCount: 1 }, []],
    ['nothing where a call is long', { latencyNanos: 1e9 }, []],
    ['nothing after an interrupt', { signal: AbortSignal.abort() }, []],
  ])('tries %s', async (_, change, expected) => {
    expect((await tryThreads({ ...OPTIONS, ...change })).map(({ change: words }) => words)).toEqual(expected);
  });

  it('leaves a number alone that was chosen', async () => {
    const engine = await TENSORFLOW.open();
    vi.stubEnv('TF_NUM_INTRAOP_THREADS', '2');
    const { intraOp: chosen } = engine.environment().threads;
    vi.unstubAllEnvs();
    expect(chosen).toBe(2);
    expect(await tryThreads({ ...OPTIONS, model: 'no-such-model', chosen })).toEqual([]);
  });
});
