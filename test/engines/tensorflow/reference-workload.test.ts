import { expect, test } from 'vitest';
import { referenceWorkload } from '../../../src/engines/tensorflow/reference-workload.js';
import { tf } from './load/helpers.js';

test('the reference workload takes time, and leaves no tensor behind in the program that it was run in', () => {
  const before = tf.memory().numTensors;
  const { run, dispose } = referenceWorkload(tf);
  expect(run()).toBeGreaterThan(0);
  const held = tf.memory().numTensors;
  run();
  expect(tf.memory().numTensors).toBe(held);
  expect(held).toBeGreaterThan(before);
  dispose();
  expect(tf.memory().numTensors).toBe(before);
});
