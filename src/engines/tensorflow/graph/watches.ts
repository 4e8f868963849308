/** What is watched beside the native boundary during a trace. Each function gives back how to undo it. */
import { guardShapes } from './guard.js';
import type { Backend, KernelConfig, LayersModel, Tf } from './tfjs.js';
import type { TraceRecorder } from './trace-recorder.js';
import { callerLine } from './user-line.js';

/**
 * tfjs-node kernels that read a tensor or its shape only to check bounds (the native operation checks them again) or to
 * count the dimensions (reductions over all axes).
 */
const CHECKING_KERNELS = ['GatherV2', 'All', 'Any', 'Max', 'Mean', 'Min', 'Prod', 'Sum'];

/** Marks reads made by kernels that only check bounds, so that they do not count as reading input values. */
export function watchCheckingKernels(tf: Tf, recorder: TraceRecorder): () => void {
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
export function watchLayers(recorder: TraceRecorder, layers: LayersModel['layers']): () => void {
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

export interface RandomWatch {
  /** Calls so far. */
  readonly count: () => number;
  /** Where the user's own code called it; null when only packages did (for the seed of an operation). */
  readonly ownLine: () => string | null;
  readonly undo: () => void;
}

/** Counts calls of `Math.random` made while it is watched. */
export function watchRandom(): RandomWatch {
  const original = Math.random;
  let calls = 0;
  let own: string | null = null;
  const random = (): number => {
    calls += 1;
    own ??= callerLine(random);
    return original();
  };
  Math.random = random;
  return {
    count: () => calls,
    ownLine: () => own,
    undo: () => {
      Math.random = original;
    },
  };
}

/** Refuses the trace when JavaScript reads a dimension that depends on the values of the inputs, except to check bounds. */
export function watchShapes(tf: Tf, backend: Backend, recorder: TraceRecorder): () => void {
  const check = (id: number): void => {
    if (recorder.checking === null) recorder.refuseShape(id);
  };
  return guardShapes(tf, backend, (id) => recorder.openDims(id), check);
}
