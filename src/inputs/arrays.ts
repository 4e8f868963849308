import { UserError } from '../model/errors.js';
import type { TensorSignature } from '../model/recording.js';

/** One value of a string tensor: text, or bytes as they are (a picture, a serialised `tf.Example`). */
export type Text = string | Uint8Array;

/** What an input holds: typed numbers (of float16 their bits), texts, or complex numbers as interleaved real and imaginary parts. */
export type ArrayData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | readonly Text[];

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
  /** Names of its dimensions, empty where one has none: dimensions of one name have one length in all inputs. */
  readonly dimensions?: readonly string[];
  /** Values that suit the model, the best first: what it compares the input with. */
  readonly choices?: readonly number[];
  /** It holds what an earlier call gave: nothing yet. */
  readonly carriesState?: boolean;
  /** Texts that the model knows, for each column of the last axis; one list where all columns are alike. */
  readonly texts?: readonly (readonly string[])[];
}

/** `spec` with the length of the table that its values look up, where there is one. */
export const withLimit = (spec: InputSpec, limit: number | undefined): InputSpec =>
  limit === undefined || limit < 1 ? spec : { ...spec, indexLimit: limit };

/** Arrays of numbers, by the dtype they hold: what `carriers.ts` makes. */
export type NumberCarrier =
  'float16' | 'float32' | 'float64' | 'int8' | 'uint8' | 'int16' | 'uint16' | 'int32' | 'uint32' | 'int64' | 'uint64';

/** The arrays that values are made as. A further one is a member here and a case in `synthesise.ts`, `convert.ts` and `json.ts`. */
export type CarrierDtype = NumberCarrier | 'bool' | 'string' | 'complex64';

/** What an engine can be fed. */
export interface Carriers {
  /** How errors name the engine. */
  readonly engine: string;
  /** Dtypes that a model's input may have, and the dtype of the array that carries each. */
  readonly dtypes: Readonly<Record<string, CarrierDtype>>;
}

/** An input and how its engine takes it. */
export interface FedSpec extends InputSpec {
  readonly carrier: CarrierDtype;
  /** How errors name the engine. */
  readonly engine: string;
}

/** @throws UserError for a dtype that the engine cannot be fed */
export function carrierOf({ name, dtype }: TensorSignature, { engine, dtypes }: Carriers): CarrierDtype {
  const carrier = Object.hasOwn(dtypes, dtype) ? dtypes[dtype] : undefined;
  if (carrier !== undefined) return carrier;
  const names = Object.keys(dtypes);
  throw new UserError(
    `The input ${name} is ${dtype}, which ${engine} cannot feed: export the model with a ${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''} input.`,
  );
}

/** @throws UserError for a dtype that the engine cannot be fed */
export const fedSpec = (spec: InputSpec, carriers: Carriers): FedSpec => ({
  ...spec,
  carrier: carrierOf(spec, carriers),
  engine: carriers.engine,
});

/** `float32[32,4]`, several joined by `, `: what identifies the fed shapes and dtypes. */
export function describeSignature(inputs: readonly { readonly dtype: string; readonly shape: readonly number[] }[]): string {
  return inputs.map(({ dtype, shape }) => `${dtype}[${shape.join(',')}]`).join(', ');
}
