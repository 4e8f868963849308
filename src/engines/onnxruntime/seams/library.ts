/** The parts of `onnxruntime-node` that are wrapped. Any version since 1.17 has them; all else of it stays opaque. */
import path from 'node:path';

/** A native session: `loadModel` and `run` are synchronous and block the event loop. */
export interface NativeSession {
  /** `(path, options)` or `(buffer, byteOffset, byteLength, options)`. */
  loadModel(...args: unknown[]): unknown;
  run(...args: unknown[]): unknown;
}

export type NativeSessionClass = new () => NativeSession;

/** `binding` of `onnxruntime-node/dist/binding.js`: the addon's exports. Its class can be replaced, its methods cannot. */
export interface OnnxBinding {
  InferenceSession: NativeSessionClass;
}

/** `InferenceSession` of `onnxruntime-common`, as programs use it. */
export interface PublicSession {
  run(...args: unknown[]): Promise<unknown>;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
}

export interface PublicSessionClass {
  readonly prototype: PublicSession;
  create(...args: unknown[]): Promise<PublicSession>;
}

/** One loaded copy of the library. */
export interface OnnxLibrary {
  readonly binding: OnnxBinding;
  /** The class that programs get by `require` and `import` alike; absent where only the binding is known. */
  readonly InferenceSession?: PublicSessionClass;
}

/** What a session was made of. */
export type ModelSource =
  | { readonly kind: 'path'; readonly path: string; readonly options: unknown }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly options: unknown };

/** The arguments of `loadModel`, read; null where a version has others. */
export function sourceOf(args: readonly unknown[]): ModelSource | null {
  const [first, second, third, fourth] = args;
  if (typeof first === 'string') return { kind: 'path', path: first, options: second };
  if (!(first instanceof ArrayBuffer || first instanceof SharedArrayBuffer)) return null;
  if (typeof second !== 'number' || typeof third !== 'number') return null;
  return { kind: 'bytes', bytes: new Uint8Array(first, second, third), options: fourth };
}

/** `model.onnx` says nothing: its folder does, past the one that packages put such files into. */
export function nameOfFile(file: string): string {
  const stem = path.basename(file).replace(/\.(?:onnx|ort)$/i, '');
  if (!/^model(?:_[a-z0-9]+)*$/i.test(stem)) return stem;
  const folders = path
    .dirname(path.resolve(file))
    .split(/[\\/]/)
    .filter((part) => part !== '' && part !== 'onnx');
  return folders.at(-1) ?? stem;
}

/** What one session is told from others by. */
export const shownSource = (source: ModelSource): string =>
  source.kind === 'path' ? nameOfFile(source.path) : `model of ${source.bytes.length} bytes`;
