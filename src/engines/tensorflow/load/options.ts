import type { ModelOptions } from '../../engine.js';
import type { TensorFlow } from './tensorflow.js';
import type { VariantFamily } from './variants/context.js';

/** How TensorFlow loads and feeds a model. */
export interface LoadOptions extends ModelOptions {
  readonly tf: TensorFlow;
  /** Further variants, from folders that this one may not import; they run after its own. */
  readonly families?: readonly VariantFamily[];
}
