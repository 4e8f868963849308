import type { Tensor } from '@tensorflow/tfjs-node';
import { tensorDtype, type InputArray, type Text } from '../../../inputs/arrays.js';
import type { TensorFlow } from './tensorflow.js';

/** Makes the tensor of an input. The caller disposes it. */
export function toTensor(tf: TensorFlow, input: InputArray): Tensor {
  const shape = [...input.shape];
  const dtype = tensorDtype(input);
  // tfjs encodes all texts of a tensor or none.
  if (dtype === 'string')
    return tf.tensor(
      (input.data as readonly Text[]).map((text) => (typeof text === 'string' ? Buffer.from(text) : text)),
      shape,
      dtype,
    );
  if (dtype !== 'complex64') return tf.tensor(input.data, shape, dtype);
  const parts = input.data as Float32Array;
  return tf.tidy(() => {
    const pairs = tf.tensor(parts, [parts.length / 2, 2], 'float32');
    const [real, imaginary] = tf.unstack(pairs, 1);
    if (real === undefined || imaginary === undefined) throw new Error('unstack gave fewer than two parts');
    return tf.complex(real.reshape(shape), imaginary.reshape(shape));
  });
}
