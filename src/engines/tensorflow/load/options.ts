import type { Runtime } from '../../../model/variant.js';
import type { InputSpec } from '../../../inputs/arrays.js';
import type { TensorFlow } from './tensorflow.js';
import type { VariantFamily } from './variants/context.js';

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

export interface InputOptions {
  /** Length of each unknown first dimension; default 1, or what the given inputs have. */
  readonly batch?: number;
  /** Shapes of inputs with other unknown dimensions: `name=1,224,224,3`, or `1,224,224,3` for an only input. */
  readonly shapes?: readonly string[];
  /** Files to feed: `name=file.npy`, `file.npy` for an only input, `file.npz`, `file.json`. Others are synthesised. */
  readonly inputs?: readonly string[];
  /** Seed of synthesised values; default 1. */
  readonly seed?: number;
  /** Inputs of a model that this one is compared with: synthesised values are the same where dtype and shape correspond. */
  readonly madeUpLike?: readonly InputSpec[];
  /**
   * `fresh` (default): each call makes its input tensors from JavaScript arrays, so the upload is part of the call, as
   * in a server. `reused`: the tensors are made once, so only the first call uploads.
   */
  readonly feed?: 'fresh' | 'reused';
}
