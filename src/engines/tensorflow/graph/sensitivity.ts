/**
 * How far a model's own outputs move when its inputs, and the result of each operation, move by one part in ten million:
 * about the rounding of a float. A graph adds in another order, so it may differ by so much and not by more.
 */
import { uniformFrom } from '../../../model/random.js';
import { DT } from '../../../model/dtypes.js';
import type { Backend, Binding, RawValues, Tensor, TensorMetadata } from './tfjs.js';
import { differenceOf, valuesOf } from './verify.js';
import type { Moves } from './moves.js';

/** One part in ten million. */
const PART = 1e-7;

/** Operations that copy or pick values: what they give was moved when it was made. */
const COPIES = new Set(
  (
    'BatchToSpaceND BroadcastTo ConcatV2 ExpandDims Fill GatherNd GatherV2 Identity IdentityN MaxPool MirrorPad Pack Pad PadV2 Relu Relu6 Reshape ReverseV2 ' +
    'Select SelectV2 Slice SpaceToBatchND Split SplitV Squeeze StridedSlice Tile TopKV2 Transpose Unpack'
  ).split(' '),
);

const SEEDS = [1, 2, 3, 4];
/**
 * Graphs of pose models differ by 0.1 to 1.1 of what an output of many values moves, and by up to 7 of what one of two
 * values does, whose largest move is of a small sample (decision 0015).
 */
const FACTOR = 8;
/** Odd, and no round number of rows. */
const STEP = 7919;

/** Calls the model again with inputs and the results of its operations moved. `run` gives tensors that are disposed here. */
export function movesOf(
  backend: Backend,
  inputs: readonly Tensor[],
  expected: readonly Tensor[],
  run: (inputs: readonly Tensor[]) => readonly Tensor[],
): Moves {
  const moves = SEEDS.map((seed) => {
    const own = movedInputs(backend, inputs, seed);
    const undo = moveResults(backend, seed);
    const results: Tensor[] = [];
    try {
      results.push(...run(own));
    } finally {
      undo();
      for (const tensor of own) tensor.dispose();
    }
    return movedBy(backend, expected, results);
  });
  return { byOutput: largestOf(moves), factor: FACTOR };
}

/**
 * The same for a call that waits: others may run meanwhile, so only its own inputs are moved; a call with the same inputs
 * shows what it varies by itself.
 */
export async function movesOfAsync(
  backend: Backend,
  inputs: readonly Tensor[],
  expected: readonly Tensor[],
  run: (inputs: readonly Tensor[]) => Promise<readonly Tensor[]>,
): Promise<Moves> {
  const moves: number[][] = [movedBy(backend, expected, await run(inputs))];
  for (const seed of SEEDS) {
    const own = movedInputs(backend, inputs, seed);
    try {
      moves.push(movedBy(backend, expected, await run(own)));
    } finally {
      for (const tensor of own) tensor.dispose();
    }
  }
  return { byOutput: largestOf(moves), factor: FACTOR };
}

function movedBy(backend: Backend, expected: readonly Tensor[], results: readonly Tensor[]): number[] {
  try {
    return expected.map((want, output) => {
      const got = results[output];
      // Of another size, as a list of what was found may be: no measure of how far the values moved.
      if (got === undefined || got.shape.join() !== want.shape.join()) return 0;
      const one = differenceOf(valuesOf(backend, want), valuesOf(backend, got), output);
      return one.kind === 'whole' ? one.count : Number.isFinite(one.largest) ? one.largest : 0;
    });
  } finally {
    for (const tensor of results) tensor.dispose();
  }
}

const largestOf = (moves: readonly (readonly number[])[]): number[] =>
  (moves[0] ?? []).map((_, output) => Math.max(...moves.map((one) => one[output] ?? 0)));

/** Copies of the inputs whose fractions are moved; whole numbers (ids, flags) stay. The caller disposes them. */
export function movedInputs(backend: Backend, inputs: readonly Tensor[], seed: number): Tensor[] {
  const factors = factorsOf(seed);
  return inputs.map((input, index) => {
    const [id = -1] = backend.getInputTensorIds([input]);
    const values = backend.binding.tensorDataSync(id);
    const dtype = input.dtype === 'float32' ? DT.float32 : null;
    if (dtype === null || !(values instanceof Float32Array)) return alias(backend, input, id, values);
    const made = backend.binding.createTensor(input.shape, dtype, moved(values, factors, index * STEP));
    return backend.createOutputTensor({ id: made, shape: input.shape, dtype });
  });
}

/** A tensor of its own with the same data; strings must not be shared. */
function alias(backend: Backend, { shape, dtype }: Tensor, id: number, values: RawValues): Tensor {
  if (dtype === 'string')
    return backend.createOutputTensor({ id: backend.binding.createTensor(shape, DT.string, values), shape, dtype: DT.string });
  const [copy] = backend.binding.executeOp('Identity', [], [id], 1);
  if (copy === undefined) throw new Error('Identity gave no result');
  return backend.createOutputTensor(copy);
}

/** Until it is undone, the fractions in the results of operations are moved. */
export function moveResults(backend: Backend, seed: number): () => void {
  const real = backend.binding;
  const factors = factorsOf(seed);
  let from = 0;
  const executeOp: Binding['executeOp'] = (op, attributes, inputs, outputs) =>
    real
      .executeOp(op, attributes, inputs, outputs)
      .map((result) => (COPIES.has(op) || result.dtype !== DT.float32 ? result : movedResult(real, result, factors, (from += STEP))));
  backend.binding = Object.create(real, { executeOp: { value: executeOp } }) as Binding;
  return () => {
    backend.binding = real;
  };
}

function movedResult(binding: Binding, result: TensorMetadata, factors: Float64Array, from: number): TensorMetadata {
  const values = binding.tensorDataSync(result.id);
  if (!(values instanceof Float32Array)) return result;
  const id = binding.createTensor(result.shape, DT.float32, moved(values, factors, from));
  binding.deleteTensor(result.id);
  return { ...result, id };
}

/** A power of two, for the mask below; drawing a number for every value would take longer than the model. */
const FACTORS = 2 ** 16;

const factorsOf = (seed: number): Float64Array => {
  const random = uniformFrom(seed);
  return Float64Array.from({ length: FACTORS }, () => 1 + (random() < 0.5 ? -PART : PART));
};

/** `from`: where in the factors to begin, so that two results do not move alike. */
function moved(values: Float32Array, factors: Float64Array, from: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at] ?? 0;
    result[at] = value === Math.floor(value) ? value : value * (factors[(at + from) & (FACTORS - 1)] ?? 1);
  }
  return result;
}
