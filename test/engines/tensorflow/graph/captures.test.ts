/** Tensors that a function finds outside of itself: never silently stale. */
import * as tf from '@tensorflow/tfjs-node';
import { expect, test } from 'vitest';
import { compile, expectSame } from './helpers.js';

const x = tf.tensor1d([1, 2, 3]);

test('a closure tensor is refused with its operation and line, also before it was ever used', () => {
  const used = tf.scalar(2);
  used.neg().dispose();
  const fresh = tf.scalar(3);
  for (const held of [used, fresh]) {
    const compiled = compile((value: tf.Tensor) => value.mul(held));
    expect(() => compiled.predict(x)).toThrow(/Mul uses a tensor that was made before the call \(.*captures\.test\.ts:\d+.*captures/);
    compiled.dispose();
  }
  expect(() => compile(() => used).predict(x)).toThrow('the result uses a tensor that was made before the call');
});

test('a listed capture is a constant; disposed and replaced, it is traced again', () => {
  const causes: string[] = [];
  let held = tf.scalar(2);
  const captures = [held];
  const compiled = compile((value: tf.Tensor) => value.mul(held), { captures, onGraphBuilding: ({ cause }) => causes.push(cause) });
  for (let call = 0; call < 2; call += 1) expectSame(compiled.predict(x), x.mul(2));
  held.dispose();
  held = tf.scalar(5);
  captures[0] = held;
  expectSame(compiled.predict(x), x.mul(5));
  expect(causes).toEqual(['first-trace', 'new-value']);
  held.dispose();
  expect(() => compiled.predict(x)).toThrow();
  compiled.dispose();
});

test('a variable is watched: assigned anew it is traced again, disposed it fails', () => {
  const causes: string[] = [];
  const held = tf.variable(tf.scalar(2));
  const compiled = compile((value: tf.Tensor) => value.mul(held), { onGraphBuilding: ({ cause }) => causes.push(cause) });
  expectSame(compiled.predict(x), x.mul(2));
  held.assign(tf.scalar(7));
  expectSame(compiled.predict(x), x.mul(7));
  expect(causes).toEqual(['first-trace', 'new-value']);
  held.dispose();
  expect(() => compiled.predict(x)).toThrow('made before the call');
  compiled.dispose();
});

test("a layer of one's own that keeps a plain tensor is refused unless it is listed", () => {
  class Scale extends tf.layers.Layer {
    static className = 'Scale';
    readonly factor = tf.scalar(4);
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return (Array.isArray(inputs) ? inputs[0]! : inputs).mul(this.factor);
    }
  }
  const layer = new Scale({ name: 'mine' });
  const input = tf.input({ shape: [3] });
  const model = tf.model({ inputs: input, outputs: layer.apply(input) as tf.SymbolicTensor });
  const batch = tf.ones([2, 3]);
  expect(() => compile(model).predict(batch)).toThrow(/Mul of layer mine uses a tensor/);
  const compiled = compile(model, { captures: [layer.factor] });
  expectSame(compiled.predict(batch), model.predict(batch));
  compiled.dispose();
});
