import { UserError } from '../../../model/errors.js';
import type { Backend, Tensor } from './tfjs.js';
import { DT } from '../../../model/dtypes.js';

/**
 * The common first dimension of the inputs.
 * @throws UserError when they have none in common
 */
export function batchOf(inputs: readonly Tensor[]): number {
  const sizes = new Set(inputs.filter(({ shape }) => shape.length > 0).map(({ shape }) => shape[0] ?? 0));
  const [size] = sizes;
  if (sizes.size === 1 && size !== undefined && size > 0) return size;
  throw new UserError('A dynamic batch needs inputs with one common first dimension above 0. Leave dynamicBatch out for this model.');
}

/** `rows` rows of each input, repeating its own: real data of another batch size. The caller disposes them. */
export function withBatch(backend: Backend, inputs: readonly Tensor[], rows: number): Tensor[] {
  const { binding } = backend;
  return inputs.map((input) => {
    const [id] = backend.getInputTensorIds([input]);
    const indices = Int32Array.from({ length: rows }, (_, row) => row % (input.shape[0] ?? 1));
    const wanted =
      input.shape.length === 0
        ? []
        : [binding.createTensor([rows], DT.int32, indices), binding.createTensor([], DT.int32, new Int32Array([0]))];
    const [op, ids] = input.shape.length === 0 ? ['Identity', [id ?? -1]] : ['GatherV2', [id ?? -1, ...wanted]];
    const [result] = binding.executeOp(op, [], ids, 1);
    for (const temporary of wanted) binding.deleteTensor(temporary);
    if (result === undefined) throw new Error(`${op} gave no result`);
    return backend.createOutputTensor(result);
  });
}
