/**
 * Guards the shapes of tensors whose dimensions depend on the values of the inputs: while a trace runs, JavaScript may
 * ask such a tensor for its rank and for its other dimensions, and hears a refusal for an open one.
 */
import type { Backend, EngineMethods, Tensor, Tf } from './tfjs.js';

interface Made {
  readonly shape: number[];
  readonly size: number;
  readonly strides: number[];
}

/**
 * Guards every tensor that the engine makes from now on.
 * @param openDims shape of a native tensor with -1 for open dimensions, null when it has none
 * @param check called with the native id when an open dimension is read; throws to refuse
 * @returns how to put everything back; guarded tensors then give their shapes as before
 */
export function guardShapes(
  tf: Tf,
  backend: Backend,
  openDims: (id: number) => readonly number[] | null,
  check: (id: number) => void,
): () => void {
  const engine = tf.engine() as unknown as EngineMethods;
  let active = true;
  // The engine itself copies shapes and counts bytes: that is no use of a shape.
  let engineRuns = 0;
  const inEngine = <T>(body: () => T): T => {
    engineRuns += 1;
    try {
      return body();
    } finally {
      engineRuns -= 1;
    }
  };
  const { makeTensorFromTensorInfo, disposeTensor } = engine;
  engine.makeTensorFromTensorInfo = (...values) => {
    const tensor = inEngine(() => makeTensorFromTensorInfo.apply(engine, values));
    const id = backend.tensorMap.get(tensor.dataId)?.id;
    const dims = id === undefined ? null : openDims(id);
    if (id !== undefined && dims !== null)
      guard(tensor, dims, () => {
        if (active && engineRuns === 0) check(id);
      });
    return tensor;
  };
  engine.disposeTensor = (...values) => inEngine(() => disposeTensor.apply(engine, values));
  return () => {
    active = false;
    // Both are methods of the class: what was put in front of them goes.
    Reflect.deleteProperty(engine, 'makeTensorFromTensorInfo');
    Reflect.deleteProperty(engine, 'disposeTensor');
  };
}

function guard(tensor: Tensor, dims: readonly number[], check: () => void): void {
  const { shape, size, strides } = tensor as unknown as Made;
  const guarded = new Proxy(shape, {
    get: (target, key) => {
      if (typeof key === 'string' && dims[Number(key)] === -1) check();
      return Reflect.get(target, key) as unknown;
    },
  });
  const define = (key: string, value: () => unknown): void =>
    void Object.defineProperty(tensor, key, { get: value, configurable: true, enumerable: true });
  const checked = (value: unknown) => (): unknown => (check(), value);
  define('shape', () => guarded);
  define('size', checked(size));
  define('strides', checked(strides));
}
