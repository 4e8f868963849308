import type { MachinePeak } from '../../../model/roofline.js';
import { copyRate, fastestSeconds, PEAK_ELEMENTS, PEAK_SIDE } from '../../peak.js';

/** The few functions of `tf` that are needed; passed in, because the user's copy is the one to measure. */
export interface PeakTf<Tensor extends { dispose(): void }> {
  randomUniform(shape: number[]): Tensor;
  matMul(a: Tensor, b: Tensor): Tensor;
  sum(a: Tensor): Tensor;
}

/**
 * What the machine reaches at best: arithmetic from large products (2·n³ operations) with the threads that the model
 * gets, too; memory from the faster of a sum over a large vector, which only reads, and a plain copy, which reads and
 * writes. (An addition would do both, but TensorFlow allocates its result anew, and touching new pages takes most of
 * the time.) The fastest of a few attempts counts. Takes half a second and 130 MB.
 */
export function measurePeak<Tensor extends { dispose(): void }>(tf: PeakTf<Tensor>): MachinePeak {
  const matrix = tf.randomUniform([PEAK_SIDE, PEAK_SIDE]);
  const vector = tf.randomUniform([PEAK_ELEMENTS]);
  try {
    // Kernels run to their end before the binding returns, so no read-back is needed.
    const product = fastestSeconds(() => {
      tf.matMul(matrix, matrix).dispose();
    });
    const sum = fastestSeconds(() => {
      tf.sum(vector).dispose();
    });
    return { flopsPerSecond: (2 * PEAK_SIDE ** 3) / product, bytesPerSecond: Math.max((4 * PEAK_ELEMENTS) / sum, copyRate()) };
  } finally {
    matrix.dispose();
    vector.dispose();
  }
}
