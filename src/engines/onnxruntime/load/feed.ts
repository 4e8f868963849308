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

/** A tensor on the array itself, nothing is copied. Texts are UTF-8: the binding takes no bytes. */
function tensorOf(ort: Ort, { dtype, data, shape }: InputArray): OrtTensor {
  const isTexts = !ArrayBuffer.isView(data);
  return new ort.Tensor(
    dtype,
    isTexts ? data.map((text) => (typeof text === 'string' ? text : Buffer.from(text).toString('utf8'))) : data,
    shape,
  );
}
