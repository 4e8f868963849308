import type { Tensor } from '@tensorflow/tfjs-node';
import { carrierOf, type Carriers, type InputArray, type Text } from '../../../inputs/arrays.js';
import type { TensorFlow } from './tensorflow.js';

/**
 * The dtype of the tfjs tensor that carries a model's dtype. tfjs-node itself widens an int32 tensor to the int64 (or
 * narrows it to the uint8) that a SavedModel's signature asks for.
 */
export const CARRIERS: Carriers = {
  engine: 'TensorFlow.js',
  dtypes: { float32: 'float32', int32: 'int32', int64: 'int32', uint8: 'int32', bool: 'bool', string: 'string', complex64: 'complex64' },
};

/** Makes the tensor of an input. The caller disposes it. */
export function toTensor(tf: TensorFlow, input: InputArray): Tensor {
  const shape = [...input.shape];
  const dtype = carrierOf(input, CARRIERS);
  // tfjs encodes all texts of a tensor or none.
  if (dtype === 'string')
    return tf.tensor(
      (input.data as readonly Text[]).map((text) => (typeof text === 'string' ? Buffer.from(text) : text)),
      shape,
      dtype,
    );
  if (dtype !== 'complex64')
    return tf.tensor(input.data as Float32Array | Int32Array | Uint8Array, shape, dtype as 'float32' | 'int32' | 'bool');
  const parts = input.data as Float32Array;
  return tf.tidy(() => {
    const pairs = tf.tensor(parts, [parts.length / 2, 2], 'float32');
    const [real, imaginary] = tf.unstack(pairs, 1);
    if (real === undefined || imaginary === undefined) throw new Error('unstack gave fewer than two parts');
    return tf.complex(real.reshape(shape), imaginary.reshape(shape));
  });
}
