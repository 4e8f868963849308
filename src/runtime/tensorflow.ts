import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { EXIT, messageOf, SETUP_COMMAND, UserError } from '../model/errors.js';
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

/**
 * Loads the user's own `@tensorflow/tfjs-node`, resolved from `from` (default: the current directory), else the one
 * installed beside Inferscope.
 *
 * @throws UserError (unavailable) when no copy is found, or when its native binding does not load.
 */
export async function loadTensorFlow(options: TensorFlowOptions = {}): Promise<TensorFlow> {
  const name = options.packageName ?? TENSORFLOW_PACKAGE;
  const file = resolveTensorFlow(name, options.from ?? process.cwd());
  if (file === undefined) {
    const remedy = name === TENSORFLOW_PACKAGE ? SETUP_COMMAND : `\`npm install ${name}\` in this folder`;
    throw new UserError(`${name} is not installed here: run ${remedy}.`, EXIT.unavailable);
  }
  restoreForTfjsNode();
  try {
    const module = (await import(pathToFileURL(file).href)) as { default?: TensorFlow } & TensorFlow;
    const tf = module.default ?? module;
    await tf.ready();
    return tf;
  } catch (error) {
    throw bindingError(name, error);
  }
}

/** Path of the module's main file, or undefined when it is installed neither at `from` nor beside Inferscope. */
export function resolveTensorFlow(name: string, from: string): string | undefined {
  for (const base of [path.join(path.resolve(from), 'package.json'), import.meta.url]) {
    try {
      return createRequire(base).resolve(name);
    } catch (error) {
      // Not installed at this place; anything else (a broken package.json) must not be hidden.
      if (!isNotFound(error)) throw bindingError(name, error);
    }
  }
  return undefined;
}

const isNotFound = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND';

function bindingError(name: string, error: unknown): UserError {
  const reason = messageOf(error).split('\n')[0] ?? '';
  return new UserError(
    `The native library of ${name} does not load (${reason.trim()}): run ${SETUP_COMMAND}; \`inferscope doctor\` tells what is missing.`,
    EXIT.unavailable,
    { cause: error },
  );
}
