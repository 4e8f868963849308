import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { LoadedModel, RunnableVariant } from '../../../../src/model/runnable.js';
import { UserError } from '../../../../src/model/errors.js';
import { tensorsOf } from '../../../../src/engines/tensorflow/load/variants/runnable-variant.js';
import type { TensorFlow } from '../../../../src/engines/tensorflow/load/tensorflow.js';

export const tf = createRequire(import.meta.url)('@tensorflow/tfjs-node') as TensorFlow;

export const fixture = (name: string): string => fileURLToPath(new URL(`../../../fixtures/${name}`, import.meta.url));

export const basicPitch = (): string =>
  path.join(path.dirname(createRequire(import.meta.url).resolve('@spotify/basic-pitch/package.json')), 'model', 'model.json');

/** Runs one call and gives its outputs as nested lists, by order. */
export async function outputsOf(variant: RunnableVariant): Promise<unknown[]> {
  await variant.prepare();
  const result = await variant.call();
  const values = tensorsOf(result).map((tensor) => tensor.arraySync());
  variant.release(result);
  return values;
}

/** Matches nested numbers to five decimals, for kernels that may round differently. */
export const about = (values: unknown): unknown =>
  Array.isArray(values) ? values.map(about) : typeof values === 'number' ? expect.closeTo(values, 5) : values;

export const keysOf = (loaded: LoadedModel): string[] => loaded.variants.map(({ variant }) => `${variant.name}/${variant.call}`);

/** The sentence and exit code of the UserError that `body` must throw. */
export async function userError(body: () => unknown): Promise<{ sentence: string; exitCode: number }> {
  try {
    await body();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    const { message, exitCode } = error as UserError;
    return { sentence: message, exitCode };
  }
  throw new Error('nothing was thrown');
}
