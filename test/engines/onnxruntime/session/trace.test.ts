import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SessionKernel } from '../../../../src/model/session.js';
import { bitsOf, draw, fixture, floats, longs, openInside, openSession, ort, textOfOwnProfile } from './support.js';

const LINUX = process.platform === 'linux';

/** What the session's own profiler tells of one run, not by the product's reader: operation and name of each kernel, a line each. */
const ownProfile = async (model: string, options: object, feeds: object): Promise<string[]> =>
  (await textOfOwnProfile(model, { intraOpNumThreads: 1, ...options }, feeds)).split('\n').flatMap((line) => {
    const [, name] = /"name" ?: ?"(.*?)_kernel_time"/.exec(line) ?? [];
    const [, op] = /"op_name" ?: ?"(.*?)"/.exec(line) ?? [];
    return name === undefined ? [] : [`${op} ${name}`];
  });

const counted = (names: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};

const executions = (kernels: readonly SessionKernel[]): Record<string, number> =>
  counted(kernels.flatMap(({ op, node, repeat }) => Array<string>(repeat).fill(`${op} ${node}`)));

const IMAGE = (): object => ({ image: floats([2, 3, 8, 8]) });

describe.skipIf(!LINUX)('kernels inside a run [needs Linux]', () => {
  it('are what the graph of the file says where nothing is optimised, with the shapes of packed weights', async () => {
    const { trace, session } = await openSession(fixture('tiny'), { graphOptimizationLevel: 'disabled' });
    const { kernels } = await trace({ x: floats([2, 4]) });
    expect(draw(kernels)).toEqual([
      'MatMul hidden_layer/MatMul [2,4] [4,8] → [2,8]',
      'Add hidden_layer/Add [2,8] [8] → [2,8]',
      'Relu hidden_layer/Relu [2,8] → [2,8]',
      'MatMul answer_layer/MatMul [2,8] [8,2] → [2,2]',
      'Add answer_layer/Add [2,2] [2] → [2,2]',
      'Sigmoid answer_layer/Sigmoid [2,2] → [2,2]',
    ]);
    // Two products of 2 × 4 × 8 and 2 × 8 × 2, an add each; one sum an element; ten for a sigmoid.
    expect(kernels.map(({ flops }) => flops)).toEqual([128, 16, 16, 64, 4, 40]);
    expect(kernels.map(({ bytesMoved }) => bytesMoved)).toEqual([
      4 * (8 + 32 + 16),
      4 * (16 + 8 + 16),
      4 * 32,
      4 * (16 + 16 + 4),
      4 * (4 + 2 + 4),
      4 * 8,
    ]);
    expect(kernels.map(({ layer }) => layer)).toEqual([...Array<string>(3).fill('hidden_layer'), ...Array<string>(3).fill('answer_layer')]);
    await session.release();
  });

  it('lie within the run, one after the other, and on the clock of performance.now()', async () => {
    const { trace, session } = await openSession(fixture('tiny'));
    const before = performance.now() * 1e6;
    const { startNanos, endNanos, kernels } = await trace({ x: floats([2, 4]) });
    const after = performance.now() * 1e6;
    const edges = [
      before,
      startNanos,
      ...kernels.flatMap((kernel) => [kernel.startNanos, kernel.startNanos + kernel.durationNanos]),
      endNanos,
      after,
    ];
    // A start is rounded to a nanosecond, and the clocks agree to a microsecond.
    edges.slice(1).forEach((edge, index) => expect(edge).toBeGreaterThanOrEqual(edges[index]! - 1000));
    await session.release();
  });

  it('tell what fused ones hold, by data flow', async () => {
    const extended = await openSession(fixture('fusions'), { graphOptimizationLevel: 'extended' });
    expect(draw((await extended.trace(IMAGE())).kernels)).toEqual([
      'FusedConv stem/Conv [2,3,8,8] [16,3,3,3] [16] → [2,16,8,8] = Conv+Relu',
      'Conv depth/Conv [2,16,8,8] [16,1,3,3] [16] → [2,16,8,8]',
      'Add depth/Add [2,16,8,8] [2,16,8,8] → [2,16,8,8]',
      'Relu depth/Relu [2,16,8,8] → [2,16,8,8]',
      'GlobalAveragePool head/Pool [2,16,8,8] → [2,16,1,1]',
      'Flatten head/Flatten [2,16,1,1] → [2,16]',
      'Gemm mlp/MatMul/MatMulAddFusion [2,16] [16,8] [8] → [2,8] = MatMul+Add',
      'Gelu Gelu [2,8] → [2,8] = Div+Erf+Add+Mul+Mul',
      'FusedMatMul out/MatMul/MatmulTransposeFusion/ [2,8] [2,8] → [2,2] = Transpose+MatMul',
    ]);
    await extended.session.release();
  });

  it.skipIf(process.arch !== 'x64')('tell it of the blocked layout, too, whose tensors have other names [needs x64]', async () => {
    const all = await openSession(fixture('fusions'));
    const { kernels } = await all.trace(IMAGE());
    expect(draw(kernels).slice(0, 4)).toEqual([
      'Conv r1_nchwc [2,3,8,8] [16,3,3,3] [16] → [2,16,8,8] = Conv+Relu',
      'Conv c2_nchwc [2,16,8,8] [16,1,3,3] [16] [2,16,8,8] → [2,16,8,8] = Conv+Add+Relu',
      'GlobalAveragePool pooled_nchwc [2,16,8,8] → [2,16,1,1]',
      'ReorderOutput ReorderOutput [2,16,1,1] → [2,16,1,1]',
    ]);
    // 2 × 16 × 8 × 8 elements, 3 × 3 × 3 and 1 × 3 × 3 products each, counted twice.
    expect(kernels.slice(0, 2).map(({ flops }) => flops)).toEqual([2 * 2048 * 27, 2 * 2048 * 9]);
    expect(kernels.slice(0, 3).map(({ layer }) => layer)).toEqual(['stem', 'depth', 'head']);
    await all.session.release();
  });

  it.skipIf(process.arch !== 'x64')(
    'tell it of quantised ones, whose layout copies and conversions hold nothing of them [needs x64]',
    async () => {
      const { trace, session } = await openSession(fixture('quantised'));
      const { kernels } = await trace({ x: floats([1, 4, 8, 8]) });
      const convolution = kernels.find(({ op }) => op === 'QLinearConv')!;
      expect(convolution.fused.filter((op) => !/quantize/i.test(op))).toEqual(['Conv', 'Relu']);
      expect(convolution).toMatchObject({ layer: 'conv', flops: 2 * 8 * 8 * 8 * (4 * 3 * 3) });
      const product = kernels.find(({ op }) => op === 'DynamicQuantizeMatMul')!;
      expect(product.fused).toEqual(['DynamicQuantizeLinear', 'MatMulInteger', 'Cast', 'Mul', 'Mul']);
      expect(product).toMatchObject({ layer: 'head', flops: 2 * 512 * 16 });
      expect(kernels.filter(({ op }) => op === 'Transpose').flatMap(({ fused }) => fused)).toEqual([]);
      await session.release();
    },
  );

  it('read of a table only what they give', async () => {
    const { trace, session } = await openSession(fixture('tokens'), { graphOptimizationLevel: 'disabled' });
    const ids = new ort.Tensor('int32', Int32Array.of(1, 4), [1, 2]);
    const { kernels } = await trace({ input_ids: ids, attention_mask: longs([1, 1], [1, 2]), token_type_ids: longs([0, 1], [1, 2]) });
    // Two rows of six numbers are read and written, and two ids read; the table has five rows.
    expect(kernels.find(({ op, inputShapes }) => op === 'Gather' && inputShapes[0] === '[5,6]')).toMatchObject({
      inputShapes: ['[5,6]', '[2]'],
      bytesMoved: 2 * 2 * 6 * 4 + 2 * 8,
    });
    await session.release();
  });

  it('lie under the loop they run in, and count its iterations', async () => {
    const { trace, session } = await openSession(fixture('nested'));
    const feeds = (count: number): object => ({ x: floats([4, 4]), count: longs([count], []) });
    const { kernels } = await trace(feeds(3));
    expect(draw(kernels)).toEqual([
      'Loop outer_loop [] [] [4,4] → [4,4]',
      '  Identity step/Identity ×3 [] → []',
      '  Tanh step/MatMul ×3 [4,4] → [4,4]',
      '  Loop inner_loop ×3 [] [] [4,4] → [4,4]',
      '    Identity step/Identity ×6 [] → []',
      '    MatMul step/MatMul ×6 [4,4] [4,4] → [4,4]',
      'MatMul step/MatMul [4,4] [4,4] → [4,4]',
    ]);
    expect(kernels[5]!.iterationNanos).toHaveLength(6);
    expect(kernels[5]!.flops).toBe(6 * 128);
    expect((await trace(feeds(0))).kernels.map(({ op }) => op)).toEqual(['Loop', 'MatMul']);
    // Sums of what ran inside never exceed what holds them.
    for (const [index, { durationNanos }] of kernels.entries()) {
      const inside = kernels.filter(({ parent }) => parent === index).reduce((sum, kernel) => sum + kernel.durationNanos, 0);
      expect(inside).toBeLessThanOrEqual(durationNanos + 1);
    }
    await session.release();
  });

  it('lie under the branch that was taken', async () => {
    const { trace, session } = await openSession(fixture('if'));
    const { kernels } = await trace({ x: floats([1, 4]), sr: longs([16000], []) });
    expect(kernels.map(({ op, parent }) => [op, parent])).toEqual([
      ['Equal', -1],
      ['If', -1],
      ['Mul', 1],
    ]);
    await session.release();
  });

  it.each([
    ['tiny', {}, { x: [2, 4] }],
    ['fusions', {}, { image: [2, 3, 8, 8] }],
    ['fusions', { graphOptimizationLevel: 'disabled' }, { image: [1, 3, 8, 8] }],
    ['loop', {}, { x: [8, 8], count: 5 }],
    ['nested', { graphOptimizationLevel: 'basic' }, { x: [4, 4], count: 2 }],
  ] as const)('are those that the session’s own profiler counts, and change no bit: %s %o', async (name, options, shapes) => {
    const feeds = Object.fromEntries(
      Object.entries(shapes).map(([input, shape]) => [input, typeof shape === 'number' ? longs([shape], []) : floats(shape)]),
    );
    const { trace, session, view } = await openSession(fixture(name), options, openInside('own'));
    const plain = bitsOf(await session.run(feeds));
    expect(executions((await trace(feeds)).kernels)).toEqual(counted(await ownProfile(fixture(name), options, feeds)));
    view.tracer.traceNextRun();
    expect(bitsOf(await session.run(feeds))).toBe(plain);
    expect(view.tracer.takeTrace()).not.toBeNull();
    await session.release();
  });

  it('of a session made of bytes are the same', async () => {
    const { trace, session } = await openSession(readFileSync(fixture('tiny')), { graphOptimizationLevel: 'disabled' });
    expect((await trace({ x: floats([2, 4]) })).kernels[0]).toMatchObject({ inputShapes: ['[2,4]', '[4,8]'], flops: 128 });
    await session.release();
  });

  it('are seen in microseconds where several threads run the graph', async () => {
    const { trace, session } = await openSession(fixture('fusions'), { executionMode: 'parallel', interOpNumThreads: 2 });
    const { kernels, startNanos, endNanos } = await trace(IMAGE());
    expect(kernels.map(({ op }) => op)).toContain('Gelu');
    for (const kernel of kernels) {
      expect(kernel.startNanos).toBeGreaterThanOrEqual(startNanos - 2000);
      expect(kernel.startNanos + kernel.durationNanos).toBeLessThanOrEqual(endNanos + 2000);
    }
    await session.release();
  });
});

describe.skipIf(!LINUX)('a traced run [needs Linux]', () => {
  it('keeps the options of the caller, and one with others than those is left alone', async () => {
    const { session, view, trace } = await openSession(fixture('tiny'));
    expect([undefined, {}, { tag: 'a', logSeverityLevel: 3, logVerbosityLevel: 0 }].map((options) => view.traces(options))).toEqual([
      true,
      true,
      true,
    ]);
    expect([{ terminate: true }, { extra: { a: '1' } }].map((options) => view.traces(options))).toEqual([false, false]);
    view.tracer.traceNextRun();
    await session.run({ x: floats([2, 4]) }, { tag: 'mine', logSeverityLevel: 3 });
    expect(view.tracer.takeTrace()?.kernels).not.toHaveLength(0);
    // And the object that runs without options share was not changed: the next one writes nothing.
    await session.run({ x: floats([2, 4]) });
    expect(view.tracer.takeTrace()).toBeNull();
    await trace({ x: floats([2, 4]) });
    await session.release();
  });

  it('that fails fails with the same words, and the next one is traced', async () => {
    const { session, view, trace } = await openSession(fixture('tiny'));
    const wrong = { x: floats([1, 3]) };
    const words = await session.run(wrong).then(String, (error: unknown) => (error instanceof Error ? error.message : String(error)));
    view.tracer.traceNextRun();
    await expect(session.run(wrong)).rejects.toThrow(words);
    view.tracer.takeTrace();
    expect((await trace({ x: floats([2, 4]) })).failed).toBe(false);
    await session.release();
  });

  it('whose folder is gone runs untraced, and is counted', async () => {
    const own = openInside('own');
    const { session, view, trace } = await openSession(fixture('tiny'), {}, own);
    await trace({ x: floats([2, 4]) });
    const folders = readdirSync('/dev/shm').filter((name) => name.startsWith(`inferscope-onnx-${process.pid}-`));
    expect(folders.length).toBeGreaterThan(0);
    for (const name of folders) rmSync(path.join('/dev/shm', name), { recursive: true });
    view.tracer.traceNextRun();
    await session.run({ x: floats([2, 4]) });
    expect(view.tracer.takeTrace()).toBeNull();
    expect(view.tracer.counts).toEqual({ taken: 1, lost: 0, unreadable: 1 });
    await session.release();
  });

  it('that never reaches the library leaves nothing armed', async () => {
    const { session, view } = await openSession(fixture('tiny'));
    view.tracer.traceNextRun();
    await expect(session.run({})).rejects.toThrow(/missing in 'feeds'/);
    expect(view.tracer.takeTrace()).toBeNull();
    await session.run({ x: floats([2, 4]) });
    expect(view.tracer.takeTrace()).toBeNull();
    expect(view.tracer.counts).toMatchObject({ taken: 0, unreadable: 0 });
    await session.release();
  });
});

describe.skipIf(!LINUX)('what cannot be looked into [needs Linux]', () => {
  it('is a session that writes a profile of its own, and is said', async () => {
    const inside = openInside('own');
    const folder = mkdtempSync(path.join(tmpdir(), 'onnx-own-'));
    await expect(
      openSession(fixture('tiny'), { enableProfiling: true, profileFilePrefix: path.join(folder, 'p') }, inside),
    ).rejects.toThrow('Kernels of a session that writes a profile of its own are not seen: leave enableProfiling out.');
    rmSync(folder, { recursive: true });
  });

  it('is told once, however many sessions there are', async () => {
    const inside = openInside('own');
    inside.creationStarts();
    for (let time = 0; time < 2; time++)
      expect(inside.open({ kind: 'path', path: 'x.onnx', options: { enableProfiling: true } })).toBeNull();
    expect(inside.reasons()).toHaveLength(1);
    await inside.graphsSeen();
  });

  it('is what fused kernels hold, where the model cannot be made again', async () => {
    const inside = openInside('optimised');
    const { session, trace } = await openSession(fixture('tiny'), {}, inside);
    inside.open({ kind: 'path', path: 'no/such.onnx', options: {} });
    inside.open({ kind: 'bytes', bytes: Buffer.from('no model'), options: {} });
    await inside.graphsSeen();
    expect(inside.reasons()).toEqual([
      'What kernels of a session hold is not known: its model cannot be read (There is no model at no/such.onnx: check the path.).',
      expect.stringMatching(/^What kernels of a session hold is not known: its model cannot be read \(.+\)\.$/) as string,
    ]);
    expect((await trace({ x: floats([2, 4]) })).kernels.map(({ fused }) => fused)).toContainEqual(['MatMul', 'Add', 'Relu']);
    await session.release();
  });
});

describe.skipIf(!LINUX)('native times [needs Linux]', () => {
  it('are those of each call into the library', async () => {
    const inside = openInside('own');
    inside.creationStarts();
    expect(inside.creationEnds()).toBeNull();
    const before = performance.now() * 1e6;
    const session = await ort.InferenceSession.create(fixture('tiny'), { intraOpNumThreads: 1 });
    const creation = inside.creationEnds()!;
    expect(creation.startNanos).toBeGreaterThan(before - 1000);
    expect(creation.endNanos).toBeGreaterThan(creation.startNanos);
    inside.lastRun();
    expect(inside.lastRun()).toBeNull();
    await session.run({ x: floats([2, 4]) });
    const run = inside.lastRun()!;
    expect(run.startNanos).toBeGreaterThan(creation.endNanos);
    expect(run.endNanos).toBeGreaterThan(run.startNanos);
    await expect(session.run({})).rejects.toThrow();
    expect(inside.lastRun()).toBeNull();
    await session.release();
  });
});
