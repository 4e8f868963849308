import type { LayersModel } from '@tensorflow/tfjs-node';
import type { TensorFlow } from '../../engines/tensorflow/load/tensorflow.js';

/** Input(4) → Dense(2, relu) → Dense(1, sigmoid). */
export const tinyModel = (tf: TensorFlow): LayersModel =>
  tf.sequential({
    layers: [tf.layers.dense({ inputShape: [4], units: 2, activation: 'relu' }), tf.layers.dense({ units: 1, activation: 'sigmoid' })],
  });

/** Sizes of the medium model. */
export interface MediumSizes {
  readonly steps: number;
  readonly units: number;
  readonly filters: number;
  readonly kernel: number;
}

export const TRUE_SIZE: MediumSizes = { steps: 400, units: 512, filters: 128, kernel: 400 };
/** For `--quick`: a call of some ten milliseconds instead of seconds. */
export const SCALED_SIZE: MediumSizes = { steps: 20, units: 64, filters: 32, kernel: 20 };

/**
 * LSTM → Conv1D → Flatten → Dense ×4, 40.4 million parameters at its true size.
 *
 * The recurrent kernel starts from a normal distribution: tfjs makes its orthogonal default in JavaScript, which takes
 * minutes for 512 units and changes nothing about the time of a call.
 */
export function mediumModel(tf: TensorFlow, { steps, units, filters, kernel }: MediumSizes): LayersModel {
  const { layers } = tf;
  return tf.sequential({
    layers: [
      layers.lstm({ inputShape: [steps, 16], units, activation: 'relu', returnSequences: true, recurrentInitializer: 'glorotNormal' }),
      layers.conv1d({ filters, kernelSize: kernel, strides: 1, padding: 'same' }),
      layers.flatten(),
      layers.dense({ units: 256, activation: 'relu' }),
      layers.dropout({ rate: 0.5 }),
      layers.dense({ units: 128, activation: 'relu' }),
      layers.dense({ units: 64, activation: 'relu' }),
      layers.dense({ units: 1, activation: 'sigmoid' }),
    ],
  });
}
