import type { TensorFlow } from './load/tensorflow.js';

/** Operations of one reference: enough to time, short next to a round. */
const STEPS = 10;

/** A fixed piece of eager work, JavaScript and native, whose time tells how fast the machine wakes TensorFlow's threads just now. */
export interface ReferenceWorkload {
  /** Runs it once; nanoseconds. */
  readonly run: () => number;
  readonly dispose: () => void;
}

export function referenceWorkload(tf: TensorFlow): ReferenceWorkload {
  const matrix = tf.ones([32, 32]);
  return {
    run: () => {
      const start = performance.now();
      for (let step = 0; step < STEPS; step += 1) tf.tidy(() => tf.relu(tf.matMul(matrix, matrix)).dataSync());
      return Math.round((performance.now() - start) * 1e6);
    },
    dispose: () => {
      matrix.dispose();
    },
  };
}
