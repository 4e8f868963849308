import type { InputSpec } from './arrays.js';

export interface InputOptions {
  /** Length of each unknown first dimension; default 1, or what the given inputs have. */
  readonly batch?: number;
  /** Shapes of inputs with other unknown dimensions: `name=1,224,224,3`, or `1,224,224,3` for an only input. */
  readonly shapes?: readonly string[];
  /** Files to feed: `name=file.npy`, `file.npy` for an only input, `file.npz`, `file.json`. Others are synthesised. */
  readonly inputs?: readonly string[];
  /** Length of free dimensions besides the batch, for which nothing better is known. */
  readonly openLength?: number;
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
