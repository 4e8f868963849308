import type { Tensor } from '@tensorflow/tfjs-node';
import { expect, test } from 'vitest';
import { makeFeed } from '../../../../src/engines/tensorflow/load/feed.js';
import { lease } from '../../../../src/engines/tensorflow/load/variants/lease.js';
import { runnableVariant, type VariantSpec } from '../../../../src/engines/tensorflow/load/variants/runnable-variant.js';
import { tf } from './helpers.js';

type Run = VariantSpec<string>['run'];

const variantOf = (
  run: Run,
  feed: 'fresh' | 'reused' = 'fresh',
  owned: Tensor[] = [],
): { variant: ReturnType<typeof runnableVariant>; dispose(): void } => {
  const fed = makeFeed(tf, [{ name: 'x', dtype: 'float32', shape: [2] }], { feed }, []);
  const variant = runnableVariant({
    variant: { name: 'uncompiled', call: 'test' },
    feed: fed,
    run,
    owned: () => owned,
    lease: lease(
      () => Promise.resolve('model'),
      () => undefined,
    ),
  });
  return {
    variant,
    dispose: () => {
      variant.dispose();
      fed.dispose();
    },
  };
};

test.each(['fresh', 'reused'] as const)('a model that hands its input through: %s tensors survive and do not stay', async (feed) => {
  const before = tf.memory().numTensors;
  const { variant, dispose } = variantOf({ kind: 'sync', call: (_, inputs) => inputs }, feed);
  await variant.prepare();
  for (let i = 0; i < 3; i++) {
    const result = variant.call();
    variant.fetch(result);
    variant.release(result);
  }
  dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('a weight that a model returns is not freed', async () => {
  const weight = tf.tensor1d([1, 2]);
  const { variant, dispose } = variantOf({ kind: 'sync', call: () => ({ weight }) }, 'fresh', [weight]);
  await variant.prepare();
  variant.release(variant.call());
  expect(weight.isDisposed).toBe(false);
  dispose();
  weight.dispose();
});

test.each<[string, Run]>([
  [
    'throws',
    {
      kind: 'sync',
      call: () => {
        throw new Error('broken');
      },
    },
  ],
  ['rejects', { kind: 'async', call: () => Promise.reject(new Error('broken')) }],
])('a call that %s frees its inputs and passes the error on', async (_, run) => {
  const { variant, dispose } = variantOf(run);
  await variant.prepare();
  const before = tf.memory().numTensors;
  await expect(Promise.resolve().then(() => variant.call())).rejects.toThrow('broken');
  expect(tf.memory().numTensors).toBe(before);
  dispose();
});

test('concurrent calls have their own inputs', async () => {
  const before = tf.memory().numTensors;
  const seen: Tensor[] = [];
  const { variant, dispose } = variantOf({
    kind: 'async',
    call: async (_, inputs) => {
      seen.push(...inputs);
      await new Promise((resolve) => setImmediate(resolve));
      return inputs.map((input) => input.square());
    },
  });
  await variant.prepare();
  const results = await Promise.all([variant.call(), variant.call()]);
  expect(new Set(seen).size).toBe(2);
  for (const result of results) variant.release(result);
  dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('a lease opens once, closes after the last, and opens again', async () => {
  const log: string[] = [];
  let failing = true;
  const shared = lease(
    () => {
      log.push('open');
      return failing ? Promise.reject(new Error('no')) : Promise.resolve('model');
    },
    () => log.push('close'),
  );
  await expect(shared.take()).rejects.toThrow('no');
  failing = false;
  await Promise.all([shared.take(), shared.take()]);
  shared.give();
  expect(log).toEqual(['open', 'open']);
  shared.give();
  expect(log).toEqual(['open', 'open', 'close']);
  await shared.take();
  shared.give();
  expect(log).toEqual(['open', 'open', 'close', 'open', 'close']);
});

test('calling before prepare is a mistake of ours', () => {
  expect(() => variantOf({ kind: 'sync', call: () => [] }).variant.call()).toThrow('was called before prepare()');
});
