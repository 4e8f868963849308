import type { Carriers, InputArray } from '../../../inputs/arrays.js';
import type { FedArrays } from '../../../inputs/fed-arrays.js';
import type { Ort, OrtTensor } from './library.js';

/** What the Node.js binding can be fed, each as it is. */
export const CARRIERS: Carriers = {
  engine: 'ONNX Runtime',
  dtypes: {
    float32: 'float32',
    float64: 'float64',
    float16: 'float16',
    int8: 'int8',
    uint8: 'uint8',
    int16: 'int16',
    uint16: 'uint16',
    int32: 'int32',
    uint32: 'uint32',
    int64: 'int64',
    uint64: 'uint64',
    bool: 'bool',
    string: 'string',
  },
};

export type Feeds = Readonly<Record<string, OrtTensor>>;

/** Gives the tensors of a call: new ones each time, or the same again. */
export function feedsOf(ort: Ort, { arrays }: FedArrays, feed: 'fresh' | 'reused'): () => Feeds {
  const make = (): Feeds => Object.fromEntries(arrays.map((array) => [array.name, tensorOf(ort, array)]));
  if (feed === 'fresh') return make;
  let kept: Feeds | undefined;
  return () => (kept ??= make());
}

/**
 * A tensor on the array itself, nothing is copied. Texts are UTF-8: the binding takes no bytes. Where JavaScript has a
 * Float16Array (Node.js 24 and later) `onnxruntime-common` makes one, which the native binding of 1.30 then reads as empty: it
 * gets the bits as before.
 */
function tensorOf(ort: Ort, { dtype, data, shape }: InputArray): OrtTensor {
  if (!ArrayBuffer.isView(data))
    return new ort.Tensor(
      dtype,
      data.map((text) => (typeof text === 'string' ? text : Buffer.from(text).toString('utf8'))),
      shape,
    );
  const tensor = new ort.Tensor(dtype, data, shape);
  if (dtype === 'float16' && !(tensor.data instanceof Uint16Array)) Reflect.set(tensor, 'cpuData', data);
  return tensor;
}

/** What a program of the user's own meets where inputs are half precision. */
export const halfPrecisionNote = (inputs: readonly { readonly dtype: string }[]): string | null =>
  'Float16Array' in globalThis && inputs.some(({ dtype }) => dtype === 'float16')
    ? 'float16 inputs: on this Node.js, which has Float16Array, onnxruntime-node (1.30 at least) refuses its own float16 tensors ("not enough space"); Inferscope hands the bits over past that.'
    : null;
