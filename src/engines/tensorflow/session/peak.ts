import type { MachinePeak } from '../../../model/roofline.js';

/** The few functions of `tf` that are needed; passed in, because the user's copy is the one to measure. */
export interface PeakTf<Tensor extends { dispose(): void }> {
  randomUniform(shape: number[]): Tensor;
  matMul(a: Tensor, b: Tensor): Tensor;
  sum(a: Tensor): Tensor;
}

const SIDE = 1024;
/** 64 MB: beyond the caches of most processors. */
const ELEMENTS = 16 * 1024 * 1024;
const ATTEMPTS = 8;

/**
 * What the machine reaches at best: arithmetic from large products (2·n³ operations) with the threads that the model
 * gets, too; memory from the faster of a sum over a large vector, which only reads, and a plain copy, which reads and
 * writes. (An addition would do both, but TensorFlow allocates its result anew, and touching new pages takes most of
 * the time.) The fastest of a few attempts counts. Takes half a second and 130 MB.
 */
export function measurePeak<Tensor extends { dispose(): void }>(tf: PeakTf<Tensor>): MachinePeak {
  const matrix = tf.randomUniform([SIDE, SIDE]);
  const vector = tf.randomUniform([ELEMENTS]);
  try {
    // Kernels run to their end before the binding returns, so no read-back is needed.
    const product = fastestSeconds(() => {
      tf.matMul(matrix, matrix).dispose();
    });
    const sum = fastestSeconds(() => {
      tf.sum(vector).dispose();
    });
    return { flopsPerSecond: (2 * SIDE ** 3) / product, bytesPerSecond: Math.max((4 * ELEMENTS) / sum, copyRate()) };
  } finally {
    matrix.dispose();
    vector.dispose();
  }
}

/** Bytes read and written each second by a copy between two halves of memory that has been touched before. */
function copyRate(): number {
  const memory = new Float32Array(ELEMENTS).fill(1);
  const half = ELEMENTS / 2;
  return (
    (2 * 4 * half) /
    fastestSeconds(() => {
      memory.copyWithin(half, 0, half);
    })
  );
}

function fastestSeconds(run: () => void): number {
  let fastest = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const start = performance.now();
    run();
    fastest = Math.min(fastest, performance.now() - start);
  }
  return fastest / 1000;
}
