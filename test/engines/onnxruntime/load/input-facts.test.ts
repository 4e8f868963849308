import { describe, expect, it } from 'vitest';
import { makeArrays } from '../../../../src/inputs/fed-arrays.js';
import { CARRIERS } from '../../../../src/engines/onnxruntime/load/feed.js';
import { InputReader } from '../../../../src/engines/onnxruntime/load/input-facts.js';
import { readOnnxModel } from '../../../../src/engines/onnxruntime/load/read-model.js';
import type { InputSpec } from '../../../../src/inputs/arrays.js';

const factsOf = (model: string, input: string, size: number | null) =>
  new InputReader(readOnnxModel(`test/fixtures/onnx-${model}.onnx`).graph).factsOf(input, size);

describe('what a graph tells of its inputs', () => {
  it('ids are followed through casts and reshapes to the shortest table', () => {
    expect(factsOf('tokens', 'input_ids', null)).toEqual({ indexLimit: 5 });
    expect(factsOf('tokens', 'token_type_ids', null)).toEqual({ indexLimit: 2 });
    expect(factsOf('tokens', 'attention_mask', null)).toEqual({});
  });

  it('a single number that decides on a branch is what it is compared with; one of many is not', () => {
    expect(factsOf('if', 'sr', 1)).toEqual({ choices: [16_000] });
    expect(factsOf('if', 'sr', null)).toEqual({});
  });

  it('texts are categories that the model knows, column by column', () => {
    // Made by scikit-learn: another text is an error of its encoder.
    const graph = readOnnxModel('test/fixtures/sklearn-columns.onnx').graph;
    const facts = new InputReader(graph).factsOf('city', null);
    expect(facts).toEqual({ texts: [['a', 'b', 'c']] });
    const told: string[] = [];
    const columns = { ...named('x', 'string', ['4', '2']), texts: [['a'], ['b', 'c']] };
    const [array] = makeArrays([columns], CARRIERS, {}, told).arrays;
    expect((array!.data as string[]).map((text, at) => columns.texts[at % 2]!.includes(text))).toEqual(Array(8).fill(true));
    expect(told.join()).toContain('texts that the model knows');
  });

  it('a number of iterations is not zero', () => {
    expect(factsOf('loop', 'count', 1)).toEqual({ choices: [8] });
  });
});

const named = (name: string, dtype: string, dimensions: readonly string[], more: Partial<InputSpec> = {}): InputSpec => ({
  name,
  dtype,
  shape: dimensions.map((length) => (/^\d+$/.test(length) ? Number(length) : -1)),
  dimensions: dimensions.map((length) => (/^\d+$/.test(length) ? '' : length)),
  ...more,
});

describe('dimensions with a name', () => {
  const ids = named('input_ids', 'int64', ['batch_size', 'sequence'], { indexLimit: 100 });
  const mask = named('attention_mask', 'int64', ['batch_size', 'past_sequence + sequence']);
  const past = named('past.0.key', 'float32', ['batch_size', '2', 'past_sequence', '4'], { carriesState: true });
  const shapesOf = (specs: readonly InputSpec[], options: object): unknown =>
    makeArrays(specs, CARRIERS, options, []).arrays.map(({ shape }) => shape.join('×'));

  it('have one length in all inputs, given by --shape for one of them or by their name', () => {
    expect(shapesOf([ids, past, mask], {})).toEqual(['1×16', '1×2×0×4', '1×16']);
    expect(shapesOf([ids, past, mask], { shapes: ['input_ids=3,7'] })).toEqual(['3×7', '3×2×0×4', '3×7']);
    expect(shapesOf([ids, past, mask], { shapes: ['sequence=9', 'past_sequence=5'], batch: 2 })).toEqual(['2×9', '2×2×5×4', '2×14']);
  });

  it('of an input without names stay what --shape says', () => {
    expect(shapesOf([named('x', 'float32', ['', ''])], { shapes: ['x=1,512'] })).toEqual(['1×512']);
  });

  it('that are given two lengths are refused', () => {
    expect(() =>
      shapesOf([ids, mask, named('other', 'int64', ['batch_size', 'sequence'])], { shapes: ['input_ids=1,4', 'other=1,5'] }),
    ).toThrow('The dimension sequence is 4 in input_ids and 5 in other: give both the same length.');
  });

  it('are told where a length was chosen', () => {
    const chosen = (options: object): unknown => makeArrays([ids, past, mask], CARRIERS, options, []).chosen;
    expect(chosen({})).toEqual(['input_ids', 'attention_mask']);
    expect(chosen({ shapes: ['sequence=9'] })).toEqual(['attention_mask']);
    expect(chosen({ shapes: ['sequence=9', 'past_sequence=0'] })).toEqual([]);
  });
});

describe('made-up values', () => {
  it('of every dtype that can be fed lie in the array that carries it', () => {
    const specs = Object.keys(CARRIERS.dtypes).map((dtype) => named(`in_${dtype}`, dtype, ['2', '3']));
    const made = makeArrays(specs, CARRIERS, {}, []).arrays;
    expect(Object.fromEntries(made.map(({ dtype, data }) => [dtype, data.constructor.name]))).toEqual({
      float32: 'Float32Array',
      float64: 'Float64Array',
      float16: 'Uint16Array',
      int8: 'Int8Array',
      uint8: 'Uint8Array',
      int16: 'Int16Array',
      uint16: 'Uint16Array',
      int32: 'Int32Array',
      uint32: 'Uint32Array',
      int64: 'BigInt64Array',
      uint64: 'BigUint64Array',
      bool: 'Uint8Array',
      string: 'Array',
    });
    expect(made.every(({ data }) => data.length === 6)).toBe(true);
  });

  it('are the same numbers in whatever array an engine carries them', () => {
    const spec = { name: 'ids', shape: [4, 4], indexLimit: 7 };
    const wide = makeArrays([{ ...spec, dtype: 'int64' }], CARRIERS, {}, []).arrays[0]!.data as BigInt64Array;
    const narrow = makeArrays([{ ...spec, dtype: 'int32' }], CARRIERS, {}, []).arrays[0]!.data as Int32Array;
    expect([...wide].map(Number)).toEqual([...narrow]);
    expect(Math.max(...narrow)).toBeLessThan(7);
  });

  it('of a state are zeros, of a choice the one that the model asks for', () => {
    const arrays = makeArrays(
      [named('state', 'float32', ['2', 'batch', '3'], { carriesState: true }), named('sr', 'int64', [], { choices: [16_000, 8000] })],
      CARRIERS,
      {},
      [],
    ).arrays;
    expect([...(arrays[0]!.data as Float32Array)]).toEqual([0, 0, 0, 0, 0, 0]);
    expect([...(arrays[1]!.data as BigInt64Array)]).toEqual([16_000n]);
  });
});
