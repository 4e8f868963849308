import { UserError } from '../model/errors.js';
import type { TensorSignature } from '../model/recording.js';

/** One value of a string tensor: text, or bytes as they are (a picture, a serialised `tf.Example`). */
export type Text = string | Uint8Array;

/** What an input holds: typed numbers, texts, or complex numbers as interleaved real and imaginary parts. */
export type ArrayData = Float32Array | Int32Array | Uint8Array | readonly Text[];

/** The value of one input, still in JavaScript. `dtype` is the model's (`int64` …), `shape` has no unknown dimension. */
export interface InputArray {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: ArrayData;
}

/** What an input wants: its signature, and how large an index may be where the values are indices (`Embedding`). */
export interface InputSpec extends TensorSignature {
  readonly indexLimit?: number;
  /** True when not even the number of dimensions is known. */
  readonly unknownRank?: boolean;
}

/** `spec` with the length of the table that its values look up, where there is one. */
export const withLimit = (spec: InputSpec, limit: number | undefined): InputSpec =>
  limit === undefined || limit < 1 ? spec : { ...spec, indexLimit: limit };

/** What a tfjs tensor holds. */
export type CarrierDtype = 'float32' | 'int32' | 'bool' | 'string' | 'complex64';

/**
 * The dtype of the tfjs tensor that carries a model's dtype. tfjs-node itself widens an int32 tensor to the int64 (or
 * narrows it to the uint8) that a SavedModel's signature asks for.
 *
 * @throws UserError for dtypes no tfjs tensor can hold.
 */
export function tensorDtype(spec: TensorSignature): CarrierDtype {
  switch (spec.dtype) {
    case 'float32':
    case 'int32':
    case 'bool':
    case 'string':
    case 'complex64':
      return spec.dtype;
    case 'int64':
    case 'uint8':
      return 'int32';
    default:
      throw new UserError(
        `The input ${spec.name} is ${spec.dtype}, which TensorFlow.js cannot feed: export the model with a float32, int32, int64, uint8, bool, string or complex64 input.`,
      );
  }
}

/** `float32[32,4]`, several joined by `, `: what identifies the fed shapes and dtypes. */
export function describeSignature(inputs: readonly { readonly dtype: string; readonly shape: readonly number[] }[]): string {
  return inputs.map(({ dtype, shape }) => `${dtype}[${shape.join(',')}]`).join(', ');
}
