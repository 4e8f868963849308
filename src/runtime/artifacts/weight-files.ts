import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { EXIT, UserError } from '../../model/errors.js';
import { isRecord } from '../recognise.js';

/** One entry of a weights manifest, as tensorflowjs_converter writes it. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: { readonly dtype?: string };
}

interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly WeightSpec[];
}

const BYTES: Readonly<Record<string, number>> = {
  float32: 4, int32: 4, uint16: 2, float16: 2, uint8: 1, bool: 1, complex64: 8,
};

/**
 * Reads the weight files of a manifest, in order, after checking that each is there and as long as the manifest says.
 *
 * @throws UserError that names the file and both sizes when a shard is missing, cut off or too long.
 */
export function readWeightFiles(manifest: unknown, directory: string): { specs: WeightSpec[]; data: ArrayBuffer } {
  const groups = parseManifest(manifest, directory);
  for (const group of groups) checkGroup(group, directory);
  const shards = groups.flatMap((group) => group.paths).map((name) => readFileSync(path.join(directory, name)));
  const whole = Buffer.concat(shards);
  const data = whole.buffer.slice(whole.byteOffset, whole.byteOffset + whole.byteLength);
  return { specs: groups.flatMap((group) => group.weights), data };
}

/** Values in the weights, by their shapes; only floating-point ones are parameters, the rest are shapes and indices. */
export function countParameters(specs: readonly WeightSpec[]): number {
  return specs.filter((spec) => spec.dtype === 'float32').reduce((sum, spec) => sum + sizeOf(spec.shape), 0);
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

function parseManifest(manifest: unknown, directory: string): WeightGroup[] {
  const groups = manifest ?? [];
  const good = Array.isArray(groups) && groups.every((group) =>
    isRecord(group) && Array.isArray(group['paths']) && Array.isArray(group['weights']));
  if (!good) throw new UserError(`The weightsManifest of ${path.join(directory, 'model.json')} is damaged.`);
  return groups as WeightGroup[];
}

function checkGroup(group: WeightGroup, directory: string): void {
  const sizes = group.paths.map((name) => {
    const file = path.join(directory, name);
    if (!existsSync(file)) {
      throw new UserError(`The weight file ${file} is missing: copy it beside model.json.`, EXIT.notFound);
    }
    return statSync(file).size;
  });
  const expected = groupBytes(group.weights);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (expected === undefined || total === expected) return;
  const { index, bytes } = blame(sizes, expected);
  const file = path.join(directory, group.paths[index] ?? '');
  throw new UserError(
    `The weight file ${file} has ${sizes[index]} bytes and should have ${bytes}: it was ${total < expected ? 'cut off' : 'changed'}, copy or download it again.`,
  );
}

/** Undefined when the group's size cannot be told from the manifest: strings have no fixed length. */
function groupBytes(weights: readonly WeightSpec[]): number | undefined {
  let sum = 0;
  for (const spec of weights) {
    const bytes = BYTES[spec.quantization?.dtype ?? spec.dtype];
    if (bytes === undefined) return undefined;
    sum += bytes * sizeOf(spec.shape);
  }
  return sum;
}

/** All shards of a group are equally long but the last, which has the rest: that tells which one is wrong. */
function blame(sizes: readonly number[], expected: number): { index: number; bytes: number } {
  const last = sizes.length - 1;
  const shard = Math.max(...sizes.slice(0, last), 0);
  const index = sizes.slice(0, last).findIndex((size) => size !== shard);
  return index === -1 ? { index: last, bytes: expected - shard * last } : { index, bytes: shard };
}
