import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { EXIT, messageOf, SETUP_COMMAND, UserError } from '../../../model/errors.js';
import { restoreForTfjsNode } from './node-compat.js';

/** The tfjs-node module: always passed as an argument, because the user's own copy is the one that is profiled. */
export type TensorFlow = typeof import('@tensorflow/tfjs-node');

/** A tfjs model in memory: topology, weights and what else `model.json` says. Not exported by tfjs-node by name. */
export type ModelArtifacts = Awaited<ReturnType<ReturnType<TensorFlow['io']['fileSystem']>['load']>>;

/** What a model object is saved with, and what that gives back. */
export type SaveHandler = ReturnType<TensorFlow['io']['withSaveHandler']>;

export interface TensorFlowOptions {
  /** Where the user's copy is looked for first. Default: the current working directory. */
  readonly from?: string;
  /** Package to load, for example `@tensorflow/tfjs-node-gpu`. */
  readonly packageName?: string;
}

export const TENSORFLOW_PACKAGE = '@tensorflow/tfjs-node';

/** Packages with native TensorFlow, in the order in which they are taken. */
export const NATIVE_PACKAGES = [TENSORFLOW_PACKAGE, '@tensorflow/tfjs-node-gpu'];

/**
 * Loads the user's own `@tensorflow/tfjs-node`, or `tfjs-node-gpu` where that is the one installed, resolved from `from`
 * (default: the current directory), else the one installed beside Inferscope.
 *
 * @throws UserError (unavailable) when no copy is found, or when its native binding does not load.
 */
export async function loadTensorFlow(options: TensorFlowOptions = {}): Promise<TensorFlow> {
  const found = nativeTensorFlow(options.from ?? process.cwd(), options.packageName);
  if (found === undefined) {
    const name = options.packageName ?? TENSORFLOW_PACKAGE;
    const remedy = name === TENSORFLOW_PACKAGE ? SETUP_COMMAND : `\`npm install ${name}\` in this folder`;
    throw new UserError(`${name} is not installed here: run ${remedy}.`, EXIT.unavailable);
  }
  restoreForTfjsNode();
  try {
    const module = (await import(pathToFileURL(found.file).href)) as { default?: TensorFlow } & TensorFlow;
    const tf = module.default ?? module;
    await tf.ready();
    return tf;
  } catch (error) {
    throw bindingError(found.name, error);
  }
}

/** The package with native TensorFlow that is loaded from here, and its main file: the user's own before ours. */
export function nativeTensorFlow(from: string, name?: string): { readonly name: string; readonly file: string } | undefined {
  for (const base of basesOf(from)) {
    for (const each of name === undefined ? NATIVE_PACKAGES : [name]) {
      const file = resolveAt(base, each);
      if (file !== undefined) return { name: each, file };
    }
  }
  return undefined;
}

/** Where packages are looked for: the user's folder, then beside Inferscope. */
export const basesOf = (from: string): readonly string[] => [path.join(path.resolve(from), 'package.json'), import.meta.url];

/**
 * Path of the module's main file, undefined when it is not installed there. @throws UserError (unavailable) for a package that is
 * there and broken: that must not be hidden.
 */
export function resolveAt(base: string, name: string): string | undefined {
  try {
    return createRequire(base).resolve(name);
  } catch (error) {
    if (!isNotFound(error)) throw bindingError(name, error);
    return undefined;
  }
}

const isNotFound = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND';

function bindingError(name: string, error: unknown): UserError {
  const reason = messageOf(error).split('\n')[0] ?? '';
  return new UserError(
    `The native library of ${name} does not load (${reason.trim()}): run ${SETUP_COMMAND}; \`inferscope doctor\` shows what is missing.`,
    EXIT.unavailable,
    { cause: error },
  );
}
