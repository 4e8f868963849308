import { describe, expect, it, test } from 'vitest';
import type { Engine, ModelOutput } from '../../src/engines/engine.js';
import { outputParity, outputValues, variantParities } from '../../src/measure/outputs.js';
import { pairedOutputs } from '../../src/measure/paired-outputs.js';
import { inputsApart, type FedSide } from '../../src/measure/pairs/same-inputs.js';
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
  ).toMatchObject({ absolute: 0 });
  expect(
    parity(
      [
        [output([1]), output([2, 2]), output([3, 3])],
        ['a', 'b', 'c'],
      ],
      [
        [output([2, 2]), output([3, 3]), output([1])],
        ['a', 'd', 'c'],
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

/** Outputs of so many dimensions, drawn as `name: 1,2,3`. */
const shaped = (...drawn: readonly string[]): ModelOutput[] =>
  drawn.map((line) => {
    const [name = '', sizes = ''] = line.split(': ');
    const shape = sizes.split(',').map(Number);
    return {
      ...output(
        Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, at) => at),
        name === '' ? null : name,
      ),
      shape,
    };
  });

const pairs = (baseline: readonly ModelOutput[], candidate: readonly ModelOutput[]): (string | null | undefined)[] =>
  pairedOutputs(baseline, candidate).map((other) => other?.name);

test.each([
  // As basic-pitch's files have them: tf2onnx names a function's outputs by number, in another order; a SavedModel by what they are.
  [
    ['StatefulPartitionedCall:2: 1,172,88', 'StatefulPartitionedCall:1: 1,172,88', 'StatefulPartitionedCall:0: 1,172,264'],
    ['contour: 1,172,264', 'note: 1,172,88', 'onset: 1,172,88'],
    ['onset', 'note', 'contour'],
  ],
  [
    ['Identity_1:0: 2', 'Identity:0: 2'],
    ['a: 2', 'b: 2'],
    ['b', 'a'],
  ],
  [
    ['output_0: 2', 'output_1: 2'],
    ['y:1: 2', 'y:0: 2'],
    ['y:0', 'y:1'],
  ],
  // Layers are numbered, too, but not as outputs are.
  [
    ['dense_2: 2', 'dense_1: 2'],
    ['a: 2', 'b: 2'],
    ['a', 'b'],
  ],
  // No order is told, but shapes leave one choice.
  [
    ['box: 1,4', 'score: 1,9'],
    ['p: 1,9', 'q: 1,4'],
    ['q', 'p'],
  ],
  // Nothing tells which: as they come, and their shapes are said to differ.
  [
    ['a: 1,4', 'b: 1,4', 'c: 1,9'],
    ['p: 1,9', 'q: 1,4', 'r: 1,4'],
    ['p', 'q', 'r'],
  ],
] as const)('which output is which: %j and %j', (baseline, candidate, expected) => {
  expect(pairs(shaped(...baseline), shaped(...candidate))).toEqual(expected);
});

test('a picture with its channels elsewhere is the same picture', () => {
  const [first] = shaped('mask: 1,2,2,3');
  const last = { ...first!, shape: [1, 2, 3, 2], read: () => Float32Array.from([0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11]) };
  expect(parity([[first!], []], [[last], []])).toEqual({ kind: 'compared', outputs: 1, absolute: 0, relative: 0 });
  expect(parity([[first!], []], [[{ ...last, shape: [1, 1, 4, 3] }], []])).toMatchObject({ kind: 'unlike' });
});

describe('inputs of two sides', () => {
  const side = (...drawn: readonly string[]): FedSide => ({
    inputs: drawn.map((line) => ({ name: line.split(': ')[0]!, dtype: /: (\w+)/.exec(line)![1]!, shape: [] })),
    inputSignature: drawn.map((line) => line.split(': ')[1]).join(', '),
  });

  test.each([
    ['same', side('x: float32[1,4]'), side('serving_x: float32[1,4]')],
    // By name, in another order, and whole numbers of another width: int64 in ONNX, int32 in TensorFlow.js.
    ['same', side('ids: int64[1,16]', 'mask: float32[1,16]'), side('mask: float32[1,16]', 'ids: int32[1,16]')],
    ['channels moved', side('image: float32[1,3,8,8]', 'n: int64[1]'), side('n: int32[1]', 'image: float32[1,8,8,3]')],
    ['others', side('x: float32[1,4]'), side('x: float32[2,4]')],
    ['others', side('x: float32[1,4]'), side('x: float32[1,4]', 'y: float32[1,4]')],
    ['others', side('x: float32[1,4]'), side('x: string[1,4]')],
  ] as const)('%s: %j and %j', (expected, one, other) => {
    expect(inputsApart(one, other)).toBe(expected);
    expect(inputsApart(other, one)).toBe(expected);
  });
});
