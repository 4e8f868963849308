import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { nanosFromMillis } from '../../../../src/model/nanos.js';
import { rooflineOf } from '../../../../src/model/roofline.js';
import type { SessionTrace, SessionTracer } from '../../../../src/model/session.js';
import { SLOT } from '../../../../src/engines/tensorflow/session/addon.js';
import { encodeSessionConfig } from '../../../../src/engines/tensorflow/session/config-proto.js';
import { createEagerClock } from '../../../../src/engines/tensorflow/session/clock.js';
import { foldLoops } from '../../../../src/engines/session/fold.js';
import { measurePeak } from '../../../../src/engines/tensorflow/session/peak.js';
import { createSessionTracer } from '../../../../src/engines/tensorflow/session/tracer.js';
import { fixture, type FixtureName, SHAPES, start } from './support/session.js';
import { plainOp } from '../../../../src/model/work.js';

const { addon, tf } = start();

interface Subject {
  readonly tracer: SessionTracer;
  run(): Uint8Array;
  dispose(): void;
}

async function load(name: FixtureName): Promise<Subject> {
  const model = await tf.node.loadSavedModel(fixture(name));
  const input = tf.randomUniform([...SHAPES[name]], -1, 1, 'float32', 7);
  return {
    tracer: createSessionTracer(addon, { fusedOps: 'once', iterations: 'each' }),
    run() {
      const output = model.predict(input);
      const first = output instanceof tf.Tensor ? output : Object.values(output)[0];
      if (!(first instanceof tf.Tensor)) throw new Error('the fixture gives one tensor');
      const values = first.dataSync();
      first.dispose();
      return new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
    },
    dispose() {
      model.dispose();
      input.dispose();
    },
  };
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What is held once the garbage is gone: how large V8 lets its heap get before it collects differs by version and load. */
function heldBytes(): { readonly javascript: number; readonly native: number } {
  // Finalisers of the first one free more.
  collectGarbage();
  collectGarbage();
  const { rss, heapTotal, heapUsed, external } = process.memoryUsage();
  return { javascript: heapUsed + external, native: rss - heapTotal };
}

function traced(subject: Subject): SessionTrace {
  subject.tracer.traceNextRun();
  subject.run();
  const trace = subject.tracer.takeTrace();
  if (trace === null) throw new Error('no trace');
  return trace;
}

const names = Object.keys(SHAPES) as FixtureName[];

describe.each(names)('a traced run of %s', (name) => {
  it('gives bit-identical output and kernels inside the call', async () => {
    const subject = await load(name);
    const before = subject.run();
    subject.tracer.traceNextRun();
    const begin = nanosFromMillis(performance.now());
    const during = subject.run();
    const end = nanosFromMillis(performance.now());
    const trace = subject.tracer.takeTrace();
    expect(subject.tracer.takeTrace()).toBeNull();
    const after = subject.run();
    expect(subject.tracer.takeTrace()).toBeNull();
    expect(Buffer.compare(before, during)).toBe(0);
    expect(Buffer.compare(before, after)).toBe(0);
    if (trace === null) throw new Error('no trace');
    expect(trace.failed).toBe(false);
    expect(trace.startNanos).toBeGreaterThanOrEqual(begin);
    expect(trace.endNanos).toBeLessThanOrEqual(end);
    // The wall clock of the kernels and the monotonic clock of the call are read within a microsecond of each other.
    for (const kernel of trace.kernels) {
      expect(kernel.startNanos).toBeGreaterThanOrEqual(trace.startNanos + trace.buildNanos - 1);
      expect(kernel.startNanos + kernel.durationNanos).toBeLessThanOrEqual(trace.endNanos + 1000);
    }
    const union = trace.kernels.reduce((sum, kernel) => sum + kernel.wallNanos, 0);
    expect(union + trace.buildNanos).toBeLessThanOrEqual(trace.endNanos - trace.startNanos + 1000);
    expect(subject.tracer.counts).toEqual({ taken: 1, lost: 0, unreadable: 0 });
    subject.dispose();
  });
});

describe('kernels', () => {
  it('have operations, layers, shapes and what was fused', async () => {
    const subject = await load('dense');
    const { kernels } = traced(subject);
    const relu = kernels.find((kernel) => kernel.node.endsWith('dense/Relu'));
    expect(relu).toMatchObject({
      layer: 'dense',
      outputShapes: ['[32,2]'],
      outputDtypes: ['float32'],
      outputBytes: 256,
      fused: ['BiasAdd', 'Relu'],
      inputShapes: ['[32,4]', '[4,2]', '[2]'],
      flops: 512,
      repeat: 1,
      parent: -1,
    });
    expect(relu?.op).toMatch(/Fused.*MatMul/);
    subject.dispose();
  });

  it('of a loop fold by node and sit under the call that runs them', async () => {
    const subject = await load('recurrent');
    const { kernels } = traced(subject);
    const folded = foldLoops(kernels);
    const body = folded.filter((kernel) => plainOp(kernel.op) === 'MatMul' && kernel.repeat === 100);
    expect(body).toHaveLength(2);
    expect(body.map((kernel) => kernel.layer)).toEqual(['lstm', 'lstm']);
    const total = (rows: typeof kernels): number => rows.reduce((sum, kernel) => sum + kernel.durationNanos, 0);
    expect(total(folded)).toBeCloseTo(total(kernels), 3);
    expect(kernels.reduce((sum, kernel) => sum + kernel.repeat, 0)).toBe(kernels.length);
    const folding = createSessionTracer(addon);
    expect(traced({ ...subject, tracer: folding }).kernels).toHaveLength(folded.length);
    kernels.forEach((kernel, index) => {
      expect(kernel.parent).toBeLessThan(index);
    });
    subject.dispose();
  });

  it('of a heavy model account for the run', async () => {
    const subject = await load('heavy');
    const shares = Array.from({ length: 5 }, () => {
      const trace = traced(subject);
      return trace.kernels.reduce((sum, kernel) => sum + kernel.wallNanos, 0) / (trace.endNanos - trace.startNanos - trace.buildNanos);
    });
    expect(Math.max(...shares)).toBeGreaterThan(0.85);
    expect(Math.max(...shares)).toBeLessThanOrEqual(1.001);
    subject.dispose();
  });
});

describe("the user's run", () => {
  it('fails as it would have, and not because of us', async () => {
    const model = await tf.node.loadSavedModel(fixture('dense'));
    const tracer = createSessionTracer(addon);
    const wrong = tf.zeros([2, 5]);
    const failure = (): string => {
      try {
        model.predict(wrong);
        return '';
      } catch (error) {
        return String(error);
      }
    };
    const plain = failure();
    tracer.traceNextRun();
    const armed = failure();
    expect(plain).toContain('Matrix size-incompatible');
    expect(armed).toBe(plain);
    expect(tracer.takeTrace()?.failed).toBe(true);
    model.dispose();
    wrong.dispose();
  });

  it('loads with a configuration, and also with one that TensorFlow refuses', async () => {
    addon.setSessionConfig(encodeSessionConfig({ interOpThreads: 'caller', xla: false }));
    const subject = await load('dense');
    expect(addon.slots[SLOT.configStatus]).toBe(0);
    expect(subject.run()).toHaveLength(32 * 4);
    addon.setSessionConfig(Uint8Array.from([0xff, 0xff]));
    // The binding keeps a session for each path and tags: another model, so that one is loaded.
    const other = await load('convolution');
    expect(addon.slots[SLOT.configStatus]).toBe(3);
    expect(other.run()).toHaveLength(4 * 4);
    addon.setSessionConfig();
    subject.dispose();
    other.dispose();
  });

  it('counts traces that nobody took, and keeps one', async () => {
    const subject = await load('dense');
    for (let run = 0; run < 3; run++) {
      subject.tracer.traceNextRun();
      subject.run();
    }
    expect(subject.tracer.takeTrace()).not.toBeNull();
    expect(subject.tracer.counts).toEqual({ taken: 1, lost: 2, unreadable: 0 });
    subject.tracer.traceNextRun();
    subject.tracer.cancel();
    subject.run();
    expect(subject.tracer.takeTrace()).toBeNull();
    subject.dispose();
  });

  it('holds no memory of its traced runs', async () => {
    const subject = await load('dense');
    const ROUNDS = 5;
    const PER_ROUND = 2500;
    const growth = Array.from({ length: ROUNDS }, () => {
      const before = heldBytes();
      for (let run = 0; run < PER_ROUND; run++) traced(subject);
      const after = heldBytes();
      return { javascript: after.javascript - before.javascript, native: after.native - before.native };
    });
    // What is kept of each run grows in every round; code that is compiled and pools that find their size do in the first ones.
    expect(Math.min(...growth.map(({ javascript }) => javascript)) / PER_ROUND).toBeLessThan(20);
    expect(Math.min(...growth.map(({ native }) => native)) / PER_ROUND).toBeLessThan(500);
    expect(subject.tracer.counts.taken).toBe(ROUNDS * PER_ROUND);
    subject.dispose();
  });
});

describe('the eager clock', () => {
  it('measures operations while enabled, on the same clock', () => {
    const clock = createEagerClock(addon);
    const matrix = tf.ones([64, 64]);
    tf.matMul(matrix, matrix).dispose();
    const idle = clock.count;
    tf.matMul(matrix, matrix).dispose();
    expect(clock.count).toBe(idle);
    clock.enable();
    const begin = nanosFromMillis(performance.now());
    tf.matMul(matrix, matrix).dispose();
    const end = nanosFromMillis(performance.now());
    clock.disable();
    expect(clock.count).toBe(idle + 1);
    expect(clock.lastNanos).toBeGreaterThan(0);
    expect(clock.lastStartNanos).toBeGreaterThanOrEqual(begin);
    expect(clock.lastStartNanos + clock.lastNanos).toBeLessThanOrEqual(end);
    matrix.dispose();
  });
});

describe('the roofline', () => {
  it('measures the machine, and frees what it measured with', () => {
    const before = tf.memory().numTensors;
    const peak = measurePeak(tf);
    expect(tf.memory().numTensors).toBe(before);
    for (const rate of Object.values(peak)) expect(rate > 0 && Number.isFinite(rate), JSON.stringify(peak)).toBe(true);
  });

  it.each([
    [{ flops: 1000, bytes: 10, nanos: 2000 }, 'arithmetic', 0.5],
    [{ flops: 10, bytes: 1000, nanos: 5000 }, 'memory', 0.4],
  ])('%j is bound by %s', (kernel, bound, reached) => {
    const roofline = rooflineOf(kernel, { flopsPerSecond: 1e9, bytesPerSecond: 5e8 });
    expect(roofline?.bound).toBe(bound);
    expect(roofline?.reached).toBeCloseTo(reached, 9);
  });

  it('says nothing of a kernel without work or time', () => {
    expect(rooflineOf({ flops: 1, bytes: 1, nanos: 0 }, { flopsPerSecond: 1, bytesPerSecond: 1 })).toBeNull();
    expect(rooflineOf({ flops: 0, bytes: 0, nanos: 1 }, { flopsPerSecond: 1, bytesPerSecond: 1 })).toBeNull();
  });
});
