/** Shapes that the values of the input decide on: kept symbolic, or refused where JavaScript reads them; never baked. */
import * as tf from '@tensorflow/tfjs-node';
import { expect, test } from 'vitest';
import { writeSavedModel } from '../../../../src/engines/tensorflow/graph/write-saved-model.js';
import type { Compilable } from '../../../../src/engines/tensorflow/graph/tfjs.js';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { binding, compile, expectSame } from './helpers.js';

const boxes = tf.tensor2d([
  [0, 0, 1, 1],
  [0, 0, 1, 1.05],
  [2, 2, 3, 3],
  [4, 4, 5, 5],
]);
const suppress = (scores: tf.Tensor): tf.Tensor1D => tf.image.nonMaxSuppression(boxes.clone(), scores as tf.Tensor1D, 4, 0.5, 0.2);
const captures = [boxes];

const SOURCES: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  UniqueV2: (x) => tf.unique(x).values,
  NonMaxSuppressionV3: suppress,
};
const few = tf.tensor1d([0.9, 0.9, 0.1, 0.1]);
const many = tf.tensor1d([0.9, 0.8, 0.7, 0.6]);

test.each(Object.entries(SOURCES))('%s: a result that only tensors use has another shape at each call', (_, source) => {
  const call = (x: tf.Tensor): tf.Tensor[] => {
    const found = source(x);
    return [found, found.mul(tf.scalar(2, found.dtype as 'int32')).add(tf.scalar(1, found.dtype as 'int32')), found.max()];
  };
  const compiled = compile(call, { captures });
  for (const x of [few, many, few]) expectSame(compiled.predict(x), call(x));
  expect(compiled.signatures().map(({ hits, misses }) => [hits, misses])).toEqual([[2, 1]]);
  compiled.dispose();
});

const READS: Record<string, (found: tf.Tensor) => tf.Tensor> = {
  'shape[0]': (found) => tf.ones([found.shape[0]]),
  size: (found) => found.mul(tf.scalar(found.size, found.dtype as 'int32')),
  'spreading the shape': (found) => tf.zeros([...found.shape]),
  'comparing the shape': (found) => (found.shape.every((size) => size > 2) ? found : found.neg()),
  'JSON of the shape': (found) => (JSON.stringify(found.shape) === '[3]' ? found : found.neg()),
  'a clone': (found) => tf.ones([found.clone().shape[0]]),
  'a later operation': (found) => tf.ones([found.neg().abs().shape[0]]),
  'reshape by size': (found) => found.reshape([found.shape[0], 1]),
  'slice to the end': (found) => found.slice([1]),
  'zeros like it, read': (found) => tf.ones([tf.zerosLike(found).dataSync().length]),
};

test.each(Object.entries(SOURCES).flatMap(([op, source]) => Object.entries(READS).map(([how, read]) => [op, how, source, read] as const)))(
  '%s: %s is refused with the operation and the line',
  (op, _, source, read) => {
    const compiled = compile((x: tf.Tensor) => read(source(x)), { captures });
    expect(() => compiled.predict(many)).toThrow(
      new RegExp(`(${op}|Neg|Abs|ZerosLike).*depends on (the values of )?the input \\(.*data-dependent\\.test\\.ts:\\d+`),
    );
    compiled.dispose();
  },
);

test('the rank and the other dimensions may be read, and the rest of the trace goes on as before', () => {
  const call = (x: tf.Tensor): tf.Tensor => {
    const { values, indices } = tf.unique(x, 0);
    return tf.tidy(() => values.sum(0).mul(values.rank + values.shape[1]! + indices.shape[0]));
  };
  const compiled = compile(call);
  for (const x of [
    tf.tensor2d([
      [1, 2],
      [1, 2],
      [3, 4],
    ]),
    tf.tensor2d([
      [1, 2],
      [5, 2],
      [3, 4],
    ]),
  ])
    expectSame(compiled.predict(x), call(x));
  compiled.dispose();
});

test('after a refusal shapes can be read again and nothing is left behind', () => {
  const engine = tf.engine() as unknown as Record<string, unknown>;
  const before = [tf.memory().numTensors, tf.memory().numBytes, binding().getNumOfTensors()];
  let seen: tf.Tensor | undefined;
  const compiled = compile((x: tf.Tensor) => {
    seen = tf.keep(tf.unique(x).values);
    return tf.ones([seen.shape[0]]);
  });
  expect(() => compiled.predict(many)).toThrow('reads the shape of the result of UniqueV2');
  expect([seen!.shape, seen!.size, seen!.strides]).toEqual([[4], 4, []]);
  seen!.dispose();
  compiled.dispose();
  expect(Object.hasOwn(engine, 'makeTensorFromTensorInfo') || Object.hasOwn(engine, 'disposeTensor')).toBe(false);
  expect([tf.memory().numTensors, tf.memory().numBytes, binding().getNumOfTensors()]).toEqual(before);
});

test('a condition of tensors stays in the graph; where and boolean masks that wait for values are refused', () => {
  const call = (x: tf.Tensor): tf.Tensor => tf.where(x.greater(0.5), x, x.neg());
  const compiled = compile(call);
  for (const x of [few, many]) expectSame(compiled.predict(x), call(x));
  compiled.dispose();
  expect(() => compile(async (x: tf.Tensor) => tf.whereAsync(x.cast('bool'))).predict(many)).toThrow('asynchronous');
  expect(() => compile(async (x: tf.Tensor) => tf.booleanMaskAsync(x, x.cast('bool'))).predict(many)).toThrow('asynchronous');
});

test('a written model keeps the dimension open in its signature', async () => {
  const out = path.join(mkdtempSync(path.join(tmpdir(), 'compile-test-')), 'model');
  const call = (x: tf.Tensor): tf.Tensor => tf.unique(x).values;
  writeSavedModel(tf, call as unknown as Compilable, out, [[many], [few]], { batch: 'fixed', outputNames: ['found'] });
  const [info] = await tf.node.getMetaGraphsFromSavedModel(out);
  expect(info!.signatureDefs['serving_default']!.outputs['found']!.shape).toSatisfy((dims) => JSON.stringify(dims).includes('[-1]'));
});

test('random values that JavaScript reads are refused, however they come out', () => {
  const cases = [
    (x: tf.Tensor) => (tf.multinomial(tf.zeros<tf.Rank.R1>([9]), 1).dataSync()[0]! >= 0 ? x : x.neg()),
    (x: tf.Tensor) => (Math.random() >= 0 ? x : x.neg()),
  ];
  expect(() => compile(cases[0]!).predict(many)).toThrow(
    /reads back the result of \w+, which differs from call to call \(.*data-dependent\.test\.ts:\d+/,
  );
  expect(() => compile(cases[1]!).predict(many)).toThrow(/Math\.random is called \(.*data-dependent\.test\.ts:\d+/);
});
