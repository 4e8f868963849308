/** What a call gives, as numbers, so that the answers of two models can be held against each other. */
import type { ModelOutput, OutputData } from '../engines/engine.js';
import type { Parity } from '../model/parity.js';
import { sizeOf } from '../model/shape-size.js';

/** One output of a call. */
export interface OutputValues {
  /** Null where outputs come as a list. */
  readonly name: string | null;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: readonly number[] | readonly string[] | Float64Array;
}

/** More than this is not sent from process to process. */
const MAX_VALUES = 2_000_000;

/** The values of a call's outputs; null when there are none, or too many. */
export function outputValues(outputs: readonly ModelOutput[]): OutputValues[] | null {
  const size = outputs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (outputs.length === 0 || size > MAX_VALUES) return null;
  return outputs.map(({ name, dtype, shape, read }) => {
    const data = read();
    const values = isTexts(data) ? data.map(String) : Float64Array.from(data as ArrayLike<number | bigint>, Number);
    return { name, dtype, shape, values };
  });
}

const isTexts = (data: OutputData): data is Extract<OutputData, readonly unknown[]> => Array.isArray(data);

/**
 * How far the answers of two calls differ: outputs of one name belong together, else those in the same place.
 * Relative to the largest magnitude of the baseline's output.
 */
export function outputParity(baseline: readonly OutputValues[] | null, candidate: readonly OutputValues[] | null): Parity {
  if (baseline === null || candidate === null)
    return { kind: 'not-compared', reason: 'the outputs are too large to compare, or are no tensors' };
  if (baseline.length !== candidate.length) return { kind: 'unlike', reason: `${baseline.length} outputs against ${candidate.length}` };
  let [absolute, relative] = [0, 0];
  for (const [index, one] of baseline.entries()) {
    const other = candidate.find(({ name }) => name !== null && name === one.name) ?? candidate[index];
    if (other === undefined || other.shape.join() !== one.shape.join())
      return {
        kind: 'unlike',
        reason: `output ${one.name ?? index} is ${shapeOf(one)} against ${other === undefined ? 'nothing' : shapeOf(other)}`,
      };
    const far = distance(one.values, other.values);
    absolute = Math.max(absolute, far.absolute);
    relative = Math.max(relative, far.relative);
  }
  const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return { kind: 'compared', outputs: baseline.length, absolute: finite(absolute), relative: finite(relative) };
}

const shapeOf = ({ dtype, shape }: OutputValues): string => `${dtype}[${shape.join(',')}]`;

function distance(one: OutputValues['values'], other: OutputValues['values']): { absolute: number; relative: number } {
  let [largest, scale] = [0, 0];
  for (let index = 0; index < one.length; index += 1) {
    const [a, b] = [one[index], other[index]];
    if (a === b || Object.is(a, b)) {
      scale = Math.max(scale, typeof a === 'number' && Number.isFinite(a) ? Math.abs(a) : 0);
      continue;
    }
    if (typeof a !== 'number' || typeof b !== 'number' || !Number.isFinite(a - b)) return { absolute: Infinity, relative: Infinity };
    scale = Math.max(scale, Math.abs(a));
    largest = Math.max(largest, Math.abs(a - b));
  }
  return { absolute: largest, relative: largest === 0 ? 0 : largest / Math.max(scale, Number.MIN_VALUE) };
}
