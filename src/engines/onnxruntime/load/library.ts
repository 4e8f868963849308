import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { EXIT, messageOf, UserError } from '../../../model/errors.js';

export const PACKAGE = 'onnxruntime-node';

/** A tensor of `onnxruntime-common`. */
export interface OrtTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: NodeJS.TypedArray | readonly string[];
  dispose?(): void;
}

export interface OrtSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, OrtTensor>>, fetches?: readonly string[]): Promise<Readonly<Record<string, OrtTensor>>>;
  release(): Promise<void>;
}

export interface OrtNativeSession {
  loadModel(...args: unknown[]): unknown;
  run(
    feeds: Readonly<Record<string, OrtTensor>>,
    fetches: Readonly<Record<string, null>>,
    options: object,
  ): Readonly<Record<string, OrtTensor>>;
  dispose(): void;
}

/** What is used of `onnxruntime-node`. */
export interface Ort {
  readonly InferenceSession: {
    readonly prototype: OrtSession;
    create(model: string | Uint8Array, options?: object): Promise<OrtSession>;
  };
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => OrtTensor;
}

export interface OrtLibrary {
  readonly ort: Ort;
  /** The addon's exports. */
  readonly binding: { InferenceSession: new () => OrtNativeSession };
  /** The binding's class as it was before anything was wrapped: sessions of our own are nobody's calls. */
  readonly nativeSession: new () => OrtNativeSession;
  readonly version: string;
  /** Main file of the package. */
  readonly file: string;
}

/** What to type where it is missing. */
export const INSTALL_COMMAND =
  '`npm install onnxruntime-node` in this folder (where its download of CUDA libraries fails, `ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node`)';

/**
 * Loads the user's `onnxruntime-node`: the project's own, the one that its transformers.js brings, or the one beside
 * Inferscope.
 *
 * @throws UserError (unavailable) when it is not installed, or its native library does not load.
 */
export function loadOnnxRuntime(from: string): OrtLibrary {
  const file = findOnnxRuntime(from);
  if (file === undefined) throw new UserError(`${PACKAGE} is not installed here: run ${INSTALL_COMMAND}.`, EXIT.unavailable);
  // ONNX Runtime for Linux sends usage data unless this is set before it loads; what Inferscope runs sends none.
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
  const require = createRequire(file);
  try {
    const ort = require(file) as Ort;
    const { binding } = require(path.join(path.dirname(file), 'binding.js')) as Pick<OrtLibrary, 'binding'>;
    const { version } = JSON.parse(readFileSync(path.join(path.dirname(file), '..', 'package.json'), 'utf8')) as {
      readonly version: string;
    };
    refuseOld(ort, version);
    return { ort, binding, nativeSession: binding.InferenceSession, version, file };
  } catch (thrown) {
    if (thrown instanceof UserError) throw thrown;
    throw new UserError(
      `The native library of ${PACKAGE} does not load (${messageOf(thrown).split('\n')[0] ?? ''}): run ${INSTALL_COMMAND}.`,
      EXIT.unavailable,
      { cause: thrown },
    );
  }
}

/** @throws UserError (unavailable) for a version whose sessions cannot be closed: a run makes several of each model */
function refuseOld(ort: Ort, version: string): void {
  if ('release' in ort.InferenceSession.prototype) return;
  throw new UserError(
    `${PACKAGE} ${version} cannot close a session, which profiling needs: npm install ${PACKAGE}@latest (\`inferscope run -- node app.js\` takes this version, too).`,
    EXIT.unavailable,
  );
}

/** Its main file, undefined where it is not installed. */
export function findOnnxRuntime(from: string): string | undefined {
  for (const base of [path.join(path.resolve(from), 'package.json'), import.meta.url]) {
    const direct = resolveAt(base, PACKAGE);
    if (direct !== undefined) return direct;
    for (const parent of ['@huggingface/transformers', '@xenova/transformers']) {
      const through = resolveAt(base, parent);
      const found = through === undefined ? undefined : resolveAt(through, PACKAGE);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function resolveAt(base: string, name: string): string | undefined {
  try {
    return createRequire(base).resolve(name);
  } catch {
    return undefined;
  }
}
