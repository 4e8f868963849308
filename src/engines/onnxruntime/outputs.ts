import { halfValue } from '../../inputs/carriers.js';
import type { ModelOutput, OutputData } from '../engine.js';
import type { OrtTensor } from './load/library.js';

/** The tensors of a run's result, by the names of the model's outputs. */
export const tensorOutputs = (result: unknown): readonly ModelOutput[] =>
  typeof result !== 'object' || result === null
    ? []
    : Object.entries(result as Readonly<Record<string, OrtTensor>>).map(([name, tensor]) => ({
        name,
        dtype: tensor.type,
        shape: tensor.dims,
        read: () => valuesOf(tensor),
      }));

/** Half precision comes as bits where JavaScript has no array for it. */
function valuesOf({ type, data }: OrtTensor): OutputData {
  if (type !== 'float16' || !(data instanceof Uint16Array)) return data;
  return Float32Array.from(data, halfValue);
}
