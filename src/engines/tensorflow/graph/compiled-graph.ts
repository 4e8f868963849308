import type { Tensor, TensorResult } from './tfjs.js';
import type { SignatureFigures } from './ledger.js';
import type { PaddingPlan } from '../../../model/signatures.js';
import type { BuiltGraph } from './compiled-entry.js';
import type { CallSignature, Argument } from './signature.js';

/** A compiled model: called like the model it was made from. Results belong to the caller. */
export interface CompiledGraph<T = Tensor> {
  /**
   * Runs the model in one session call, whatever the batch: `config.batchSize` of a layers model does not slice.
   * @throws UserError when the call cannot be traced, or after `dispose`
   */
  predict(inputs: unknown, config?: unknown): TensorResult<T>;
  /** The same; `outputs` names the nodes of a graph model to fetch. */
  execute(inputs: unknown, outputs?: string | readonly string[]): TensorResult<T>;
  /**
   * `predict` for a graph model with control flow too: its graph is checked against tfjs's own executor, which is
   * asynchronous. Once an input signature is ready, `predict` runs it as well.
   */
  predictAsync(inputs: unknown): Promise<TensorResult<T>>;
  executeAsync(inputs: unknown, outputs?: string | readonly string[]): Promise<TensorResult<T>>;
  /** Hits, misses and costs per input signature. */
  signatures(): SignatureFigures[];
  /** Batch sizes to pad to, where that would have cost less than a graph for each size, with the measured times. */
  padding(): PaddingPlan[];
  /** Frees every session. */
  dispose(): void;
}

export interface Entry extends BuiltGraph {
  readonly signature: CallSignature;
  readonly fetches: string;
  /** Variables and captured tensors whose values the graph holds, with the data they had. */
  readonly watched: readonly { readonly tensor: Tensor; readonly dataId: object }[];
  readonly row: { hits: number; graphMillis: number };
}

export interface CallRequest {
  readonly startMillis: number;
  readonly values: readonly Argument[];
  readonly fetches: readonly string[] | null;
  readonly key: string;
  /** True when a graph was there and something it holds has changed. */
  stale: boolean;
}
