import type { WrapContext } from './layers-model.js';
import type { InnerSeams } from './seams.js';

type Method = (this: object, ...args: unknown[]) => unknown;

/** SavedModels: `predict` is the call; its session run, wrapped at the binding, is the execution. */
export function wrapSavedModel({ patches, boundary }: WrapContext, inner: InnerSeams): void {
  const type = inner.savedModelClass;
  if (type === undefined) return;
  patches.wrap<Method>(type.prototype, 'predict', (original) => boundary.sync('saved-model', 'predict', original));
}
