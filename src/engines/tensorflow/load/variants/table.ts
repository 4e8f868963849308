import type { RunnableVariant } from '../../../../model/runnable.js';
import type { VariantContext, VariantFamily } from './context.js';
import { graphModelVariants } from './graph-model.js';
import { layersModelVariants } from './layers-model.js';
import { savedModelVariants } from './saved-model.js';

/** All families, in the order their variants run; the first variant is the baseline. A new family is one line here. */
const VARIANT_FAMILIES: readonly VariantFamily[] = [layersModelVariants, graphModelVariants, savedModelVariants];

/** Every variant that exists for a model. */
export const variantsFor = (context: VariantContext, further: readonly VariantFamily[] = []): readonly RunnableVariant[] =>
  [...VARIANT_FAMILIES, ...further].flatMap((family) => family(context));
