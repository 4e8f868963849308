import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyse } from '../../src/analyse/analyse.js';
import type { FlameNode } from '../../src/model/analysis.js';
import { STAGES } from '../../src/model/stage.js';
import { arbitraryRun } from '../helpers/arbitrary-run.js';
import { draw, type DrawnCall, type DrawnSpan, META } from '../helpers/recordings.js';

const sumSelf = (node: FlameNode): number => node.children.reduce((sum, child) => sum + sumSelf(child), node.selfNanos);

/** The tree as indented text: name count total self. */
const text = (node: FlameNode, indent = ''): string =>
  [
    `${indent}${node.name} ${node.count} ${node.totalNanos} ${node.selfNanos}`,
    ...node.children.map((child) => text(child, `${indent}  `)),
  ].join('\n');

const call = (start: number, kernels: readonly number[], rest: Partial<DrawnCall> = {}): DrawnCall => ({
  root: {
    name: 'predict',
    stage: 'glue',
    start,
    duration: 100,
    children: kernels.map((duration, index) => ({
      name: 'MatMul',
      kind: 'kernel' as const,
      stage: 'kernel-execution' as const,
      start: start + 10 + index * 20,
      duration,
      detail: { outputShapes: ['[32,2]'], layer: 'dense' },
    })),
  },
  ...rest,
});

describe('analyse', () => {
  it('merges frames of the same path and states figures per call', () => {
    const analysis = analyse([draw({ calls: [call(0, [10, 20]), call(1000, [6])] })]);
    const [variant] = analysis.variants;
    expect(text(variant!.tree)).toBe(['predict 2 200 164', '  dense 2 36 0', '    MatMul 3 36 36'].join('\n'));
    expect(variant!.tree.children[0]!.children[0]!.perCall).toMatchObject({ calls: 2, meanTotalNanos: 18, standardErrorTotalNanos: 12 });
    expect(variant!.tree.children[0]!.children[0]!.shapes).toEqual(['[32,2]']);
    expect(variant!.kernels).toEqual([
      {
        op: 'MatMul',
        count: 1.5,
        nanosPerCall: 18,
        share: 0.18,
        nativeNanosPerCall: null,
        shapes: ['[32,2]'],
        layers: ['dense'],
        fused: [],
      },
    ]);
    expect(variant!.stages['kernel-execution']).toEqual({ nanosPerCall: 18, share: 0.18 });
    expect(variant!.latencyNanos).toMatchObject({ min: 100, p50: 100, p90: null, p99: null, mean: 100, spread: 0 });
  });

  it('keeps cold calls, warm-up, traced calls and errors out of the figures but on the timeline', () => {
    const build = { name: 'graph-building', stage: 'graph-building', start: 10, duration: 80, detail: { cause: 'new-shape' } } as const;
    const recording = draw({
      calls: [
        { root: { name: 'predict', stage: 'glue', start: 0, duration: 500, children: [build] }, temperature: 'cold-session', round: -2 },
        call(1000, [1], { round: -1 }),
        call(2000, [10], { round: 0 }),
        call(3000, [30], { round: 0, error: 'boom' }),
        { ...call(4000, [50, 9], { round: 0, traced: true }) },
      ],
    });
    const [variant] = analyse([recording]).variants;
    expect(variant).toMatchObject({ calls: 1, errors: 1 });
    expect(variant!.timeline).toHaveLength(5);
    expect(variant!.cold).toMatchObject([{ temperature: 'cold-session', latencyNanos: 500, causes: ['new-shape'] }]);
    expect(variant!.cold[0]!.stages['graph-building'].nanosPerCall).toBe(80);
    expect(variant!.kernels[0]).toMatchObject({ count: 2, nanosPerCall: 59 });
  });

  it('hangs the kernels of traced calls under the session run, shrunk only when they do not fit', () => {
    const session = (start: number, duration: number, kernels: readonly number[]): DrawnCall['root'] => ({
      name: 'predict',
      stage: 'glue',
      start,
      duration: duration + 10,
      children: [
        {
          name: 'kernel-execution',
          stage: 'kernel-execution',
          start: start + 5,
          duration,
          children: kernels.map((length, index) => ({
            name: `k${index}`,
            kind: 'kernel' as const,
            stage: 'kernel-execution' as const,
            start: start + 5 + kernels.slice(0, index).reduce((sum, one) => sum + one, 0),
            duration: length,
          })),
        },
      ],
    });
    const timed = { root: session(0, 50, []) };
    const small = analyse([draw({ calls: [timed, { root: session(1000, 90, [20, 10]), traced: true }] })]);
    expect(text(small.variants[0]!.tree)).toBe(
      ['predict 1 60 10', '  kernel-execution 1 50 20', '    k0 1 20 20', '    k1 1 10 10'].join('\n'),
    );
    const large = analyse([draw({ calls: [timed, { root: session(1000, 200, [80, 20]), traced: true }] })]);
    expect(text(large.variants[0]!.tree)).toBe(
      ['predict 1 60 10', '  kernel-execution 1 50 0', '    k0 1 40 40', '    k1 1 10 10'].join('\n'),
    );
    expect(large.notes).toContainEqual(expect.objectContaining({ kind: 'traced-calls', variant: 'uncompiled/predict' }));
  });

  it('of the runs of a session in a call, those that were looked into stand for the others, and for no other session', () => {
    const runs = (
      start: number,
      sessions: readonly (readonly [node: string, length: number, kernels?: readonly number[]])[],
    ): DrawnSpan => {
      let at = start;
      const children = sessions.map(([node, duration, kernels = []]): DrawnSpan => {
        const began = at;
        at += duration;
        const inside = kernels.map((length, index): DrawnSpan => {
          const of = { name: `k${index}`, kind: 'kernel', stage: 'kernel-execution', start: began + index * 30, duration: length } as const;
          return { ...of, detail: { flops: 7, bytesMoved: 1, allocatedBytes: 0 } };
        });
        return { name: 'kernel-execution', stage: 'kernel-execution', start: began, duration, children: inside, detail: { node } };
      });
      return { name: 'generate', stage: 'glue', start, duration: at - start, children };
    };
    const token = ['decoder', 50] as const;
    const timed = { root: runs(0, [['encoder', 100], token, token, token, token]) };
    const looked = { root: runs(1000, [['encoder', 100], token, token, ['decoder', 60, [30, 10]], token]), traced: true };
    const [variant] = analyse([draw({ calls: [timed, looked] })]).variants;
    // A run of 60 stands for 210 of the decoder's, and for none of the encoder's 100.
    expect(text(variant!.tree)).toBe(['generate 1 300 0', '  kernel-execution 5 300 160', '    k0 4 105 105', '    k1 4 35 35'].join('\n'));
    expect(variant!.kernels.map(({ op, count, nanosPerCall }) => [op, count, nanosPerCall])).toEqual([
      ['k0', 4, 105],
      ['k1', 4, 35],
    ]);
    expect(variant!.work.map(({ op, count, flopsPerCall }) => [op, count, flopsPerCall])).toEqual([
      ['k0', 4, 24.5],
      ['k1', 4, 24.5],
    ]);
    // Where every call was traced, the tree still adds up to the calls.
    const alone = analyse([draw({ calls: [looked] })]).variants[0]!.tree;
    expect([alone.totalNanos, sumSelf(alone)]).toEqual([310, 310]);
  });

  it('groups the kernels of a session run under their layer, those of a call inside it too, and counts loop iterations', () => {
    const kernel = (
      name: string,
      start: number,
      duration: number,
      layer: string | undefined,
      rest: Partial<DrawnSpan> = {},
    ): DrawnSpan => ({
      name,
      kind: 'kernel',
      stage: 'kernel-execution',
      start,
      duration,
      ...rest,
      detail: { node: name, ...(layer === undefined ? {} : { layer }), ...rest.detail },
    });
    const root: DrawnSpan = {
      name: 'predict',
      stage: 'glue',
      start: 0,
      duration: 100,
      children: [
        kernel('Cast', 0, 5, undefined),
        kernel('PartitionedCall', 5, 50, 'block/lstm', { children: [kernel('MatMul', 5, 30, 'block/lstm', { detail: { repeat: 100 } })] }),
        kernel('MatMul', 60, 10, 'dense'),
        kernel('Relu', 70, 6, 'block/lstm'),
      ],
    };
    expect(text(analyse([draw({ calls: [{ root }] })]).variants[0]!.tree)).toBe(
      [
        'predict 1 100 29',
        '  Cast 1 5 5',
        '  block 1 56 0',
        '    lstm 1 56 0',
        '      PartitionedCall 1 50 20',
        '        MatMul 100 30 30',
        '      Relu 1 6 6',
        '  dense 1 10 0',
        '    MatMul 1 10 10',
      ].join('\n'),
    );
  });

  it('shortens the call around traced kernels before the kernels, because tracing lengthened only it', () => {
    const execution = (start: number, duration: number, children: readonly DrawnSpan[]): DrawnSpan => ({
      name: 'predict',
      stage: 'glue',
      start,
      duration,
      children: [{ name: 'kernel-execution', stage: 'kernel-execution', start, duration, children }],
    });
    const inner = (start: number, duration: number): DrawnSpan => ({
      name: 'MatMul',
      kind: 'kernel',
      stage: 'kernel-execution',
      start,
      duration,
    });
    const around: DrawnSpan = {
      name: 'While',
      kind: 'kernel',
      stage: 'kernel-execution',
      start: 1000,
      duration: 400,
      detail: { allocatedBytes: 0 },
      children: [inner(1000, 30)],
    };
    const { variants } = analyse([
      draw({ calls: [{ root: execution(0, 50, []) }, { root: execution(1000, 400, [around]), traced: true }] }),
    ]);
    expect(text(variants[0]!.tree)).toBe(
      ['predict 1 50 0', '  kernel-execution 1 50 0', '    While 1 50 20', '      MatMul 1 30 30'].join('\n'),
    );
    expect(variants[0]!.kernels.map(({ op, nanosPerCall }) => [op, nanosPerCall])).toEqual([
      ['MatMul', 30],
      ['While', 0],
    ]);
  });

  it('tells the native part of an eager operation by its share in sampled calls, of the time in the others', () => {
    const operation = (start: number, duration: number, native: number | null): DrawnSpan => ({
      name: 'MatMul',
      kind: 'kernel',
      stage: 'kernel-execution',
      start,
      duration,
      ...(native === null
        ? {}
        : { children: [{ name: 'native', kind: 'native', stage: 'kernel-execution', start: start + 1, duration: native }] }),
    });
    const run = (start: number, duration: number, native: number | null, rest: Partial<DrawnCall> = {}): DrawnCall => ({
      root: { name: 'predict', stage: 'glue', start, duration: 100, children: [operation(start, duration, native)] },
      ...rest,
    });
    const [variant] = analyse([draw({ calls: [run(0, 40, null), run(1000, 20, null), run(2000, 50, 10, { traced: true })] })]).variants;
    expect(variant!.kernels).toEqual([
      { op: 'MatMul', count: 1, nanosPerCall: 30, share: 0.3, nativeNanosPerCall: 6, shapes: [], layers: [], fused: [] },
    ]);
    expect(text(variant!.tree)).toBe(['predict 2 200 140', '  MatMul 2 60 40', '    native 2 20 20'].join('\n'));
  });

  it('lets a traced call of the warm-up stand in only where no measured call was traced', () => {
    const warm = [call(0, [7], { round: -1, traced: true }), call(1000, [], { round: 0 })];
    const without = analyse([draw({ calls: warm })]).variants[0]!;
    expect(without.kernels[0]).toMatchObject({ op: 'MatMul', nanosPerCall: 7 });
    expect(without.sampling).toEqual({ traced: 0, tracedInWarmUp: 1, calls: 1, period: null, nanos: 0, share: 0, upper: 0 });
    const measured = analyse([draw({ calls: [...warm, { ...call(2000, [9], { round: 1, traced: true }) }] })]);
    expect(measured.variants[0]!.kernels[0]).toMatchObject({ nanosPerCall: 9 });
    expect(measured.variants[0]!.sampling).toMatchObject({ traced: 1, tracedInWarmUp: 0, calls: 2, period: 2 });
  });

  it('bounds what tracing took as surely as asked', () => {
    const calls = [[10_000], [12_000], [11_000], [30_000, true], [40_000, true]].map(([latencyNanos, traced]) => ({
      root: null,
      round: 0,
      latencyNanos: Number(latencyNanos),
      ...(traced === true ? { traced } : {}),
    }));
    const [usual, surer] = [0.95, 0.999].map((confidence) => analyse([draw({ calls })], { confidence }));
    expect(surer!.variants[0]!.sampling!.upper!).toBeGreaterThan(usual!.variants[0]!.sampling!.upper!);
    expect(usual!.notes).toContainEqual(expect.objectContaining({ kind: 'traced-calls', confidence: 0.95 }));
    expect(surer!.notes).toContainEqual(expect.objectContaining({ kind: 'traced-calls', confidence: 0.999 }));
  });

  it('closes: stages add up to the mean latency and self times to the total, on any forest', () => {
    for (const form of ['nested', 'wild'] as const) {
      fc.assert(
        fc.property(arbitraryRun(form), (run) => {
          for (const variant of analyse([draw(run)]).variants) {
            const sum = STAGES.reduce((all, stage) => all + variant.stages[stage].nanosPerCall, 0);
            expect(sum).toBeCloseTo(variant.latencyNanos.mean, 6);
            expect(sumSelf(variant.tree)).toBeCloseTo(variant.tree.totalNanos, 6);
          }
        }),
        { seed: 5, numRuns: 200 },
      );
    }
  });

  it('finds what a reader has to know', () => {
    const { notes } = analyse([
      draw({
        calls: [call(0, [10])],
        complete: false,
        lostSpans: 3,
        tool: { clockResolutionNanos: 1000, insideNanos: 4, outsideNanos: 4 },
      }),
    ]);
    const variant = 'uncompiled/predict';
    expect(notes).toEqual([
      { kind: 'recording-incomplete' },
      { kind: 'spans-lost', lost: 3, all: 5 },
      ...['kernel-execution', 'glue', 'tool'].map((stage) => ({
        kind: 'below-resolution',
        variant,
        stage,
        nanosPerCall: expect.any(Number) as number,
        resolutionNanos: 1000,
      })),
      { kind: 'tool-cost', variant, share: 0.12 },
      { kind: 'p99-too-few', variant, calls: 1, needed: 299 },
    ]);
  });

  it('refuses nothing and an unknown baseline with a sentence', () => {
    expect(() => analyse([])).toThrow('no recording was given');
    expect(() => analyse([draw({ calls: [] })], { baseline: 'x/y' })).toThrow('choose one of: uncompiled/predict');
  });

  it('survives spans whose call or parent is missing', () => {
    const recording = draw({ calls: [call(0, [10]), call(1000, [20])] });
    recording.spans.parent[1] = -1;
    const cut = { ...recording, calls: recording.calls.slice(0, 1) };
    const [variant] = analyse([cut]).variants;
    expect(text(variant!.tree)).toBe('predict 1 100 100');
    expect(variant!.stages.glue.nanosPerCall).toBe(100);
  });

  it('puts a variant of several recordings together', () => {
    const later = {
      ...draw({ calls: [call(0, [20])] }),
      meta: { ...META, originEpochNanos: String(BigInt(META.originEpochNanos) + 5000n) },
    };
    const [variant] = analyse([draw({ calls: [call(0, [10])] }), later]).variants;
    expect(variant).toMatchObject({ calls: 2 });
    expect(variant!.timeline.map(({ startNanos }) => startNanos)).toEqual([0, 5000]);
    expect(text(variant!.tree)).toBe(['predict 2 200 170', '  dense 2 30 0', '    MatMul 2 30 30'].join('\n'));
  });
});
