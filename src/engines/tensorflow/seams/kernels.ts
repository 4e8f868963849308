import type { CallRecorder, CallScope } from '../../../model/recorder.js';
import type { NameIds } from '../../name-ids.js';
import type { DetailCache } from './detail-cache.js';
import type { WrapContext } from './layers-model.js';
import type { EagerTimes } from './eager-times.js';
import type { Patches } from '../../patches.js';
import type { WrappedBackend, WrappedBinding, TensorGroup, WrappedTf } from './seams.js';
import type { SessionRuns } from './session-runs.js';
import { KIND, STAGE } from '../../../model/codes.js';

/** Told of each kernel that runs outside of any call, and calls it. */
export type OutsideKernelSeam = <T>(name: string, kernel: () => T) => T;

type RunKernel = (this: unknown, name: string, inputs: TensorGroup, attributes?: unknown) => TensorGroup;

/**
 * Wraps `Engine.runKernel`, through which all four tfjs bundles dispatch. On the TensorFlow backend its own time is
 * JavaScript around the native operations; on other backends the kernel runs inside it.
 */
export function wrapRunKernel(
  { patches, tf, recorder, names }: WrapContext,
  details: DetailCache,
  backend: BackendSeam,
  outside?: OutsideKernelSeam,
): void {
  const engine = Object.getPrototypeOf(tf.engine()) as object;
  patches.wrap<RunKernel>(engine, 'runKernel', (original) => {
    return function (this: unknown, name, inputs, attributes) {
      const scope = recorder.context();
      if (scope === undefined && outside !== undefined) return outside(name, () => original.call(this, name, inputs, attributes));
      if (scope === undefined || scope.stagesOnly) return original.call(this, name, inputs, attributes);
      const row = backend.native
        ? scope.open(names.of(name), KIND.dispatch, STAGE.glue)
        : scope.open(names.of(name), KIND.kernel, STAGE.kernels);
      let outputs: TensorGroup | undefined;
      try {
        outputs = original.call(this, name, inputs, attributes);
        return outputs;
      } finally {
        scope.close(row);
        try {
          finishKernel(scope, row, details.next(scope, name, inputs, outputs));
        } catch (thrown) {
          recorder.trouble(thrown);
        }
      }
    };
  });
}

/** The detail belongs to the dispatch, and to its native operation when it has exactly one. */
function finishKernel(scope: CallScope, row: number, detail: number): void {
  scope.setDetail(row, detail);
  if (scope.kernelParent === row && scope.kernelCount === 1) scope.setDetail(scope.kernelRow, detail);
}

/** What looks further inside than the binding's functions. */
export interface BindingInside {
  readonly sessions: SessionRuns;
  readonly natives: EagerTimes | undefined;
}

type ReadSync = (this: object, dataId: unknown) => unknown;

/**
 * The engine's backend, wrapped. It may be registered, initialised or changed long after tfjs was loaded, so it is
 * looked at when a call begins.
 */
export class BackendSeam {
  #known: object | undefined;
  readonly #wrapped = new WeakSet();
  native = false;

  constructor(
    private readonly tf: WrappedTf,
    /** Wraps a backend that is met for the first time. */
    private readonly wrap: (backend: WrappedBackend) => void,
  ) {}

  readonly look = (): void => {
    const backend = currentBackend(this.tf);
    if (backend === undefined || backend === this.#known) return;
    this.#known = backend;
    this.native = backend.binding !== undefined;
    if (this.#wrapped.has(backend)) return;
    this.#wrapped.add(backend);
    this.wrap(backend);
  };
}

/** Undefined before one is ready: the call that comes will say so itself. */
function currentBackend(tf: WrappedTf): WrappedBackend | undefined {
  try {
    return tf.backend();
  } catch {
    return undefined;
  }
}

/** Wraps what a backend of JavaScript or WebAssembly offers: results that are read. */
export function wrapPlainBackend(patches: Patches, backend: WrappedBackend, recorder: CallRecorder, names: NameIds): void {
  const fetch = names.of('fetch');
  patches.wrap<ReadSync>(backend, 'readSync', (original) => {
    return function (this: object, dataId) {
      const scope = recorder.context();
      if (scope === undefined) return original.call(this, dataId);
      const row = scope.open(fetch, KIND.transfer, STAGE.fetch);
      try {
        return original.call(this, dataId);
      } finally {
        scope.close(row);
      }
    };
  });
}

/**
 * Wraps the native binding. Its methods cannot be replaced, so `backend.binding` becomes an object that delegates
 * to it; undone by putting the binding itself back.
 */
export function wrapBinding(
  patches: Patches,
  backend: WrappedBackend,
  recorder: CallRecorder,
  names: NameIds,
  inside: BindingInside,
  level: 'stages' | 'kernels',
): void {
  const { sessions, natives } = inside;
  const binding = backend.binding;
  if (binding === undefined) return;
  const upload = names.of('upload');
  const fetch = names.of('fetch');
  const delegate: WrappedBinding = {
    executeOp: (name, attributes, inputIds, outputs) => {
      const scope = recorder.context();
      if (scope === undefined || scope.stagesOnly) return binding.executeOp(name, attributes, inputIds, outputs);
      const clocked = natives?.begin(scope) === true;
      const row = openKernel(scope, names.of(name));
      try {
        return binding.executeOp(name, attributes, inputIds, outputs);
      } finally {
        scope.close(row);
        if (clocked) natives.place(scope, row);
      }
    },
    createTensor: (shape, dtype, values) => {
      const scope = recorder.context();
      if (scope === undefined) return binding.createTensor(shape, dtype, values);
      const row = scope.open(upload, KIND.transfer, STAGE.adapter);
      try {
        return binding.createTensor(shape, dtype, values);
      } finally {
        scope.close(row);
      }
    },
    tensorDataSync: (id) => {
      const scope = recorder.context();
      if (scope === undefined) return binding.tensorDataSync(id);
      const row = scope.open(fetch, KIND.transfer, STAGE.fetch);
      try {
        return binding.tensorDataSync(id);
      } finally {
        scope.close(row);
      }
    },
    runSavedModel: (session, inputIds, inputs, outputs) => {
      const run = (): unknown => binding.runSavedModel(session, inputIds, inputs, outputs);
      const scope = recorder.context();
      return scope === undefined ? run() : sessions.run(scope, session, `${inputs}→${outputs}`, run);
    },
  };
  const wanted = Object.entries(delegate).filter(([name]) => level === 'kernels' || name !== 'executeOp');
  const properties = wanted.map(
    ([name, value]) => [name, { value: value as unknown, configurable: true, writable: true, enumerable: true }] as const,
  );
  patches.replace(backend, 'binding', Object.create(binding, Object.fromEntries(properties)));
}

function openKernel(scope: CallScope, name: number): number {
  const parent = scope.top;
  const row = scope.open(name, KIND.kernel, STAGE.kernels);
  scope.kernelCount = scope.kernelParent === parent ? scope.kernelCount + 1 : 1;
  scope.kernelParent = parent;
  scope.kernelRow = row;
  return row;
}
