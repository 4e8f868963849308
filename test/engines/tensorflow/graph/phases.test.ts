/** Building a graph as spans: each step, and each cause, as a recording shows them. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { compileToGraph } from '../../../../src/engines/tensorflow/compile-to-graph.js';
import { compiledGraphs } from '../../../../src/engines/tensorflow/graph/known-graphs.js';
import type { CallPolicy } from '../../../../src/engines/call-site.js';
import { Instrumentation } from '../../../../src/engines/tensorflow/seams/instrumentation.js';
import type { Recording } from '../../../../src/model/recording.js';
import { SPAN_KINDS } from '../../../../src/model/span.js';
import { stageFromCode } from '../../../../src/model/stage.js';
import { recordingInMemory } from '../../../helpers/recording-in-memory.js';
import { Recorder } from '../../../../src/record/recorder.js';
import { realTensorFlow } from '../../../helpers/tensorflow.js';
import { binding } from './helpers.js';

const { tf, seams, inner } = realTensorFlow();
type Tensor = import('@tensorflow/tfjs-node').Tensor;

let recorder: Recorder;
let instrumentation: Instrumentation;
beforeEach(() => {
  recorder = new Recorder();
  instrumentation = new Instrumentation({ tf: seams, recorder, inner, graphs: compiledGraphs });
  instrumentation.enable();
});
afterEach(() => instrumentation.disable());

/** Runs `body` as one recorded call. */
const call = (body: () => unknown): void =>
  recorder.callSync({ variant: 0, temperature: 'warm', round: 0, signature: '', batch: 1 }, recorder.interner.string('predict'), 0, 4, () =>
    tf.dispose(body() as Tensor),
  );

interface Drawn {
  readonly text: string;
  readonly stage: string;
  readonly nanos: number;
}

/** Stages and passes with a cause, in order: `graph-building first-trace`. */
function buildings(recording: Recording): Drawn[] {
  const { spans: rows, strings, details } = recording;
  return Array.from({ length: rows.length }, (_, row) => row).flatMap((row) => {
    // Our graph is known by its signature: what a model builds of its own while it is traced has none.
    const { cause, node } = details[rows.detail[row]!]!;
    if (cause === undefined || node === undefined || !['stage', 'pass'].includes(SPAN_KINDS[rows.kind[row]!]!)) return [];
    return [{ text: `${strings[rows.name[row]!]} ${cause}`, stage: stageFromCode(rows.stage[row]!), nanos: rows.durationNanos[row]! }];
  });
}

const taken = (): Recording => recordingInMemory(recorder);

test('each step of building a graph is a span of the stage graph-building with the cause; a hit has none', () => {
  const compiled = compileToGraph(tf, ((x: Tensor) => x.add(1)) as never);
  call(() => compiled.predict(tf.ones([2])));
  call(() => compiled.predict(tf.ones([2])));
  compiled.dispose();
  const found = buildings(taken());
  expect(found.map(({ text }) => text)).toEqual(
    ['graph-building', 'tracing', 'writing', 'loading', 'first-run-optimisation', 'verification', 'thread-choice'].map(
      (name) => `${name} first-trace`,
    ),
  );
  expect(new Set(found.map(({ stage }) => stage))).toEqual(new Set(['graph-building']));
  const [whole, ...steps] = found;
  expect(steps.reduce((sum, { nanos }) => sum + nanos, 0)).toBeLessThanOrEqual(whole!.nanos);
  for (const { nanos } of steps.slice(0, 5)) expect(nanos).toBeGreaterThan(0);
});

test('each cause is an attribute of the span it explains', () => {
  const weights = {
    input: { name: 'x', op: 'Placeholder', attr: { dtype: { type: 'DT_FLOAT' }, shape: { shape: { dim: [{ size: '-1' }] } } } },
  };
  const topology = {
    node: [
      weights.input,
      { name: 'a', op: 'Neg', input: ['x'], attr: { T: { type: 'DT_FLOAT' } } },
      { name: 'b', op: 'Abs', input: ['a'], attr: { T: { type: 'DT_FLOAT' } } },
    ],
    versions: { producer: 1087 },
  };
  const model = tf.loadGraphModelSync({
    load: () => ({ modelTopology: topology, weightSpecs: [], weightData: new ArrayBuffer(0), format: 'graph-model' }),
  });
  const graph = compileToGraph(tf, model, { maxSignatures: 2 });
  call(() => graph.execute(tf.ones([2])));
  call(() => graph.execute(tf.ones([2]), 'a'));
  graph.dispose();
  const compiled = compileToGraph(tf, ((x: Tensor, by: number) => x.mul(by)) as never, { maxSignatures: 3 });
  for (const [x, by] of [
    [tf.ones([2]), 2],
    [tf.ones([2]), 3],
    [tf.ones([3]), 3],
    [tf.ones([3], 'int32'), 3],
    [tf.ones([2]), 2],
  ] as const)
    call(() => compiled.execute([x, by]));
  compiled.dispose();
  const causes = buildings(taken())
    .filter(({ text }) => text.startsWith('graph-building'))
    .map(({ text }) => text.slice('graph-building '.length));
  expect(causes).toEqual(['first-trace', 'new-fetches', 'first-trace', 'new-value', 'new-shape', 'new-dtype', 'cache-evicted']);
});

test('a graph that cannot be built closes its spans', () => {
  const compiled = compileToGraph(tf, ((x: Tensor) => x.mul(x.dataSync()[0]!)) as never);
  expect(() => call(() => compiled.predict(tf.ones([2])))).toThrow('reads back');
  call(() => tf.ones([2]).neg());
  const { spans: rows, calls } = taken();
  for (let row = 0; row < rows.length; row += 1) {
    const root = calls[rows.call[row]!]!;
    expect(rows.startNanos[row]! + rows.durationNanos[row]!).toBeLessThanOrEqual(root.startNanos + root.latencyNanos);
  }
});

test('a pool that cannot be loaded leaves no session and no tensor', () => {
  const before = [binding().getNumOfSavedModels(), tf.memory().numTensors];
  const big = tf.ones([700, 700]);
  const compiled = compileToGraph(tf, ((x: Tensor) => x.matMul(x).matMul(x).matMul(x).matMul(x)) as never, {
    sessionLoader: (threads, load) => {
      if (threads === 'pool') throw new Error('no pool here');
      return load();
    },
  });
  expect(() => compiled.predict(big)).toThrow('no pool here');
  compiled.dispose();
  big.dispose();
  expect([binding().getNumOfSavedModels(), tf.memory().numTensors]).toEqual(before);
});

test('a graph that cannot be built ends its stage: what the call does next is not graph building', () => {
  const compiled = compileToGraph(tf, ((x: Tensor) => x.mul(x.dataSync()[0]!)) as never);
  call(() => {
    expect(() => compiled.predict(tf.ones([2]))).toThrow('reads back');
    return tf.ones([2]).neg();
  });
  const { spans: rows, strings } = taken();
  const stageOf = (name: string): string => stageFromCode(rows.stage[rows.name.lastIndexOf(strings.indexOf(name))]!);
  expect([stageOf('graph-building'), stageOf('Neg')]).toEqual(['graph-building', 'kernel-execution']);
});

test('a graph that fails to be built while another one is traced leaves its stage open', () => {
  const inner = compileToGraph(tf, ((x: Tensor) => x.add(1)) as never);
  const outer = compileToGraph(tf, ((x: Tensor) => {
    expect(() => inner.predict(x)).toThrow('already');
    return x.neg();
  }) as never);
  call(() => outer.predict(tf.ones([2])));
  call(() => outer.predict(tf.ones([2])));
  const recording = taken();
  expect(
    buildings(recording)
      .filter(({ text }) => text.startsWith('graph-building'))
      .map(({ text }) => text),
  ).toEqual(['graph-building first-trace']);
  const [whole, ...steps] = buildings(recording);
  expect(steps.map(({ text }) => text)).toContain('first-run-optimisation first-trace');
  expect(steps.every(({ stage }) => stage === whole!.stage)).toBe(true);
  const { spans: rows, strings, calls } = recording;
  const last = Array.from({ length: rows.length }, (_, row) => row).filter((row) => rows.call[row] === calls.length - 1);
  expect(last.map((row) => strings[rows.name[row]!])).toContain('kernel-execution');
  expect(new Set(last.map((row) => stageFromCode(rows.stage[row]!)))).not.toContain('graph-building');
  outer.dispose();
  inner.dispose();
});

test('methods are wrapped while instrumentation is on, and only for graphs of its own TensorFlow', () => {
  const compiled = compileToGraph(tf, ((x: Tensor) => x.add(1)) as never);
  const methods = (): unknown[] => ['predict', 'execute', 'predictAsync', 'executeAsync'].map((name) => Reflect.get(compiled, name));
  const wrapped = methods();
  instrumentation.disable();
  const own = methods();
  own.forEach((method, at) => expect(method).not.toBe(wrapped[at]));
  const policy = vi.fn<CallPolicy>(() => undefined);
  const engine = { backendName: 'other' };
  const other = new Instrumentation({ tf: { ...seams, engine: () => engine }, recorder, graphs: compiledGraphs, policy });
  other.enable();
  tf.dispose(compiled.predict(tf.ones([2])) as Tensor);
  expect(policy.mock.calls.map(([site]) => site.model)).not.toContain(compiled);
  other.disable();
  expect(methods()).toEqual(own);
  instrumentation = new Instrumentation({ tf: seams, recorder, graphs: compiledGraphs, policy });
  instrumentation.enable();
  tf.dispose(compiled.predict(tf.ones([2])) as Tensor);
  expect(policy.mock.calls.map(([site]) => site)).toContainEqual(
    expect.objectContaining({ runtime: 'graph-model', variant: 'graph', call: 'predict', model: compiled }),
  );
  compiled.dispose();
});
