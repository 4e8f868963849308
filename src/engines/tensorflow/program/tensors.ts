import type { LiveTensor, TensorSource } from '../../in-program.js';
import type { TensorFlow } from '../load/tensorflow.js';
import { Patches } from '../../patches.js';
import type { WrappedTf } from '../seams/seams.js';

interface Engine {
  readonly state: { readonly numTensors: number };
  trackTensor(tensor: LiveTensor, backend: unknown): void;
  disposeTensor(tensor: LiveTensor): void;
}

type Track = (this: unknown, tensor: LiveTensor, backend: unknown) => void;
type Dispose = (this: unknown, tensor: LiveTensor) => void;

/** The tensors of one engine of tfjs, counted as `tf.memory()` counts them. */
export function tensorSource(tf: WrappedTf): TensorSource {
  const engine = tf.engine() as unknown as Engine;
  return {
    count: () => engine.state.numTensors,
    bytes: () => (tf as unknown as TensorFlow).memory().numBytes,
    follow({ made, gone }) {
      const patches = new Patches();
      patches.wrap<Track>(
        engine,
        'trackTensor',
        (original) =>
          function (this: unknown, tensor, backend) {
            original.call(this, tensor, backend);
            made(tensor);
          },
      );
      patches.wrap<Dispose>(
        engine,
        'disposeTensor',
        (original) =>
          function (this: unknown, tensor) {
            original.call(this, tensor);
            gone(tensor);
          },
      );
      return () => patches.undo();
    },
  };
}
