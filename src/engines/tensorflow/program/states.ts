import type { CallSite } from '../../call-site.js';

/** The state a model is in, by what it carries: `compile` leaves an optimizer, training a train function. */
export function stateOf({ runtime, variant, model }: CallSite): string {
  if (variant !== undefined) return variant;
  if (runtime === 'saved-model') return 'graph';
  if (runtime !== 'layers-model') return 'uncompiled';
  if (has(model, 'trainFunction')) return 'compiled-train';
  return has(model, 'optimizer_') || has(model, 'optimizer') ? 'compiled' : 'uncompiled';
}

const has = (model: object, name: string): boolean => {
  const value: unknown = Reflect.get(model, name);
  return value !== undefined && value !== null;
};
