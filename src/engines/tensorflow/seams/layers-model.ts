import type { CallRecorder, NameTable } from '../../../model/recorder.js';
import type { CallBoundary } from './calls.js';
import type { NameIds } from '../../name-ids.js';
import type { Patches } from '../../patches.js';
import type { PrivateFunctions, WrappedTf } from './seams.js';
import type { Stages } from './stages.js';
import { KIND, STAGE } from '../../../model/codes.js';

type Method = (this: object, ...args: unknown[]) => unknown;

/** What the wrappers of one runtime share. */
export interface WrapContext {
  readonly patches: Patches;
  readonly tf: WrappedTf;
  readonly recorder: CallRecorder;
  readonly table: NameTable;
  readonly names: NameIds;
  readonly stages: Stages;
  readonly boundary: CallBoundary;
}

/**
 * Layers models. The executor's `execute` and its topological sort are private to the bundle: with the load hook they
 * bound the stages exactly; without it the execution stage begins at the first layer's `apply` and sorting is not seen.
 */
export function wrapLayersModel(context: WrapContext): void {
  const { patches, tf, boundary } = context;
  const { LayersModel, Sequential, layers } = tf;
  if (LayersModel === undefined || Sequential === undefined || layers === undefined) return;
  for (const type of [LayersModel, Sequential]) {
    for (const call of ['predict', 'predictOnBatch']) {
      if (Object.hasOwn(type.prototype, call)) {
        patches.wrap<Method>(type.prototype, call, (original) => boundary.sync('layers-model', call, original));
      }
    }
  }
  wrapApply(context, layers.Layer.prototype, LayersModel);
}

function wrapApply({ patches, tf, recorder, names, stages, boundary }: WrapContext, layer: object, model: object): void {
  const isModel = (layer: object): boolean => layer instanceof (model as new () => object);
  const isTensor = (value: unknown): boolean => value instanceof tf.Tensor || (Array.isArray(value) && value[0] instanceof tf.Tensor);
  patches.wrap<Method>(layer, 'apply', (original) => {
    const asCall = boundary.sync('layers-model', 'apply', original);
    return function (this: object, ...args: unknown[]): unknown {
      const scope = recorder.context();
      if (scope === undefined) return isModel(this) && isTensor(args[0]) ? asCall.apply(this, args) : original.apply(this, args);
      if (isModel(this) && scope.executionRow < 0) return asCall.apply(this, args);
      stages.beginExecution(scope);
      const row = scope.open(names.of((this as { name: string }).name), KIND.layer, STAGE.glue);
      try {
        return original.apply(this, args);
      } finally {
        scope.close(row);
      }
    };
  });
}

type Function = (...args: unknown[]) => unknown;

/** The private functions of the bundle. */
export function wrapLayersExecutor({ patches, recorder, table, stages }: WrapContext, inner: PrivateFunctions): void {
  swap(patches, inner, 'execute', (original) => (...args) => {
    const scope = recorder.context();
    if (scope === undefined) return original(...args);
    const row = stages.beginExecution(scope);
    try {
      return original(...args);
    } finally {
      stages.endExecution(scope, row);
    }
  });
  let built = false;
  swap(patches, inner, 'getTopologicalSortAndRecipientCounts', (original) => (...args) => {
    const scope = recorder.context();
    if (scope === undefined) return original(...args);
    const detail = table.detail({ cause: built ? 'new-fetches' : 'first-trace' });
    built = true;
    scope.builtGraph = true;
    return stages.building(scope, detail, () => original(...args));
  });
  // The second and later batches of one predict are sliced after the first has run.
  swap(patches, inner, 'sliceArrays', (original) => (...args) => {
    const scope = recorder.context();
    if (scope === undefined || scope.adapterRow >= 0 || scope.executionRow >= 0) return original(...args);
    stages.beginAdapter(scope);
    return original(...args);
  });
}

/** Replaces a private function for as long as the patches last. */
export function swap(patches: Patches, inner: PrivateFunctions, name: string, make: (original: Function) => Function): void {
  if (!inner.names.includes(name)) return;
  const slot: { wrapper?: Function } = {};
  const original = inner.swap(name, (...args: never[]) => slot.wrapper?.(...args)) as Function;
  slot.wrapper = make(original);
  patches.onUndo(() => inner.swap(name, original));
}
