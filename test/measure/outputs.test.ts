import { describe, expect, it, test } from 'vitest';
import type { Engine, ModelOutput } from '../../src/engines/engine.js';
import { outputParity, outputValues, variantParities } from '../../src/measure/outputs.js';
import type { LoadedModel, RunnableVariant } from '../../src/model/runnable.js';

const output = (values: readonly number[], name: string | null = null): ModelOutput => ({
  name,
  dtype: 'float32',
  shape: [values.length],
  read: () => Float32Array.from(values),
});
const parity = (baseline: [ModelOutput[], string[]], candidate: [ModelOutput[], string[]]) =>
  outputParity(outputValues(...baseline), outputValues(...candidate));

test('two exports of one model that list their outputs in another order are compared by name', () => {
  // As handtrackjs 0.1 has it: base and int8 weights of one detector.
  expect(
    parity(
      [
        [output([1, 2, 3]), output([4])],
        ['Identity_7:0', 'Identity:0'],
      ],
      [
        [output([4]), output([1, 2, 3])],
        ['Identity:0', 'Identity_7:0'],
      ],
    ),
  ).toEqual({ kind: 'compared', outputs: 2, absolute: 0, relative: 0 });
});

test('outputs of other names, or of names that the call did not keep to, are compared in their order', () => {
  expect(
    parity(
      [
        [output([1]), output([2])],
        ['dense_1', 'dense_2'],
      ],
      [
        [output([1]), output([3])],
        ['dense_3', 'dense_4'],
      ],
    ),
  ).toEqual({
    kind: 'compared',
    outputs: 2,
    absolute: 1,
    relative: 0.5,
    output: 'dense_2',
  });
  expect(parity([[output([1])], ['a', 'b']], [[output([1])], ['b', 'a']])).toMatchObject({ absolute: 0 });
  // Half of the names in common is no common order.
  expect(
    parity(
      [
        [output([1]), output([2, 2])],
        ['a', 'b'],
      ],
      [
        [output([1]), output([2, 2])],
        ['b', 'c'],
      ],
    ),
  ).toMatchObject({ absolute: 0 });
  expect(
    parity(
      [
        [output([1]), output([2, 2])],
        ['a', 'b'],
      ],
      [
        [output([2, 2]), output([1])],
        ['a', 'c'],
      ],
    ),
  ).toEqual({
    kind: 'unlike',
    reason: 'output a is float32[1] against float32[2]',
  });
});

describe('outputs of the variants of one model', () => {
  /** Variants that give these values, one after the other. */
  const variants = (of: Readonly<Record<string, readonly number[]>>): readonly RunnableVariant[] =>
    Object.entries(of).map(([name, values]) => {
      let call = 0;
      const variant = {
        variant: { name, call: 'run' },
        async: false,
        call: () => values[call++ % values.length],
        release: () => undefined,
      };
      return variant as unknown as RunnableVariant;
    });
  const engine = {
    outputsOf: (value: number) => [{ name: 'y', dtype: 'float32', shape: [2], read: () => Float32Array.of(value, 4) }],
  } as unknown as Engine;
  const loaded = { info: { outputs: [] } } as unknown as LoadedModel;

  it('are held against those of the first', async () => {
    const parities = await variantParities(engine, loaded, variants({ first: [1], same: [1], other: [3] }));
    expect(parities).toEqual([
      { variant: 'same/run', parity: { kind: 'compared', outputs: 1, absolute: 0, relative: 0 } },
      { variant: 'other/run', parity: { kind: 'compared', outputs: 1, absolute: 2, relative: 0.5 } },
    ]);
  });

  it('are not, where the first gives others at each call', async () => {
    const [one] = await variantParities(engine, loaded, variants({ random: [1, 2], other: [1] }));
    expect(one).toEqual({
      variant: 'other/run',
      parity: { kind: 'not-compared', reason: 'the baseline gives other outputs at each call' },
    });
  });
});
