import { createRequire } from 'node:module';
import { EXIT, messageOf, UserError } from '../../../model/errors.js';
import { basesOf, NATIVE_PACKAGES, nativeTensorFlow, resolveAt, type TensorFlow } from './tensorflow.js';

/** Backends of tfjs that run in Node.js. */
export const BACKENDS = ['tensorflow', 'wasm', 'cpu'] as const;
export type BackendName = (typeof BACKENDS)[number];
export type PlainBackendName = Exclude<BackendName, 'tensorflow'>;

/** A tfjs without native TensorFlow, ready to run. */
export interface PlainTensorFlow {
  readonly tf: TensorFlow;
  /** Main file of the package that the private functions are found from. */
  readonly entry: string;
}

const WHOLE = '@tensorflow/tfjs';
const PARTS = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers', '@tensorflow/tfjs-converter'] as const;
const packageOf = (backend: PlainBackendName): string => `@tensorflow/tfjs-backend-${backend}`;

/**
 * The backend that is meant where none was asked for: native TensorFlow when the user's project has it; else what the
 * project has of `wasm` and `cpu`; else what is installed beside Inferscope.
 */
export function defaultBackend(from: string): BackendName {
  const [own] = basesOf(from);
  if (own === undefined || NATIVE_PACKAGES.some((name) => resolveAt(own, name) !== undefined) || tfjsAt(own) === undefined)
    return 'tensorflow';
  if (resolveAt(own, packageOf('wasm')) !== undefined) return 'wasm';
  return resolveAt(own, WHOLE) !== undefined || resolveAt(own, packageOf('cpu')) !== undefined ? 'cpu' : 'tensorflow';
}

/** The main file that tfjs is loaded from: the whole package, or tfjs-core with at least one of layers and converter. */
function tfjsAt(base: string): string | undefined {
  const [core, ...models] = PARTS;
  return resolveAt(base, WHOLE) ?? (models.some((name) => resolveAt(base, name) !== undefined) ? resolveAt(base, core) : undefined);
}

/**
 * Loads the user's tfjs with the backend `wasm` or `cpu`, from `from`, else from what tfjs-node or Inferscope bring.
 *
 * @throws UserError (unavailable) when a package is not installed, or when the backend does not start.
 */
export async function loadPlainTensorFlow(backend: PlainBackendName, from: string): Promise<PlainTensorFlow> {
  const bases = [...basesOf(from), ...nativeEntry(from)];
  const base = bases.find((each) => tfjsAt(each) !== undefined);
  const withBackend = bases.find((each) => resolveAt(each, packageOf(backend)) !== undefined);
  const entry = base === undefined ? undefined : tfjsAt(base);
  if (base === undefined || entry === undefined) throw missing(WHOLE);
  // The whole package brings the cpu backend.
  if (withBackend === undefined && (backend !== 'cpu' || resolveAt(base, WHOLE) === undefined)) throw missing(packageOf(backend));
  try {
    const require = createRequire(base);
    const names = resolveAt(base, WHOLE) === undefined ? PARTS.filter((name) => resolveAt(base, name) !== undefined) : [WHOLE];
    const tf = Object.assign({}, ...names.map((name) => require(name) as object)) as TensorFlow;
    if (withBackend !== undefined) createRequire(withBackend)(packageOf(backend));
    if (!(await tf.setBackend(backend))) throw new Error('it did not start');
    await tf.ready();
    return { tf: Object.assign(tf, { version: versionsOf(tf) }), entry };
  } catch (error) {
    throw new UserError(
      `The backend ${backend} of TensorFlow.js does not load (${messageOf(error)}): run \`npm install ${packageOf(backend)}\`.`,
      EXIT.unavailable,
      { cause: error },
    );
  }
}

const nativeEntry = (from: string): string[] => {
  const found = nativeTensorFlow(from);
  return found === undefined ? [] : [found.file];
};

/** The parts tell their versions one by one, the whole package all of them. */
function versionsOf(tf: TensorFlow): Record<string, string> {
  const of = tf as unknown as Readonly<Record<string, unknown>>;
  const parts = ['core', 'layers', 'converter'].flatMap((name) =>
    typeof of[`version_${name}`] === 'string' ? [[`tfjs-${name}`, of[`version_${name}`]] as const] : [],
  );
  return { ...Object.fromEntries(parts), ...(typeof of['version'] === 'object' ? of['version'] : {}) } as Record<string, string>;
}

const missing = (name: string): UserError =>
  new UserError(`${name} is not installed here: run \`npm install ${name}\` in this folder.`, EXIT.unavailable);
