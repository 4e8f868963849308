import type { OpAttribute, RawValues } from './tfjs.js';

/** Where a traced tensor comes from. */
export type Ref =
  | { readonly from: 'input'; readonly input: number }
  | { readonly from: 'constant'; readonly constant: number }
  | { readonly from: 'node'; readonly node: number; readonly output: number };

export interface TensorType {
  /** TensorFlow's DataType number. */
  readonly dtype: number;
  /** -1 for a dimension that depends on the values of the inputs, or on an open batch. */
  readonly shape: readonly number[];
}

/**
 * A value that does not depend on the inputs. `captured`: it existed before the trace (a weight); `created`: JavaScript
 * made it during the trace (a shape, a scalar); `id` is the native tensor's, never used again by TensorFlow.
 */
export interface Constant extends TensorType {
  readonly id: number;
  readonly origin: 'captured' | 'created';
  readonly values: RawValues;
}

export interface TracedNode {
  readonly op: string;
  readonly attrs: readonly OpAttribute[];
  readonly inputs: readonly Ref[];
  readonly outputs: readonly TensorType[];
  /** Layer that was running, when it is known. */
  readonly scope: string | null;
  /** What the result's values depend on: constants and shapes alone, the inputs' values, or state (random numbers). */
  readonly source: ValueSource;
}

export type ValueSource = 'constants' | 'inputs' | 'state';

/** A value that JavaScript read back during the trace; it does not depend on the inputs' values. */
export interface FoldedRead {
  readonly op: string;
  readonly line: string;
}

/** How results are handed back: as the traced call gave them. */
export type ResultShape =
  { readonly kind: 'single' } | { readonly kind: 'list' } | { readonly kind: 'map'; readonly keys: readonly string[] };

/** One recorded call, self-contained: nothing in it refers to live tensors. */
export interface Trace {
  readonly inputs: readonly TensorType[];
  readonly constants: readonly Constant[];
  readonly nodes: readonly TracedNode[];
  readonly outputs: readonly Ref[];
  readonly outputTypes: readonly TensorType[];
  readonly result: ResultShape;
  readonly folded: readonly FoldedRead[];
  /** Native ids of tensors that existed before: compared with variables to see when a weight changed. */
  readonly capturedIds: ReadonlySet<number>;
}

/** Type of what a reference stands for. @throws Error for a reference outside of the trace (a defect) */
export function typeOfRef(trace: Pick<Trace, 'inputs' | 'constants' | 'nodes'>, ref: Ref): TensorType {
  const type =
    ref.from === 'input'
      ? trace.inputs[ref.input]
      : ref.from === 'constant'
        ? trace.constants[ref.constant]
        : trace.nodes[ref.node]?.outputs[ref.output];
  if (type === undefined) throw new Error(`reference outside of the trace: ${JSON.stringify(ref)}`);
  return type;
}
