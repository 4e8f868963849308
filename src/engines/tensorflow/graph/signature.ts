import { UserError } from '../../../model/errors.js';
import type { Tensor } from './tfjs.js';
import { isTensor } from './tfjs.js';

/** A plain value given to a traced function: it becomes a constant, so each value is a trace of its own. */
export type PlainValue = number | boolean | string;
export type Argument = Tensor | PlainValue;

export interface CallSignature {
  /** `float32[32,4],int32[]`; a plain value stands as itself, an open batch as `?`. */
  readonly text: string;
  /** The same without shapes: tells a new shape from a new type. */
  readonly types: string;
  /** The same without plain values: tells a new value from a new shape. */
  readonly tensors: string;
}

/** The signature of a call's arguments. `openBatch` leaves the first dimension out. */
export function callSignatureOf(values: readonly Argument[], openBatch: boolean): CallSignature {
  const parts = values.map((value) => (isTensor(value) ? tensorSignature(value, openBatch) : JSON.stringify(value)));
  return {
    text: parts.join(),
    types: values.map((value) => (isTensor(value) ? `${value.dtype}[${value.shape.length}]` : JSON.stringify(value))).join(),
    tensors: parts.filter((_, index) => isTensor(values[index])).join(),
  };
}

/** The cheap part of {@link callSignatureOf} for the hot path. */
export function signatureText(values: readonly Argument[], openBatch: boolean): string {
  let text = '';
  for (const value of values) {
    if (text !== '') text += ',';
    text += isTensor(value) ? tensorSignature(value, openBatch) : JSON.stringify(value);
  }
  return text;
}

function tensorSignature(tensor: Tensor, openBatch: boolean): string {
  if (!openBatch || tensor.shape.length === 0) return `${tensor.dtype}[${tensor.shape.join()}]`;
  return `${tensor.dtype}[${['?', ...tensor.shape.slice(1)].join()}]`;
}

/**
 * Arguments in the order of `names`, from a tensor, a list or an object of tensors.
 * @throws UserError when one is missing or is not a tensor
 */
export function argumentList(inputs: unknown, names: readonly string[], plainAllowed: boolean): Argument[] {
  const list = isTensor(inputs) || isPlain(inputs) ? [inputs] : Array.isArray(inputs) ? (inputs as unknown[]) : named(inputs, names);
  const accepted = (value: unknown): value is Argument => isTensor(value) || (plainAllowed && isPlain(value));
  if (names.length > 0 && list.length !== names.length) {
    throw new UserError(`The model takes ${names.length} inputs (${names.join(', ')}), but ${list.length} were given.`);
  }
  if (list.every(accepted)) return list;
  const position = list.findIndex((value) => !accepted(value));
  throw new UserError(`Input ${names[position] ?? position} is not a tensor: make one with tf.tensor().`);
}

const isPlain = (value: unknown): value is PlainValue => ['number', 'boolean', 'string'].includes(typeof value);

function named(inputs: unknown, names: readonly string[]): unknown[] {
  if (typeof inputs !== 'object' || inputs === null) return [inputs];
  const map = inputs as Readonly<Record<string, unknown>>;
  if (names.length === 0) throw new UserError('A traced function takes its tensors in order: give a list, not an object.');
  return names.map((name) => map[name] ?? map[`${name}:0`] ?? map[name.replace(/:0$/, '')]);
}
