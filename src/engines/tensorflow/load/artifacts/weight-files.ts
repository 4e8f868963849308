import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { dtypeBytes } from '../../../../model/dtypes.js';
import { EXIT, UserError } from '../../../../model/errors.js';
import { isRecord } from '../../../../model/is-record.js';
import { sizeOf } from '../../../../model/shape-size.js';

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

const STRING_HEAD = 4;

/** Types of numbers that TensorFlow.js reads from weight files. */
const STORED = ['float32', 'int32', 'uint16', 'float16', 'uint8', 'bool', 'complex64'];

/**
 * Reads the weight files of a manifest, in order, after checking that each lies in the model's folder, is a file, and is
 * as long as the manifest says.
 *
 * @param outside `allow`: files may lie elsewhere (`../`, absolute paths, links).
 * @throws UserError that names the file when it is missing, elsewhere, no file, cut off or too long.
 */
export function readWeightFiles(
  manifest: unknown,
  directory: string,
  outside: 'refuse' | 'allow' = 'refuse',
): { specs: WeightSpec[]; data: ArrayBuffer } {
  const groups = parseManifest(manifest, directory);
  const read = groups.map((group) => {
    checkGroup(group, directory, outside);
    const bytes = Buffer.concat(group.paths.map((name) => readFileSync(path.resolve(directory, name))));
    checkStrings(group, bytes, directory);
    return bytes;
  });
  const whole = Buffer.concat(read);
  const data = whole.buffer.slice(whole.byteOffset, whole.byteOffset + whole.byteLength);
  return { specs: groups.flatMap((group) => group.weights), data };
}

/** Values in the weights, by their shapes; only floating-point ones are parameters, the rest are shapes and indices. */
export function countParameters(specs: readonly WeightSpec[]): number {
  return specs.filter((spec) => spec.dtype === 'float32').reduce((sum, spec) => sum + sizeOf(spec.shape), 0);
}

function parseManifest(manifest: unknown, directory: string): WeightGroup[] {
  const groups = manifest ?? [];
  const good =
    Array.isArray(groups) &&
    groups.every(
      (group) => isRecord(group) && isListOf(group['paths'], (name) => typeof name === 'string') && isListOf(group['weights'], isRecord),
    );
  if (!good) throw new UserError(`The weightsManifest of ${path.join(directory, 'model.json')} is damaged.`);
  for (const spec of (groups as WeightGroup[]).flatMap(({ weights }) => weights)) checkSpec(spec, directory);
  return groups as WeightGroup[];
}

const isListOf = (value: unknown, good: (item: unknown) => boolean): boolean => Array.isArray(value) && value.every(good);

function checkSpec({ name, shape, dtype, quantization }: Partial<WeightSpec>, directory: string): void {
  const fail = (what: string): never => {
    throw new UserError(
      `The weight ${String(name).slice(0, 80)} in ${path.join(directory, 'model.json')} ${what}: convert or copy the model again.`,
    );
  };
  if (typeof name !== 'string') return fail('has no name');
  const size = isListOf(shape, (length) => Number.isSafeInteger(length) && (length as number) >= 0) ? sizeOf(shape ?? []) : NaN;
  if (!Number.isSafeInteger(size))
    return fail(`has no shape that can be (${shape === undefined ? 'it is missing' : JSON.stringify(shape).slice(0, 60)})`);
  const stored: unknown = quantization?.dtype ?? dtype ?? '';
  if (typeof stored !== 'string') return fail('has no type');
  if (stored !== 'string' && !STORED.includes(stored))
    return fail(`is of the type ${stored.slice(0, 40)}, which TensorFlow.js does not read`);
}

function checkGroup(group: WeightGroup, directory: string, outside: 'refuse' | 'allow'): void {
  const sizes = group.paths.map((name) => sizeOfFile(name, directory, outside));
  const { bytes: expected, exact } = groupBytes(group.weights);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total === expected || (!exact && total > expected)) return;
  const { index, bytes } = blame(sizes, expected);
  const file = path.join(directory, group.paths[index] ?? '');
  throw new UserError(
    `The weight file ${file} has ${sizes[index] ?? 0} bytes and should have ${exact ? '' : 'at least '}${bytes}: it was ${total < expected ? 'cut off' : 'changed'}, copy or download it again.`,
  );
}

/** @throws UserError for what is missing, lies elsewhere, or would never end (a pipe, a device) */
function sizeOfFile(name: string, directory: string, outside: 'refuse' | 'allow'): number {
  const file = path.resolve(directory, name);
  if (!existsSync(file))
    throw new UserError(`The weight file ${path.join(directory, name)} is missing: copy it beside model.json.`, EXIT.notFound);
  if (outside === 'refuse') {
    const inside = path.relative(realpathSync(directory), realpathSync(file));
    if (inside.split(path.sep)[0] === '..' || path.isAbsolute(inside)) {
      throw new UserError(
        `The weight file ${name} of ${path.join(directory, 'model.json')} lies outside of the model's folder: copy it there, or add --weights-outside if you trust the model.`,
      );
    }
  }
  const found = statSync(file);
  if (!found.isFile()) throw new UserError(`The weight file ${file} is not a file: copy the weights beside model.json.`);
  return found.size;
}

/** Bytes of a group; strings have no fixed length, but each begins with its length in four bytes. */
function groupBytes(weights: readonly WeightSpec[]): { bytes: number; exact: boolean } {
  const stored = weights.map(({ quantization, dtype, shape }) => (dtypeBytes(quantization?.dtype ?? dtype) ?? STRING_HEAD) * sizeOf(shape));
  return { bytes: stored.reduce((sum, bytes) => sum + bytes, 0), exact: weights.every(({ dtype }) => dtype !== 'string') };
}

/** Walks over a group that holds strings: a length that leads out of the data would have tfjs read for ever. */
function checkStrings({ weights, paths }: WeightGroup, bytes: Buffer, directory: string): void {
  if (weights.every(({ dtype }) => dtype !== 'string')) return;
  let at = 0;
  for (const { quantization, dtype, shape } of weights) {
    if (dtype !== 'string') at += (dtypeBytes(quantization?.dtype ?? dtype) ?? 0) * sizeOf(shape);
    else for (let left = sizeOf(shape); left > 0 && at + STRING_HEAD <= bytes.length; left -= 1) at += STRING_HEAD + bytes.readUInt32LE(at);
  }
  if (at !== bytes.length)
    throw new UserError(
      `The weight file ${path.join(directory, paths.at(-1) ?? '')} holds ${bytes.length} bytes, and its texts do not end there: copy or download it again.`,
    );
}

/** All shards of a group are equally long but the last, which has the rest: that tells which one is wrong. */
function blame(sizes: readonly number[], expected: number): { index: number; bytes: number } {
  const last = sizes.length - 1;
  const shard = Math.max(...sizes.slice(0, last), 0);
  const index = sizes.slice(0, last).findIndex((size) => size !== shard);
  return index === -1 ? { index: last, bytes: expected - shard * last } : { index, bytes: shard };
}
