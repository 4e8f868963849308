import * as tf from '@tensorflow/tfjs-node';
import { describe, expect, test } from 'vitest';
import { buildGraph } from '../../../../src/engines/tensorflow/graph/build-graph.js';
import { movesOf } from '../../../../src/engines/tensorflow/graph/sensitivity.js';
import { LoadedGraph } from '../../../../src/engines/tensorflow/graph/loaded-graph.js';
import { traceStable } from '../../../../src/engines/tensorflow/graph/stable-trace.js';
import { targetOf } from '../../../../src/engines/tensorflow/graph/target.js';
import type { Tensor } from '../../../../src/engines/tensorflow/graph/tfjs.js';
import { nodeBackendOf } from '../../../../src/engines/tensorflow/graph/tfjs.js';
import { runEagerly } from '../../../../src/engines/tensorflow/graph/trace.js';
import type { Constant, Trace, TracedNode } from '../../../../src/engines/tensorflow/graph/trace-model.js';
import { differencesOf, isRounding, judgeDifferences } from '../../../../src/engines/tensorflow/graph/verify.js';
import { verifyCall } from '../../../../src/engines/tensorflow/graph/verify-call.js';

const backend = nodeBackendOf(tf)!;

/** Traces `model`, changes the trace, runs its graph, and checks it as a compiled model is checked. */
function checkChanged(model: tf.LayersModel | ((...x: never[]) => unknown), inputs: tf.Tensor[], change: (trace: Trace) => Trace): number {
  const traceable = targetOf(model, 'any').traceable(inputs, null);
  const { trace, eager } = traceStable(tf, backend, traceable, inputs);
  const changed = change(trace);
  const session = new LoadedGraph(backend, buildGraph(changed, { inputs: [], outputs: [] }, 'flat'));
  const results = session.run(inputs);
  try {
    return verifyCall({ tf, backend, traceable, options: {} }, { trace: changed, inputs, eager, results });
  } finally {
    session.dispose();
    tf.dispose([eager, results] as never);
  }
}

const withNode = (trace: Trace, op: string, change: (node: TracedNode) => TracedNode): Trace => {
  expect(trace.nodes.filter((node) => node.op === op)).not.toHaveLength(0);
  return { ...trace, nodes: trace.nodes.map((node) => (node.op === op ? change(node) : node)) };
};

const withConstants = (trace: Trace, wanted: (constant: Constant) => boolean, value: (old: number) => number): Trace => {
  expect(trace.constants.filter(wanted)).not.toHaveLength(0);
  return {
    ...trace,
    constants: trace.constants.map((one) => (wanted(one) ? { ...one, values: (one.values as Float32Array).map(value) } : one)),
  };
};

/** Convolutions, batch normalisation and a dense layer, with biases that are not 0. */
function network(): tf.LayersModel {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({
        inputShape: [12, 12, 3],
        filters: 8,
        kernelSize: 3,
        kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }),
        biasInitializer: tf.initializers.randomUniform({ minval: 0.01, maxval: 0.02, seed: 2 }),
      }),
      tf.layers.batchNormalization({ epsilon: 1e-3 }),
      tf.layers.activation({ activation: 'tanh' }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 4, activation: 'sigmoid', kernelInitializer: tf.initializers.glorotUniform({ seed: 3 }) }),
    ],
  });
  return model;
}

const picture = (seed: number): tf.Tensor => tf.randomUniform([2, 12, 12, 3], 0, 1, 'float32', seed);

describe('planted', () => {
  test('the right graph is accepted', () => {
    expect(checkChanged(network(), [picture(1)], (trace) => trace)).toBeLessThan(1e-5);
  });

  test.each<[string, (trace: Trace) => Trace]>([
    [
      'a dropped bias',
      (trace) =>
        withConstants(
          trace,
          ({ origin, shape }) => origin === 'captured' && shape.join() === '8',
          () => 0,
        ),
    ],
    [
      'an epsilon of a hundredth',
      (trace) =>
        withNode(trace, 'FusedBatchNorm', (node) => ({
          ...node,
          attrs: node.attrs.map((attr) => (attr.name === 'epsilon' ? { ...attr, value: 1e-5 } : attr)),
        })),
    ],
    [
      'a weight that is one part in ten thousand off',
      (trace) =>
        withConstants(
          trace,
          ({ origin, shape }) => origin === 'captured' && shape.length === 2,
          (old) => old * 1.0001,
        ),
    ],
    ['another activation', (trace) => withNode(trace, 'Tanh', (node) => ({ ...node, op: 'Softsign' }))],
  ])('%s is refused', (_, change) => {
    expect(() => checkChanged(network(), [picture(1)], change)).toThrow(
      /differs from operation-by-operation execution by up to .*rounding explains/,
    );
  });

  test('swapped operands are refused', () => {
    const call = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => a.sub(b);
    const swapped = (trace: Trace): Trace => withNode(trace, 'Sub', (node) => ({ ...node, inputs: [...node.inputs].reverse() }));
    expect(() => checkChanged(call as never, [picture(1), picture(2)], swapped)).toThrow(/differs from/);
  });

  test('whole numbers that differ are refused, also where floats beside them are right', () => {
    const call = (x: tf.Tensor): tf.Tensor[] => [x.sum(), x.greater(0.5)];
    const changed = (trace: Trace): Trace => withNode(trace, 'Greater', (node) => ({ ...node, op: 'Less' }));
    expect(() => checkChanged(call as never, [picture(1)], changed)).toThrow(/gives other values/);
  });

  test('a value frozen from the data of one call is refused on other data', () => {
    const call = (x: tf.Tensor): tf.Tensor => x.sub(x.mean());
    const [seen, other] = [picture(1), picture(2)] as unknown as [Tensor, Tensor];
    const traceable = targetOf(call, 'any').traceable([seen], null);
    const { trace } = traceStable(tf, backend, traceable, [seen]);
    const mean = trace.nodes.findIndex(({ op }) => op === 'Mean');
    const frozen: Constant = {
      id: -1,
      origin: 'created',
      dtype: 1,
      shape: [],
      values: Float32Array.from((seen as unknown as tf.Tensor).mean().dataSync()),
    };
    const changed: Trace = {
      ...trace,
      constants: [...trace.constants, frozen],
      nodes: trace.nodes.map((node) => ({
        ...node,
        inputs: node.inputs.map((ref) =>
          ref.from === 'node' && ref.node === mean ? { from: 'constant' as const, constant: trace.constants.length } : ref,
        ),
      })),
    };
    const session = new LoadedGraph(backend, buildGraph(changed, { inputs: [], outputs: [] }, 'flat'));
    const check = (x: Tensor): number =>
      verifyCall(
        { tf, backend, traceable, options: {} },
        { trace: changed, inputs: [x], eager: runEagerly(tf, traceable, [x]), results: session.run([x]) },
      );
    expect(check(seen)).toBeLessThan(1e-6);
    expect(() => check(other)).toThrow(/differs from/);
    session.dispose();
  });
});

describe('a sensitive model', () => {
  /** Takes a small difference of large numbers: rounding alone is some thousandths of the result. */
  const call = (x: tf.Tensor): tf.Tensor => x.mul(0.1).add(3000.1).square().sub(9000600.01).mul(0.001);
  const traceable = targetOf(call, 'any').traceable([], null);

  test('may differ by what rounding does to it, and no constant number would allow both this and a plain model', () => {
    const x = tf.randomUniform([500], 0.1, 1, 'float32', 4) as unknown as Tensor;
    const direct = (inputs: readonly Tensor[]): Tensor[] => tf.tidy(() => [call(inputs[0] as unknown as tf.Tensor)]);
    const eager = direct([x]);
    // The same polynomial, multiplied out: right, and rounded elsewhere.
    const other = tf.tidy(() => {
      const y = (x as unknown as tf.Tensor).mul(0.1);
      return [y.mul(y.add(6000.2)).mul(0.001)];
    }) as unknown as Tensor[];
    const differences = differencesOf(backend, { nodes: [], outputs: [] }, eager, other);
    expect(isRounding(differences)).toBe(false);
    expect(() => judgeDifferences(differences, { kind: 'given', tolerance: { absolute: 1e-6, relative: 1e-4 } })).toThrow(/differs from/);
    const moves = movesOf(backend, [x], eager, direct);
    expect(judgeDifferences(differences, { kind: 'own', moves, xla: false })).toBeGreaterThan(0);
    // A graph that is wrong by far more than rounding is refused here too.
    const wrong = tf.tidy(() => [(eager[0] as unknown as tf.Tensor).mul(1.1)]) as unknown as Tensor[];
    expect(() =>
      judgeDifferences(differencesOf(backend, { nodes: [], outputs: [] }, eager, wrong), { kind: 'own', moves, xla: false }),
    ).toThrow(/differs from/);
    tf.dispose([x, ...eager, ...other, ...wrong] as never);
  });

  test('asking leaves nothing behind: no tensor, and the backend as it was', () => {
    const x = tf.ones([3]).mul(0.3) as unknown as Tensor;
    const [eager] = runEagerly(tf, { ...traceable, call: ([one]) => call(one as unknown as tf.Tensor) }, [x]);
    const [before, binding] = [tf.memory().numTensors, backend.binding];
    movesOf(backend, [x], [eager!], ([one]) => tf.tidy(() => [call(one as unknown as tf.Tensor)]));
    expect(tf.memory().numTensors).toBe(before);
    expect(backend.binding).toBe(binding);
  });

  test('whole numbers among the inputs stay: an id moved below itself would be another id', () => {
    const ids = tf.tensor1d([0, 1, 2, 5], 'float32') as unknown as Tensor;
    const seen: number[][] = [];
    movesOf(backend, [ids], [], ([one]) => {
      seen.push([...(one as unknown as tf.Tensor).dataSync()]);
      return [];
    });
    expect(seen).toEqual(Array.from({ length: 4 }, () => [0, 1, 2, 5]));
  });
});

test('where the model cannot be asked, rounding is a hundred-thousandth of the largest value; beyond it the graph is refused', () => {
  const yardstick = { kind: 'own', moves: { byOutput: [0], factor: 8 }, xla: false } as const;
  const differing = (largest: number) => () => judgeDifferences([{ kind: 'float', output: 0, largest, scale: 0.08 }], yardstick);
  // 1.04e-7 of 0.0769: a detector of the npm package handtrackjs.
  expect(differing(1.04e-7)()).toBe(1.04e-7);
  expect(differing(1e-6)).toThrow('it is not used');
});
