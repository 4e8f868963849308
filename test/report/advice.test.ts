import { describe, expect, it } from 'vitest';
import { toldAnalysis as analyse } from '../../src/runs/told.js';
import type { Advice } from '../../src/model/analysis.js';
import type { Trial } from '../../src/model/trial.js';
import type { Stage } from '../../src/model/stage.js';
import { normalsFrom, uniformFrom } from '../../src/model/random.js';
import { draw, type DrawnCall } from '../helpers/recordings.js';

interface Made {
  readonly name: string;
  readonly call?: string;
  readonly nanos: number;
  readonly stages?: Partial<Record<Stage, number>>;
  readonly tensors?: number;
  readonly noise?: number;
}

/** Twenty interleaved rounds of variants with the given mean latency; stages are shares of it. */
function advise(made: readonly Made[], extra: readonly DrawnCall[] = [], batch = 64, trials?: readonly Trial[]): Advice[] {
  const normal = normalsFrom(uniformFrom(1));
  const calls: DrawnCall[] = [...extra];
  for (let round = 0; round < 20; round += 1) {
    made.forEach(({ nanos, stages, tensors, noise }, variant) => {
      const duration = Math.round(nanos * (1 + (noise ?? 0.002) * normal()));
      const start = 1e9 + (round * made.length + variant) * 1e8;
      let cursor = start;
      const children = Object.entries(stages ?? { 'kernel-execution': 0.95 }).map(([stage, share]) => {
        const length = Math.floor(duration * share);
        cursor += length;
        return { name: stage, stage: stage as Stage, start: cursor - length, duration: length };
      });
      calls.push({ variant, round, tensors: tensors ?? 0, root: { name: 'predict', stage: 'glue', start, duration, children } });
    });
  }
  const variants = made.map(({ name, call }) => ({ name, call: call ?? 'predict' }));
  const drawn = draw({ calls, variants, meta: { batch } });
  return [...analyse([trials === undefined ? drawn : { ...drawn, trials }]).advice];
}

const ids = (advice: readonly Advice[]): string[] => advice.map(({ id }) => id);

describe('advice', () => {
  it('advises the call alone where it is faster in every state of the model', () => {
    const advice = advise([
      { name: 'uncompiled', nanos: 1e6 },
      { name: 'uncompiled', call: 'apply', nanos: 8e5 },
      { name: 'compiled', call: 'apply', nanos: 7.9e5 },
    ]);
    expect(ids(advice)).toEqual(['call-style']);
    expect(advice[0]!.sentence).toContain('Call apply instead of predict (uncompiled/apply)');
    const onlyCompiled = advise([
      { name: 'uncompiled', nanos: 1e6 },
      { name: 'compiled', call: 'apply', nanos: 7.9e5 },
    ]);
    expect(ids(onlyCompiled)).toEqual(['variant']);
  });

  it('tells the faster variants that were tried, the largest saving first, with measured intervals', () => {
    const advice = advise([
      { name: 'uncompiled', nanos: 1e6 },
      { name: 'uncompiled', call: 'predictOnBatch', nanos: 9e5 },
      { name: 'graph', nanos: 3e5 },
    ]);
    expect(ids(advice)).toEqual(['compile-to-graph', 'predict-on-batch']);
    expect(advice[0]!.saving!.share).toBeCloseTo(0.7, 2);
    expect(advice[0]!.saving!.interval[0]).toBeLessThan(0.7);
    expect(advice[0]!.verified).toBe(true);
    expect(advice[0]!.sentence).toBe('Compile the model to one TensorFlow graph (graph/predict): it saves 70 % of a call.');
  });

  it('says "nothing to gain here" only when everything tried came to a conclusion', () => {
    const kernels = { nanos: 1e6, stages: { 'kernel-execution': 0.98 } };
    expect(
      ids(
        advise([
          { name: 'uncompiled', ...kernels },
          { name: 'compiled', ...kernels },
        ]),
      ),
    ).toEqual(['nothing-to-gain']);
    expect(
      ids(
        advise([
          { name: 'uncompiled', ...kernels },
          { name: 'compiled', ...kernels, noise: 0.3 },
        ]),
      ),
    ).toEqual([]);
    expect(ids(advise([{ name: 'uncompiled', ...kernels }]))).toEqual([]);
  });

  it('bounds what it could not try by the share of the call', () => {
    const advice = advise([{ name: 'uncompiled', nanos: 1e6, stages: { 'data-adapter': 0.3, 'kernel-execution': 0.2, gc: 0 } }], [], 1);
    expect(ids(advice)).toEqual(['keep-tensors', 'batch-up']);
    expect(advice[0]).toMatchObject({ verified: false, saving: { interval: [0, expect.closeTo(0.3, 3)] } });
    // An option of `profile`, which a program of somebody's own does not have.
    const inProgram = advise([{ name: 'program', nanos: 1e6, stages: { 'data-adapter': 0.3, 'kernel-execution': 0.2, gc: 0 } }], [], 1);
    expect([advice[0], inProgram[0]].map((each) => /--feed/.test(each?.evidence ?? ''))).toEqual([true, false]);
  });

  it('tells what a trial saved instead of an estimate, and nothing where it saved nothing', () => {
    const slow = { name: 'uncompiled', nanos: 1e6, stages: { 'data-adapter': 0.3, 'kernel-execution': 0.2 } };
    const trial = (id: Trial['id'], ratio: number | null, spread = 0.01): Trial => ({
      id,
      variant: 'uncompiled/predict',
      change: 'a change',
      ratio,
      interval: ratio === null ? null : [ratio - spread, ratio + spread],
      rounds: 20,
      ...(ratio === null ? { failure: 'the batch is fixed' } : {}),
    });
    const helped = advise([slow], [], 1, [trial('keep-tensors', 0.9), trial('batch-up', 0.2)]);
    expect(ids(helped)).toEqual(['keep-tensors', 'batch-up']);
    expect(helped[0]).toMatchObject({
      verified: true,
      saving: { share: expect.closeTo(0.1, 6), interval: [expect.closeTo(0.09, 6), expect.closeTo(0.11, 6)] },
    });
    expect(helped[1]!.sentence).toBe('Put more rows into one call: it saves 80 % of the time per row (uncompiled/predict, a change).');
    expect(ids(advise([slow], [], 1, [trial('keep-tensors', 1), trial('batch-up', 0.97, 0.05)]))).toEqual([]);
    expect(ids(advise([slow], [], 1, [trial('keep-tensors', null), trial('batch-up', null)]))).toEqual(['keep-tensors', 'batch-up']);
    const [threads] = advise([slow], [], 64, [
      trial('keep-tensors', 1),
      trial('threads', 0.95),
      trial('threads', null),
      trial('threads', 0.8),
    ]);
    expect(threads).toMatchObject({ id: 'threads', verified: true, saving: { share: expect.closeTo(0.2, 6) } });
    const kernels = { nanos: 1e6, stages: { 'kernel-execution': 0.98 } };
    const [nothing] = advise(
      [
        { name: 'graph', ...kernels },
        { name: 'graph-xla', ...kernels },
      ],
      [],
      1,
      [trial('keep-tensors', 1), trial('batch-up', null)],
    );
    expect(nothing!.id).toBe('nothing-to-gain');
    expect(nothing!.evidence).toContain(
      'with a change: 1.00 × (95 % 0.990 × to 1.01 ×). uncompiled/predict with a change could not be tried (the batch is fixed).',
    );
  });

  it('tells what building a tried graph takes, and counts it among what was no faster', () => {
    const graph = [{ name: 'graph', nanos: 1e6, stages: { 'kernel-execution': 0.98 } }];
    const xla = (ratio: number, spread: number): Trial => ({
      id: 'xla',
      variant: 'graph/predict',
      change: 'graph-xla/predict in its place',
      ratio,
      interval: [ratio - spread, ratio + spread],
      rounds: 20,
      baselineNanos: 1e6,
      buildingNanos: 5e8,
    });
    const [faster] = advise(graph, [], 64, [xla(0.5, 0.01)]);
    expect(faster).toMatchObject({ id: 'xla', verified: true, saving: { share: 0.5 } });
    expect(faster!.sentence).toBe(
      'Compile the model with XLA: it saves 50 % of a call (graph/predict, graph-xla/predict in its place). Its graph took 500 ms to build, once: paid back after 1000 calls.',
    );
    const [nothing] = advise(graph, [], 64, [xla(1.6, 0.05)]);
    expect(nothing!.id).toBe('nothing-to-gain');
    expect(nothing!.evidence).toContain(
      'graph/predict with graph-xla/predict in its place: 1.60 × (95 % 1.55 × to 1.65 ×). Its graph took 500 ms to build, once.',
    );
    expect(ids(advise(graph, [], 64, [xla(1, 0.3)]))).toEqual([]);
    const failed: Trial = {
      id: 'xla',
      variant: 'graph/predict',
      change: 'graph-xla/predict in its place',
      ratio: null,
      interval: null,
      rounds: 0,
      failure: 'no XLA here',
    };
    expect(ids(advise(graph, [], 64, [failed]))).toEqual([]);
  });

  it('ties retracing, leaks and cold starts to their evidence', () => {
    const build = (start: number, cause: string): DrawnCall['root'] => ({
      name: 'predict',
      stage: 'glue',
      start,
      duration: 2e7,
      children: [{ name: 'graph-building', stage: 'graph-building', start, duration: 19e6, detail: { cause } }],
    });
    const cold: DrawnCall[] = [
      { root: build(0, 'first-trace'), temperature: 'cold-session' },
      { root: build(1e8, 'new-shape'), temperature: 'cold-signature', signature: 'float32[7,4]' },
      { root: build(2e8, 'new-shape'), temperature: 'cold-signature', signature: 'float32[9,4]' },
    ];
    const advice = advise([{ name: 'graph', nanos: 1e6, tensors: 2 }], cold);
    expect(ids(advice)).toEqual(expect.arrayContaining(['pad-to-buckets', 'dispose', 'warm-up']));
    expect(advice.find(({ id }) => id === 'pad-to-buckets')!.evidence).toContain(
      'Causes: new-shape; signatures: float32[7,4], float32[9,4]',
    );
    expect(advice.find(({ id }) => id === 'pad-to-buckets')!.evidence).toMatch(
      /At most that can be saved\. `inferscope profile MODEL --traffic RUN` tries it\.$/,
    );
    expect(ids(advise([{ name: 'graph', nanos: 1e6 }], cold.slice(0, 2)))).not.toContain('pad-to-buckets');
    expect(advice.find(({ id }) => id === 'warm-up')!.evidence).toContain('20.0× a warm call');
  });
});
