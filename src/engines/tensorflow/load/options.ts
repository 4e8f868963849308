import type { Runtime } from '../../../model/variant.js';
import type { TensorFlow } from './tensorflow.js';
import type { VariantFamily } from './variants/context.js';
import type { InputOptions } from './input-options.js';

/** How a model is loaded and fed. All of it has a default. */
export interface LoadOptions extends InputOptions {
  readonly tf: TensorFlow;
  /** Overrides what the files look like. */
  readonly runtime?: Runtime;
  /** SavedModel only: tags of the graph; default `serve`. */
  readonly tags?: readonly string[];
  /** SavedModel only: default `serving_default`, or the only one there is. */
  readonly signature?: string;
  /** Weight files may lie outside of the model's folder; default: they are refused. */
  readonly weightsOutside?: boolean;
  /** Further variants, from stages that this one may not import; they run after its own. */
  readonly families?: readonly VariantFamily[];
  /** Name shown for a model passed as an object. */
  readonly name?: string;
}
