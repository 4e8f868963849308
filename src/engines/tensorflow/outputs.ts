import type { Tensor } from '@tensorflow/tfjs-node';
import type { ModelOutput, OutputData } from '../engine.js';

/** The tensors in a call's result, in order (of their names, where they have some). */
export function tensorOutputs(result: unknown): readonly ModelOutput[] {
  return named(result).map(([name, tensor]) => ({
    name,
    dtype: tensor.dtype,
    shape: tensor.shape,
    read: () => readTensor(tensor),
  }));
}

/** The values of a tensor; tfjs's type leaves texts out. */
export const readTensor = (tensor: Tensor): OutputData => tensor.dataSync() as OutputData;

function named(result: unknown): (readonly [string | null, Tensor])[] {
  if (isTensor(result)) return [[null, result]];
  if (Array.isArray(result)) return result.filter(isTensor).map((tensor) => [null, tensor]);
  if (typeof result !== 'object' || result === null) return [];
  const entries = Object.entries(result).filter((entry): entry is [string, Tensor] => isTensor(entry[1]));
  return entries.sort(([a], [b]) => a.localeCompare(b));
}

const isTensor = (value: unknown): value is Tensor =>
  typeof value === 'object' && value !== null && 'dataSync' in value && 'dtype' in value;
