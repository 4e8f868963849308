/** Kernels where no single run can be profiled: those of a second session, which is profiled for its whole life. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SessionKernel } from '../../../../src/model/session.js';
import { isRecord } from '../../../../src/model/is-record.js';
import { openOnnxInside } from '../../../../src/engines/onnxruntime/session/inside.js';
import { WithoutAddon } from '../../../../src/engines/onnxruntime/session/twin.js';
import { bitsOf, draw, entry, fixture, floats, longs, nativeSession, openSession, ort, type OnnxTensor } from './support.js';

const WHY = 'kernels are only seen on Linux, this is a test';

interface Traced {
  readonly outputs: Record<string, OnnxTensor>;
  readonly kernels: readonly SessionKernel[];
  readonly inside: WithoutAddon;
}

/** One traced run, made by the second session, as the seams ask for it; `before` is what the measured session gives. */
async function tracedByTwin(model: string, options: object, feeds: Record<string, OnnxTensor>): Promise<Traced> {
  // The binding starts the library with the first session that is made through the public class.
  const { outputNames } = await ort.InferenceSession.create(model);
  const inside = new WithoutAddon({ nativeSession, entry }, WHY);
  const source = { kind: 'path', path: path.resolve(model), options: { intraOpNumThreads: 1, ...options } } as const;
  await inside.prepare(source.path, source.options);
  const view = inside.open(source)!;
  expect(view.traces({})).toBe(true);
  view.tracer.traceNextRun();
  const fetches = Object.fromEntries(outputNames.map((name) => [name, null]));
  const outputs = view.runTraced!([feeds, fetches, {}], () => {
    throw new Error('the measured session ran');
  });
  const trace = view.tracer.takeTrace()!;
  for (const { startNanos, durationNanos } of trace.kernels) {
    expect(startNanos).toBeGreaterThanOrEqual(trace.startNanos - 2000);
    expect(startNanos + durationNanos).toBeLessThanOrEqual(trace.endNanos + 2000);
  }
  return { outputs: outputs as Record<string, OnnxTensor>, kernels: trace.kernels, inside };
}

const FEEDS: Readonly<Record<string, () => Record<string, OnnxTensor>>> = {
  tiny: () => ({ x: floats([2, 4]) }),
  fusions: () => ({ image: floats([2, 3, 8, 8]) }),
  loop: () => ({ x: floats([8, 8]), count: longs([3], []) }),
};

describe('a second session in place of a traced run', () => {
  it.each(Object.keys(FEEDS).flatMap((name) => ['disabled', 'all'].map((level) => [name, level] as const)))(
    'of %s at %s has the kernels that a traced run has, and gives the same bits',
    async (name, graphOptimizationLevel) => {
      const feeds = FEEDS[name]!();
      const { outputs, kernels } = await tracedByTwin(fixture(name), { graphOptimizationLevel }, feeds);
      const { session, trace } = await openSession(fixture(name), { graphOptimizationLevel });
      expect(bitsOf(outputs)).toBe(bitsOf(await session.run(feeds)));
      if (process.platform === 'linux') expect(draw(kernels)).toEqual(draw((await trace(feeds)).kernels));
      expect(kernels.length).toBeGreaterThan(1);
      await session.release();
    },
  );

  it('says whose kernels they are, why, and what that took; nothing where none was made', async () => {
    const { inside } = await tracedByTwin(fixture('tiny'), {}, FEEDS['tiny']!());
    expect(inside.reasons()).toEqual([
      expect.stringContaining('count as kernel execution'),
      expect.stringMatching(
        /^Kernels are those of second sessions, .*because no single run can be profiled here \(kernels are only seen on Linux, this is a test\).*1 such session took \S+ m?s, which is in no latency\.$/,
      ),
    ]);
    expect(new WithoutAddon({ nativeSession, entry }, WHY).reasons()).toHaveLength(1);
  });

  it('leaves the run to the measured session where it cannot be made, says so once, and is not tried again', async () => {
    await ort.InferenceSession.create(fixture('tiny'));
    const inside = new WithoutAddon({ nativeSession, entry }, WHY);
    const view = inside.open({ kind: 'path', path: '/nowhere/model.onnx', options: {} })!;
    view.tracer.traceNextRun();
    expect(view.runTraced!([{}, {}, {}], () => 'own')).toBe('own');
    expect(view.tracer.takeTrace()).toBeNull();
    expect(view.traces({})).toBe(false);
    expect(inside.reasons().filter((reason) => reason.includes('could not be made'))).toHaveLength(1);
  });

  it('says that a binding hands no profiling on, as those before 1.21, and then leaves runs alone', async () => {
    await ort.InferenceSession.create(fixture('tiny'));
    class Old extends nativeSession {
      override loadModel(...args: unknown[]): unknown {
        return super.loadModel(
          ...args.map((arg) => (isRecord(arg) && 'enableProfiling' in arg ? { ...arg, enableProfiling: false } : arg)),
        );
      }
    }
    const inside = new WithoutAddon({ nativeSession: Old, entry }, WHY);
    const view = inside.open({ kind: 'path', path: path.resolve(fixture('tiny')), options: {} })!;
    view.tracer.traceNextRun();
    expect(view.runTraced!([{}, {}, {}], () => 'own')).toBe('own');
    expect(view.traces({})).toBe(false);
    expect(inside.reasons()).toEqual([
      expect.stringContaining('count as kernel execution'),
      expect.stringMatching(/^Kernels inside runs are not seen: .* does not hand enableProfiling on \(it does from 1\.21\): npm install/),
    ]);
  });

  it('leaves no file, where it runs or elsewhere', async () => {
    const before = readdirSync('.');
    await tracedByTwin(fixture('tiny'), {}, FEEDS['tiny']!());
    expect(readdirSync('.')).toEqual(before);
    const own = existing().flatMap((folder) => readdirSync(folder));
    expect(own).toEqual([]);
  });

  it('is only for models that are ours to load: a program without the add-on has stages', () => {
    expect(openOnnxInside({ nativeSession, entry, addonFolder: '/nowhere' }).status).toBe('unavailable');
    expect(openOnnxInside({ nativeSession, entry, addonFolder: '/nowhere', twins: 'where-needed' })).toMatchObject({
      status: 'ready',
      inside: expect.any(WithoutAddon) as unknown,
    });
  });
});

/** Folders for profiles of this process. */
const existing = (): string[] =>
  process.platform === 'linux'
    ? readdirSync('/dev/shm')
        .filter((name) => name.startsWith(`inferscope-onnx-${process.pid}-`))
        .map((name) => path.join('/dev/shm', name))
    : [];
