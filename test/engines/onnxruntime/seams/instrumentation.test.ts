import { createRequire } from 'node:module';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { OnnxInstrumentation, type OnnxInstrumentationOptions } from '../../../../src/engines/onnxruntime/seams/instrumentation.js';
import type { OnnxBinding, OnnxLibrary, PublicSession } from '../../../../src/engines/onnxruntime/seams/library.js';
import type { NativeInside } from '../../../../src/engines/onnxruntime/seams/native-inside.js';
import type { CallStart } from '../../../../src/model/recorder.js';
import { SPAN_KINDS } from '../../../../src/model/span.js';
import { stageFromCode } from '../../../../src/model/stage.js';
import { Recorder } from '../../../../src/record/recorder.js';

const require = createRequire(import.meta.url);
process.env['ORT_DISABLE_TELEMETRY'] = '1';

interface Ort {
  readonly InferenceSession: {
    create(model: string | Uint8Array, options?: object): Promise<PublicSession & { release(): Promise<void> }>;
    prototype: object;
  };
  readonly Tensor: new (
    type: string,
    data: unknown,
    dims: readonly number[],
  ) => { readonly data: Float32Array; readonly dims: readonly number[] };
}

const TINY = 'test/fixtures/onnx-tiny.onnx';
let ort: Ort;
let library: OnnxLibrary;
let binding: OnnxBinding;
const open: OnnxInstrumentation[] = [];

beforeAll(() => {
  ort = require('onnxruntime-node') as Ort;
  const entry = require.resolve('onnxruntime-node');
  ({ binding } = require(path.join(path.dirname(entry), 'binding.js')) as { binding: OnnxBinding });
  library = { binding, InferenceSession: ort.InferenceSession as unknown as NonNullable<OnnxLibrary['InferenceSession']> };
});
afterEach(() => {
  for (const one of open.splice(0)) one.disable();
});

function instrumented(more: Partial<OnnxInstrumentationOptions> = {}): { recorder: Recorder; instrumentation: OnnxInstrumentation } {
  const recorder = new Recorder();
  const instrumentation = new OnnxInstrumentation({ recorder, ...more }, library);
  open.push(instrumentation);
  instrumentation.enable();
  return { recorder, instrumentation };
}

const START: CallStart = { variant: 0, temperature: 'warm', round: -1, signature: '', batch: 1 };
const feeds = (): object => ({
  x: new ort.Tensor(
    'float32',
    Float32Array.from({ length: 8 }, (_, i) => i / 8),
    [2, 4],
  ),
});

/** Spans as an indented list, `name [stage]`. */
function draw(recorder: Recorder): string[] {
  const { spans, firstRow } = recorder.drain();
  const depth = (row: number): number => (spans.parent[row]! < 0 ? 0 : 1 + depth(spans.parent[row]! - firstRow));
  return Array.from({ length: spans.length }, (_, row) => {
    const kind = SPAN_KINDS[spans.kind[row]!]!;
    const name = recorder.interner.strings[spans.name[row]!]!;
    return `${'  '.repeat(depth(row))}${name} [${stageFromCode(spans.stage[row]!)}]${kind === 'stage' || kind === 'call' ? '' : ` ${kind}`}`;
  });
}

const RUN = [
  'run [unexplained]',
  '  data-adapter [data-adapter]',
  '  queue [queue]',
  '  kernel-execution [kernel-execution]',
  '  fetch [fetch]',
];

describe('runs of a program', () => {
  test('are calls with adapter, queue, kernels and fetch, in this order and without gaps that overlap', async () => {
    const { recorder } = instrumented({ policy: () => START });
    const session = await ort.InferenceSession.create(TINY);
    await session.run(feeds());
    const { spans, calls } = recorder.drain();
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({ async: true, temperature: 'warm' });
    const ends = Array.from({ length: spans.length }, (_, row) => spans.startNanos[row]! + spans.durationNanos[row]!);
    for (let row = 2; row < spans.length; row++) expect(spans.startNanos[row]!).toBeGreaterThanOrEqual(ends[row - 1]!);
    expect(ends.at(-1)!).toBeLessThanOrEqual(ends[0]!);
    await session.run(feeds());
    expect(draw(recorder)).toEqual(RUN);
    await session.release();
  });

  test('give the same bits, the same errors and the same objects with and without', async () => {
    const plain = await ort.InferenceSession.create(TINY, { graphOptimizationLevel: 'disabled' });
    const before = (await plain.run(feeds())) as { y: { data: Float32Array; dims: number[] } };
    const original = {
      create: ort.InferenceSession.create,
      run: Reflect.get(ort.InferenceSession.prototype, 'run') as unknown,
      native: binding.InferenceSession,
    };
    const { instrumentation, recorder } = instrumented({ policy: () => START });
    const watched = await ort.InferenceSession.create(TINY, { graphOptimizationLevel: 'disabled' });
    expect(watched).toBeInstanceOf(ort.InferenceSession);
    const after = (await watched.run(feeds())) as { y: { data: Float32Array; dims: number[] } };
    expect(after.y).toBeInstanceOf(ort.Tensor);
    expect([...after.y.data]).toEqual([...before.y.data]);
    expect(after.y.dims).toEqual([2, 2]);
    await expect(watched.run({})).rejects.toThrow("input 'x' is missing in 'feeds'.");
    await expect(watched.run({ x: new ort.Tensor('float32', new Float32Array(3), [1, 3]) })).rejects.toThrow(/Got invalid dimensions/);
    const failed = recorder.drain().calls.map(({ error }) => error?.slice(0, 30));
    expect(failed).toEqual([undefined, "input 'x' is missing in 'feeds", expect.any(String)]);
    await expect(ort.InferenceSession.create('no/such.onnx')).rejects.toThrow(/no\/such\.onnx/);
    instrumentation.disable();
    expect(ort.InferenceSession.create).toBe(original.create);
    expect(Reflect.get(ort.InferenceSession.prototype, 'run')).toBe(original.run);
    expect(binding.InferenceSession).toBe(original.native);
    await watched.run(feeds());
    expect(recorder.drain().calls).toEqual([]);
  });

  test('that overlap keep to themselves, and wait for each other in the queue', async () => {
    const { recorder } = instrumented({ policy: () => START });
    const session = await ort.InferenceSession.create(TINY);
    await Promise.all([1, 2, 3].map(() => session.run(feeds())));
    expect(draw(recorder)).toEqual([...RUN, ...RUN, ...RUN]);
  });

  test('of one call that overlap are placed by their own times, and a refused one leaves nothing for the next', async () => {
    const { recorder } = instrumented();
    const session = await ort.InferenceSession.create(TINY);
    const name = recorder.interner.string('pipeline');
    await recorder.callAsync(START, name, 0, 7, () =>
      Promise.all([session.run(feeds()), session.run({}).catch(() => undefined), session.run(feeds())]),
    );
    const lines = draw(recorder);
    expect(lines.filter((line) => line.includes('queue'))).toHaveLength(2);
    expect(lines.filter((line) => line.includes('fetch'))).toHaveLength(2);
    expect(lines.filter((line) => line.includes('data-adapter'))).toHaveLength(3);
  });

  test('a run that outlives its call does not write into the next one', async () => {
    const { recorder } = instrumented();
    const session = await ort.InferenceSession.create(TINY);
    const name = recorder.interner.string('pipeline');
    let left: Promise<unknown> | undefined;
    await recorder.callAsync(START, name, 0, 7, () => {
      left = session.run(feeds());
      return Promise.resolve();
    });
    await recorder.callAsync(START, name, 0, 7, async () => left);
    expect(draw(recorder)).toEqual(['pipeline [unexplained]', '  data-adapter [data-adapter]', 'pipeline [unexplained]']);
  });

  test('asked with the same feeds at the same time, of two models, one of them refused: each has its own native run', async () => {
    const recorded: CallStart[] = [];
    const { recorder } = instrumented({
      policy: ({ model }) => {
        recorded.push({ ...START, model: sessions.findIndex((session) => session === model) });
        return recorded.at(-1);
      },
    });
    const sessions: (PublicSession & { release(): Promise<void> })[] = [
      await ort.InferenceSession.create(TINY),
      await ort.InferenceSession.create(TINY),
    ];
    const [first, second] = [sessions[0]!, sessions[1]!];
    const same = feeds();
    const settled = await Promise.allSettled([
      first.run(same),
      first.run(same, ['none']),
      second.run(same),
      second.run(same),
      first.run({}),
    ]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'rejected']);
    const { calls, spans } = recorder.drain();
    // Refused ones end first.
    expect(calls.map(({ model, error, async: asynchronous }) => [model, error !== undefined, asynchronous])).toEqual([
      [0, true, true],
      [0, true, true],
      [0, false, true],
      [1, false, true],
      [1, false, true],
    ]);
    const kernels = (call: number): number =>
      [...spans.call].filter((of, row) => of === call && stageFromCode(spans.stage[row]!) === 'kernel-execution').length;
    expect(calls.map((_, call) => kernels(call))).toEqual([0, 0, 1, 1, 1]);
  });

  test('that nobody records are told with their time', async () => {
    const told: string[] = [];
    const { recorder } = instrumented({
      policy: () => undefined,
      unrecorded: ({ call }, nanos, outcome) => told.push(`${call} ${nanos > 0} ${outcome}`),
    });
    const session = await ort.InferenceSession.create(TINY);
    await session.run(feeds());
    await expect(session.run({})).rejects.toThrow();
    expect(told).toEqual(['run true returned', 'run true threw']);
    expect(recorder.drain().calls).toEqual([]);
  });

  test('of sessions made before are calls, and what is missing is said', async () => {
    const session = await ort.InferenceSession.create(TINY);
    const { recorder, instrumentation } = instrumented({ policy: () => START });
    await session.run(feeds());
    expect(draw(recorder)).toEqual(['run [unexplained]', '  data-adapter [data-adapter]']);
    expect(instrumentation.missingSeams().join()).toContain('were made before Inferscope');
  });
});

describe('sessions', () => {
  test('made in a call are graph building, from bytes as from a path', async () => {
    const { recorder } = instrumented();
    const name = recorder.interner.string('first');
    const bytes = (await import('node:fs')).readFileSync(TINY);
    for (const model of [TINY, bytes]) {
      await recorder.callAsync(START, name, 0, 7, async () => (await ort.InferenceSession.create(model)).run(feeds()));
      const { calls } = recorder.drain();
      expect(calls[0]!.temperature).toBe('cold-signature');
    }
    await recorder.callAsync(START, name, 0, 7, async () => ort.InferenceSession.create(TINY));
    expect(draw(recorder)).toEqual([
      'first [unexplained]',
      '  data-adapter [data-adapter]',
      '  queue [queue]',
      '  graph-building [graph-building]',
    ]);
  });

  test('are told with what they were made of; as calls only where that is asked for', async () => {
    const told: unknown[] = [];
    const { recorder } = instrumented({
      policy: () => START,
      creations: () => START,
      onSession: (session, { source }) =>
        told.push([session.inputNames, source.kind === 'path' ? source.path : source.bytes.length, source.options]),
    });
    await ort.InferenceSession.create(TINY, { intraOpNumThreads: 1 });
    expect(told).toEqual([[['x'], TINY, expect.objectContaining({ intraOpNumThreads: 1 })]]);
    expect(draw(recorder)).toEqual([
      'create [unexplained]',
      '  data-adapter [data-adapter]',
      '  queue [queue]',
      '  graph-building [graph-building]',
    ]);
  });
});

describe('an add-on that looks inside', () => {
  /** Stands in for the native add-on: the C call takes the middle half of the binding's. */
  function standIn(log: string[]): NativeInside {
    let began = 0;
    const kernel = {
      layer: null,
      parent: -1,
      inputShapes: [],
      outputShapes: ['[2,8]'],
      outputDtypes: ['float32'],
      outputBytes: 64,
      allocatedBytes: 0,
      fused: [],
      repeat: 1,
      flops: null,
      bytesMoved: null,
    } as const;
    const now = (): number => performance.now() * 1e6;
    return {
      creationStarts: ({ kind }) => {
        began = now();
        log.push(`creation of ${kind}`);
      },
      creationEnds: () => ({ startNanos: began, endNanos: now(), parts: [{ name: 'load', startNanos: began + 1, endNanos: began + 2 }] }),
      lastRun: () => ({ startNanos: 0, endNanos: now() }),
      open: () => ({
        traces: () => true,
        sampler: { decide: () => true, record: ({ traced }) => log.push(traced ? 'traced' : 'plain'), period: 2 },
        tracer: {
          counts: { taken: 0, lost: 0, unreadable: 0 },
          traceNextRun: () => {
            began = now();
          },
          cancel: () => undefined,
          takeTrace: () => ({
            startNanos: now() - 1000,
            endNanos: now(),
            buildNanos: 0,
            kernels: [
              { ...kernel, op: 'If', node: 'a', startNanos: began, durationNanos: 100, wallNanos: 40 },
              { ...kernel, op: 'MatMul', node: 'b', parent: 0, startNanos: began + 10, durationNanos: 50, wallNanos: 50 },
            ],
            failed: false,
            metadataBytes: 0,
            decodeNanos: 0,
          }),
        },
      }),
    };
  }

  test('is asked around every native call; kernels of traced runs lie in their callers', async () => {
    const log: string[] = [];
    const { recorder, instrumentation } = instrumented({ policy: () => START, creations: () => START, inside: standIn(log) });
    const session = await ort.InferenceSession.create(TINY);
    expect(draw(recorder).slice(-1)).toEqual(['    load [graph-building] pass']);
    for (const untouched of ['cold', 'warm']) {
      await session.run(feeds());
      expect([untouched, draw(recorder)]).toEqual([untouched, RUN]);
    }
    await session.run(feeds());
    expect(draw(recorder)).toEqual([
      ...RUN.slice(0, 3),
      '  data-adapter [data-adapter]',
      '  kernel-execution [kernel-execution]',
      '    If [kernel-execution] kernel',
      '      MatMul [kernel-execution] kernel',
      '  fetch [fetch]',
    ]);
    expect(log).toEqual(['creation of path', 'plain', 'plain', 'traced']);
    expect(instrumentation.missingSeams()).toEqual([]);
  });

  test('reads a model after the call that makes its session, whose time it is not', async () => {
    const recorder = new Recorder();
    const ended: number[] = [];
    const inside: NativeInside = {
      ...standIn([]),
      open: () => {
        ended.push(recorder.drain().calls.length);
        return null;
      },
    };
    instrumented({ recorder, creations: () => START, inside });
    await ort.InferenceSession.create(TINY);
    const native = new binding.InferenceSession();
    native.loadModel(TINY, {});
    expect(ended).toEqual([1, 1]);
  });

  test('that fails does not fail the run', async () => {
    const troubles: unknown[] = [];
    const recorder = new Recorder({ onTrouble: (thrown) => troubles.push(thrown) });
    const broken: NativeInside = {
      ...standIn([]),
      lastRun: () => {
        throw new Error('lost');
      },
      creationStarts: () => {
        throw new Error('gone');
      },
    };
    const { instrumentation } = instrumented({ recorder, policy: () => START, inside: broken });
    const session = await ort.InferenceSession.create(TINY);
    await expect(session.run(feeds())).resolves.toHaveProperty('y');
    expect(troubles.map(String)).toEqual(['Error: gone', 'Error: lost']);
    instrumentation.disable();
  });
});
