import type { ModelInfo, TensorSignature } from './recording.js';
import type { Variant } from './variant.js';

/**
 * One variant of a loaded model, ready to be called in a loop.
 *
 * `call` runs one inference and returns its result (tensors, opaque here); `release` frees that result. Between
 * `prepare` and `dispose` nothing may leak.
 */
export interface RunnableVariant {
  readonly variant: Variant;
  /** True when `call` returns a promise. */
  readonly async: boolean;
  /** Brings the model into the variant's state (compile, trace, load a session); called once, outside of any call. */
  prepare(): Promise<void>;
  call(): unknown;
  /** Reads the result back to JavaScript, the `fetch` stage. */
  fetch(result: unknown): void;
  release(result: unknown): void;
  dispose(): void;
  /** The runtime's own model object, between `prepare` and `dispose`: for seams that only an instance leads to. */
  model?(): unknown;
}

/** A model read from disk or passed as an object. `Tensors` is the runtime's own tensor map, opaque to other stages. */
export interface LoadedModel {
  readonly info: ModelInfo;
  /** Variants that exist for this model, in the order they are run by default; the first is the baseline. */
  readonly variants: readonly RunnableVariant[];
  /** Key of the variant that a program gets that asks for nothing: measured where only one is; default the first. */
  readonly usual?: string;
  /** What it takes, with the length of the table that an input's values look up, where there is one. */
  readonly inputs: readonly (TensorSignature & { readonly indexLimit?: number; readonly unknownRank?: boolean })[];
  /** `float32[32,4]` of what is fed. */
  readonly inputSignature: string;
  readonly batch: number;
  /** What the user should know about loading and feeding; `prepare` of a variant may add to it. */
  readonly notes: readonly string[];
  dispose(): void;
}
