import { UserError } from '../model/errors.js';
import { dtypeBytes } from '../model/dtypes.js';
import type { InputSpec } from './arrays.js';

/** Bytes of one made-up input: some 1,700 pictures of 224 × 224, and less than a small machine holds. */
export const MAX_BYTES = 2 ** 30;
/** A text takes an object and its letters. */
const TEXT_BYTES = 64;
const DIMENSIONS = 32;

/** @throws UserError for a shape whose values nobody can make up: too many of them, or no shape at all */
export function checkSize({ name, dtype }: InputSpec, shape: readonly number[]): void {
  if (shape.length > DIMENSIONS || !shape.every((length) => Number.isSafeInteger(length) && length >= 0)) {
    throw new UserError(
      `The input ${name} has no shape that can be ([${shape.slice(0, 8).join(',')}${shape.length > 8 ? ',…' : ''}]): convert or export the model again.`,
    );
  }
  const bytes = bytesOf(dtype, shape);
  if (bytes <= MAX_BYTES) return;
  const size = Number.isFinite(bytes) ? ` (${(bytes / 2 ** 30).toPrecision(3)} GiB)` : '';
  throw new UserError(
    `The input ${name} of the shape [${shape.join(',')}] is too large to be made up${size}: give a smaller one with --shape ${name}=1,… or the values themselves with --input.`,
  );
}

/** What the values of a shape take in JavaScript. */
export const bytesOf = (dtype: string, shape: readonly number[]): number =>
  shape.reduce((size, length) => size * length, dtype === 'string' ? TEXT_BYTES : (dtypeBytes(dtype) ?? 4));
