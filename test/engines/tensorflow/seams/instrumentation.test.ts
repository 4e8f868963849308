import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CallPolicy } from '../../../../src/engines/call-site.js';
import { Instrumentation } from '../../../../src/engines/tensorflow/seams/instrumentation.js';
import type { Recording } from '../../../../src/model/recording.js';
import { stageFromCode } from '../../../../src/model/stage.js';
import { SPAN_KINDS } from '../../../../src/model/span.js';
import { recordingInMemory } from '../../../helpers/recording-in-memory.js';
import { Recorder } from '../../../../src/record/recorder.js';
import { realTensorFlow } from '../../../helpers/tensorflow.js';

const { tf, seams, inner } = realTensorFlow();
const FIXTURES = path.resolve('test/fixtures');
const policy: CallPolicy = () => ({ variant: 0, temperature: 'warm', round: 0, signature: '', batch: 1 });

let recorder: Recorder;
let instrumentation: Instrumentation;
beforeEach(() => {
  recorder = new Recorder();
  instrumentation = new Instrumentation({ tf: seams, recorder, inner, policy });
});
afterEach(() => instrumentation.disable());

const taken = (): Recording => recordingInMemory(recorder);

/** Spans as an indented list of `name [stage]`; kinds that are left out are skipped with their children kept. */
function draw(recording: Recording, kinds: readonly string[] = SPAN_KINDS): string[] {
  const depth: number[] = [];
  const lines: string[] = [];
  const { spans } = recording;
  for (let row = 0; row < spans.length; row++) {
    const parent = spans.parent[row]!;
    const shown = kinds.includes(SPAN_KINDS[spans.kind[row]!]!);
    const level = (parent < 0 ? -1 : depth[parent]!) + (shown ? 1 : 0);
    depth[row] = level;
    if (shown) lines.push(`${'  '.repeat(level)}${recording.strings[spans.name[row]!]} [${stageFromCode(spans.stage[row]!)}]`);
  }
  return lines;
}

const tiny = (): import('@tensorflow/tfjs-node').Sequential =>
  tf.sequential({
    layers: [
      tf.layers.dense({ name: 'hidden', units: 2, activation: 'relu', inputShape: [4] }),
      tf.layers.dense({ name: 'answer', units: 1, activation: 'sigmoid' }),
    ],
  });

describe('layers model', () => {
  test('a call is adapter, graph building once, and execution with layers and kernels', () => {
    const model = tiny();
    const input = tf.ones([32, 4]);
    instrumentation.enable();
    (model.predict(input) as import('@tensorflow/tfjs-node').Tensor).dispose();
    (model.predict(input) as import('@tensorflow/tfjs-node').Tensor).dispose();
    instrumentation.disable();
    const stages = ['call', 'stage', 'layer'];
    const execution = ['  kernel-execution [glue]', '    hidden [glue]', '    answer [glue]'];
    expect(draw(taken(), stages)).toEqual([
      'predict [glue]',
      '  data-adapter [data-adapter]',
      execution[0],
      '    graph-building [graph-building]',
      ...execution.slice(1),
      'predict [glue]',
      '  data-adapter [data-adapter]',
      ...execution,
    ]);
  });

  test('kernels carry shapes, dtypes and bytes', () => {
    const model = tiny();
    instrumentation.enable();
    model.predict(tf.ones([32, 4]));
    instrumentation.disable();
    const { spans, strings, details } = taken();
    const row = Array.from(spans.name).findIndex(
      (name, i) => strings[name] === 'BatchMatMulV2' && spans.kind[i] === SPAN_KINDS.indexOf('kernel'),
    );
    expect(details[spans.detail[row]!]).toEqual({
      inputShapes: ['[1,32,4]', '[1,4,2]'],
      outputShapes: ['[1,32,2]'],
      inputDtypes: ['float32', 'float32'],
      outputDtypes: ['float32'],
      outputBytes: 256,
    });
  });

  test('predict of several batches has an adapter and an execution each', () => {
    const model = tiny();
    instrumentation.enable();
    model.predict(tf.ones([5, 4]), { batchSize: 2 });
    instrumentation.disable();
    const lines = draw(taken(), ['call', 'stage']);
    expect(lines.filter((line) => line.includes('data-adapter'))).toHaveLength(3);
    expect(lines.filter((line) => line.includes('kernel-execution'))).toHaveLength(3);
  });

  test('apply is a call of its own; a model inside a Sequential is flattened by tfjs', () => {
    const nested = tf.sequential({ layers: [tiny(), tf.layers.dense({ name: 'last', units: 1 })] });
    instrumentation.enable();
    nested.apply(tf.ones([2, 4]));
    instrumentation.disable();
    expect(draw(taken(), ['call', 'layer'])).toEqual(['apply [glue]', '  hidden [glue]', '  answer [glue]', '  last [glue]']);
  });

  test('without the load hook the stages fall back to public seams, and it is said', () => {
    const fallback = new Instrumentation({ tf: seams, recorder, policy });
    const model = tiny();
    fallback.enable();
    model.predict(tf.ones([32, 4]));
    fallback.disable();
    expect(draw(taken(), ['call', 'stage', 'layer'])).toEqual([
      'predict [glue]',
      '  data-adapter [data-adapter]',
      '  kernel-execution [glue]',
      '    hidden [glue]',
      '    answer [glue]',
    ]);
    expect(fallback.missingSeams().join()).toMatch(/tfjs-layers was loaded before Inferscope/);
  });
});

describe('graph model', () => {
  test('compile is graph building, once; kernels know their nodes', async () => {
    const model = await tf.loadGraphModel(`file://${FIXTURES}/graph-model-tiny/model.json`);
    const input = tf.ones([2, 4]);
    instrumentation.enable();
    model.execute(input);
    model.predict(input);
    instrumentation.disable();
    const recording = taken();
    expect(draw(recording, ['call', 'stage'])).toEqual([
      'execute [glue]',
      '  data-adapter [data-adapter]',
      '  graph-building [graph-building]',
      '  kernel-execution [glue]',
      'predict [glue]',
      '  data-adapter [data-adapter]',
      '  kernel-execution [glue]',
    ]);
    const nodes = recording.details.flatMap(({ node }) => node ?? []);
    expect(nodes.length).toBeGreaterThan(1);
    model.dispose();
  });

  test('concurrent asynchronous calls keep their kernels apart', async () => {
    const model = await tf.loadGraphModel(`file://${FIXTURES}/graph-model-loop/model.json`);
    const inputs = model.inputs.map(({ shape, dtype }) =>
      tf.ones(
        (shape ?? []).map((d) => (d < 0 ? 1 : d)),
        dtype as 'float32',
      ),
    );
    const alone = new Recorder();
    const single = new Instrumentation({ tf: seams, recorder: alone, inner, policy });
    single.enable();
    await model.executeAsync(inputs);
    single.disable();
    const expected = draw(recordingInMemory(alone), ['call', 'dispatch']);
    instrumentation.enable();
    await Promise.all([1, 2, 3, 4].map(() => model.executeAsync(inputs)));
    instrumentation.disable();
    const recording = taken();
    expect(recording.calls).toHaveLength(4);
    const perCall = recording.calls.map((_, call) => Array.from(recording.spans.call).filter((c) => c === call).length);
    expect(new Set(perCall).size).toBe(1);
    expect(draw(recording, ['call', 'dispatch'])).toEqual(Array<string[]>(4).fill(expected).flat());
    expect(recording.calls.every(({ async }) => async === true)).toBe(true);
    model.dispose();
  });
});

describe('saved model', () => {
  test('the session run is the execution; the first says that it also built the graph', async () => {
    const model = await tf.node.loadSavedModel(`${FIXTURES}/saved-model-tiny`);
    const input = tf.ones([2, 4]);
    instrumentation.enable();
    model.predict(input);
    model.predict(input);
    instrumentation.disable();
    const recording = taken();
    expect(draw(recording, ['call', 'stage'])).toEqual(
      Array(2).fill(['predict [glue]', '  data-adapter [data-adapter]', '  kernel-execution [kernel-execution]']).flat(),
    );
    const causes = Array.from(recording.spans.detail)
      .map((detail) => recording.details[detail]!.cause)
      .filter((cause) => cause !== undefined);
    expect(causes).toEqual(['first-trace']);
    model.dispose();
  });
});

describe('leaves no trace', () => {
  const functions = (): unknown[] => [
    tf.LayersModel.prototype.predict,
    tf.LayersModel.prototype.predictOnBatch,
    tf.Sequential.prototype.predict,
    tf.GraphModel.prototype.execute,
    tf.GraphModel.prototype.executeAsync,
    tf.layers.Layer.prototype.apply,
    Object.getPrototypeOf(tf.engine()).runKernel,
    (tf.backend() as unknown as { binding: { executeOp: unknown } }).binding,
    inner.savedModelClass && Reflect.get(inner.savedModelClass.prototype, 'predict'),
  ];

  test('after disable every function is the same object as before', () => {
    const before = functions();
    instrumentation.enable();
    expect(functions().every((f, i) => f !== before[i])).toBe(true);
    instrumentation.disable();
    expect(functions().every((f, i) => f === before[i])).toBe(true);
    tiny().predict(tf.ones([1, 4]));
    expect(taken().calls).toHaveLength(0);
  });

  test('results are identical, tensors are neither kept nor lost, tidy works', () => {
    const model = tiny();
    const input = tf.randomNormal([8, 4], 0, 1, 'float32', 7);
    const bare = (model.predict(input) as import('@tensorflow/tfjs-node').Tensor).dataSync();
    const before = tf.memory().numTensors;
    instrumentation.enable();
    const seen = tf.tidy(() => (model.predict(input) as import('@tensorflow/tfjs-node').Tensor).dataSync());
    for (let i = 0; i < 10; i++) tf.dispose(model.predict(input));
    instrumentation.disable();
    expect(seen).toEqual(bare);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('what the user throws comes through as it is, and the next call is clean', () => {
    const model = tiny();
    instrumentation.enable();
    const bad = tf.ones([2, 3]);
    expect(() => model.predict(bad)).toThrow(/expected dense_Dense\d+_input|expected/);
    tf.dispose(model.predict(tf.ones([2, 4])));
    instrumentation.disable();
    const recording = taken();
    expect(recording.calls.map(({ error }) => error === undefined)).toEqual([false, true]);
    expect(draw(recording, ['call'])).toHaveLength(2);
  });

  test('a kernel that throws closes its spans', () => {
    instrumentation.enable();
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [4] })] });
    const original = model.layers[0]!.call;
    model.layers[0]!.call = () => tf.matMul(tf.ones([2, 3]), tf.ones([2, 3]));
    expect(() => model.predict(tf.ones([2, 4]))).toThrow();
    model.layers[0]!.call = original;
    tf.dispose(model.predict(tf.ones([2, 4])));
    expect(recorder.context()).toBeUndefined();
    expect(taken().calls).toHaveLength(2);
  });

  test('a policy that declines records nothing and still runs the call once', () => {
    let asked = 0;
    const declining = new Instrumentation({
      tf: seams,
      recorder,
      inner,
      policy: () => {
        asked++;
        return undefined;
      },
    });
    const model = tiny();
    declining.enable();
    tf.dispose(model.predict(tf.ones([1, 4])));
    declining.disable();
    expect(asked).toBeGreaterThanOrEqual(1);
    expect(taken().calls).toHaveLength(0);
  });

  test('two enables and two disables are one of each', () => {
    const before = functions();
    instrumentation.enable();
    instrumentation.enable();
    instrumentation.disable();
    instrumentation.disable();
    expect(functions().every((f, i) => f === before[i])).toBe(true);
  });
});
