import type { CallScope } from '../../../model/recorder.js';
import { swap, type WrapContext } from './layers-model.js';
import type { PrivateFunctions } from './seams.js';

type Method = (this: object, ...args: unknown[]) => unknown;

/** Methods that are inference calls, and when their result is there. */
export const GRAPH_CALLS = { execute: 'sync', predict: 'sync', executeAsync: 'async', predictAsync: 'async' } as const;

/**
 * Graph models. The executor's class is not exported: its prototype is reached through the first model that is called.
 *
 * Bounds: the adapter lasts until `mapOutputs` (inputs are mapped and checked by then), `compile` is graph building,
 * `getFrozenTensorIds` is the first line of the run.
 */
export function wrapGraphModel(context: WrapContext): void {
  const { patches, tf, boundary } = context;
  const { GraphModel } = tf;
  if (GraphModel === undefined) return;
  let wrapped = false;
  const ready = (model: object): void => {
    const executor: unknown = Reflect.get(model, 'executor');
    if (wrapped || typeof executor !== 'object' || executor === null) return;
    wrapped = true;
    wrapExecutor(context, Object.getPrototypeOf(executor) as object);
  };
  for (const [call, way] of Object.entries(GRAPH_CALLS)) {
    patches.wrap<Method>(GraphModel.prototype, call, (original) => {
      const bounded = boundary[way]('graph-model', call, original);
      return function (this: object, ...args: unknown[]): unknown {
        ready(this);
        return bounded.apply(this, args);
      };
    });
  }
}

function wrapExecutor(context: WrapContext, executor: object): void {
  const { patches, recorder, table, stages } = context;
  const within = (name: string, around: (scope: CallScope, run: () => unknown, self: object) => unknown): void => {
    patches.wrap<Method>(executor, name, (original) => {
      return function (this: object, ...args: unknown[]): unknown {
        const scope = recorder.context();
        const run = (): unknown => original.apply(this, args);
        return scope === undefined ? run() : around(scope, run, this);
      };
    });
  };
  within('mapOutputs', (scope, run) => {
    stages.endAdapter(scope);
    return run();
  });
  const built = new WeakSet();
  within('compile', (scope, run, self) => {
    const detail = table.detail({ cause: built.has(self) ? 'new-fetches' : 'first-trace' });
    built.add(self);
    scope.builtGraph = true;
    return stages.building(scope, detail, run);
  });
  within('getFrozenTensorIds', (scope, run) => {
    stages.beginExecution(scope);
    return run();
  });
  within('execute', (scope, run) => {
    const outer = scope.executionRow;
    try {
      return run();
    } finally {
      if (outer < 0) stages.endExecution(scope, scope.executionRow);
      scope.node = undefined;
    }
  });
  within('executeWithControlFlow', (scope, run) => {
    const row = stages.beginExecution(scope);
    const end = (): void => {
      stages.endExecution(scope, row);
      scope.node = undefined;
    };
    return (run() as Promise<unknown>).finally(end);
  });
}

/** Node names of kernels, and the subgraph that `executeAsync` works out again at each call. */
export function wrapGraphPrivate({ patches, recorder, table, stages }: WrapContext, inner: PrivateFunctions): void {
  swap(patches, inner, 'executeOp', (original) => (...args) => {
    const scope = recorder.context();
    if (scope !== undefined) scope.node = (args[0] as { name?: string } | undefined)?.name;
    return original(...args);
  });
  swap(patches, inner, 'getExecutionSubgraph', (original) => (...args) => {
    const scope = recorder.context();
    if (scope === undefined || scope.executionRow < 0) return original(...args);
    return stages.building(scope, table.detail({ cause: 'every-async-call' }), () => original(...args));
  });
}
