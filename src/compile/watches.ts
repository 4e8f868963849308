/** What is watched beside the native boundary during a trace. Each function gives back how to undo it. */
import type { KernelConfig, LayersModel, Tf } from './tfjs.js';
import type { Recorder } from './recorder.js';

/** tfjs-node kernels that read a tensor only to check its bounds; the native operation checks them again. */
const CHECKING_KERNELS = ['GatherV2'];

/** Marks reads made by kernels that only check bounds, so that they do not count as reading input values. */
export function watchCheckingKernels(tf: Tf, recorder: Recorder): () => void {
  const undo = CHECKING_KERNELS.map((name) => {
    const kernel = tf.getKernel(name, tf.getBackend()) as KernelConfig | undefined;
    if (kernel === undefined) return () => undefined;
    const original = kernel.kernelFunc;
    kernel.kernelFunc = (parameters) => {
      const outer = recorder.checking;
      recorder.checking = name;
      try {
        return original(parameters);
      } finally {
        recorder.checking = outer;
      }
    };
    return () => {
      kernel.kernelFunc = original;
    };
  });
  return () => {
    for (const step of undo) step();
  };
}

/** Notes which layer of the model is running, for the names of the graph's nodes. */
export function watchLayers(recorder: Recorder, layers: LayersModel['layers']): () => void {
  const undo = layers.map((layer) => {
    const watched = layer as { readonly name: string; call?: (...values: unknown[]) => unknown };
    const original = watched.call;
    const own = Object.hasOwn(watched, 'call');
    if (original === undefined) return () => undefined;
    watched.call = function (this: unknown, ...values: unknown[]): unknown {
      const outer = recorder.scope;
      recorder.scope = watched.name;
      try {
        return original.apply(this, values);
      } finally {
        recorder.scope = outer;
      }
    };
    return () => {
      if (own) watched.call = original;
      else delete watched.call;
    };
  });
  return () => {
    for (const step of undo) step();
  };
}

/** Counts calls of `Math.random` made while it is watched. */
export function watchRandom(): { readonly count: () => number; readonly undo: () => void } {
  const original = Math.random;
  let calls = 0;
  Math.random = () => {
    calls += 1;
    return original();
  };
  return {
    count: () => calls,
    undo: () => {
      Math.random = original;
    },
  };
}
