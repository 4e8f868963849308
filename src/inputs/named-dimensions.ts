import { EXIT, UserError } from '../model/errors.js';
import type { InputSpec } from './arrays.js';

/** Lengths of dimensions by their names. */
export class Lengths {
  readonly #known = new Map<string, { readonly length: number; readonly input: string }>();

  /** @throws UserError (usage) where two inputs that share a dimension are given different lengths */
  learn({ name, dimensions = [] }: InputSpec, shape: readonly number[]): void {
    dimensions.forEach((dimension, axis) => {
      const length = shape[axis];
      if (dimension === '' || length === undefined) return;
      const known = this.#known.get(dimension);
      if (known !== undefined && known.length !== length)
        throw new UserError(
          `The dimension ${dimension} is ${known.length} in ${known.input} and ${length} in ${name}: give both the same length.`,
          EXIT.usage,
        );
      this.#known.set(dimension, { length, input: name });
    });
  }

  /** One that the user gives. */
  set(dimension: string, length: number): void {
    this.#known.set(dimension, { length, input: '--shape' });
  }

  /** The input with what is known of its open dimensions put in; a name may be a sum: `past + sequence`. */
  fill(spec: InputSpec): InputSpec {
    const { dimensions } = spec;
    if (dimensions === undefined) return spec;
    return { ...spec, shape: spec.shape.map((length, axis) => (length === -1 ? this.#of(dimensions[axis] ?? '') : length)) };
  }

  #of(dimension: string): number {
    const known = this.#known.get(dimension);
    if (known !== undefined) return known.length;
    const terms = dimension.split('+').map((term) => term.trim());
    if (terms.length < 2) return -1;
    const lengths = terms.map((term) => (/^\d+$/.test(term) ? Number(term) : (this.#known.get(term)?.length ?? -1)));
    return lengths.includes(-1) ? -1 : lengths.reduce((sum, length) => sum + length, 0);
  }
}

/** Takes `sequence_length=128` out of the `--shape` options: lengths of dimensions that have a name. */
export function takeLengths(texts: readonly string[], specs: readonly InputSpec[], lengths: Lengths): readonly string[] {
  const names = new Set(specs.flatMap(({ dimensions = [] }) => dimensions));
  return texts.filter((text) => {
    const [, name = '', length] = /^([^=]+)=\s*(\d+)\s*$/.exec(text) ?? [];
    if (name === '' || !names.has(name) || specs.some((spec) => spec.name === name)) return true;
    lengths.set(name, Number(length));
    return false;
  });
}
