import type { ModelSource } from '../seams/library.js';
import { DEFAULT_LEVEL, sourceOfModel, type SessionSource } from './sources.js';

/** A model as a program has loaded it: the object that stands for all its sessions, and for pipelines on top of them. */
export interface LoadedSource extends SessionSource {
  /** Files that its sessions were made of. */
  readonly files: Set<string>;
}

/** Tells which model a session is of, and which sessions a pipeline runs. */
export class Sessions {
  readonly #of = new WeakMap<object, LoadedSource>();
  readonly #expected: { readonly of: unknown; readonly source: LoadedSource }[] = [];
  /** The last load of each model that has several files. */
  readonly #loads = new Map<string, LoadedSource>();

  /** A session is about to be made of this, undefined for what will be refused. `creation` stands for it, and for nothing else. */
  expect(creation: object, source: ModelSource | undefined, by: 'program' | 'transformers'): LoadedSource {
    const loaded = source === undefined ? UNKNOWN : this.#expect(source, by);
    this.#of.set(creation, loaded);
    return loaded;
  }

  /** A session is there. */
  made(session: object, source: ModelSource): void {
    const of = heldBy(source);
    const at = this.#expected.findIndex((expected) => expected.of === of);
    const [expected] = at < 0 ? [] : this.#expected.splice(at, 1);
    this.#of.set(session, expected?.source ?? this.#look(source, 'program'));
  }

  /** The model of a session, or of a pipeline or model of transformers.js by its first session; undefined where nobody saw it made. */
  of(called: object): LoadedSource | undefined {
    const known = this.#of.get(called);
    if (known !== undefined) return known;
    const model: unknown = Reflect.get(called, 'model');
    const found = sessionsIn(isObject(model) ? model : called).flatMap((session) => this.#of.get(session) ?? [])[0];
    if (found !== undefined) this.#of.set(called, found);
    return found;
  }

  #expect(source: ModelSource, by: 'program' | 'transformers'): LoadedSource {
    const looked = this.#look(source, by);
    // What was refused is never made: no more are kept than can be under way.
    if (this.#expected.length >= MAX_UNDER_WAY) this.#expected.shift();
    this.#expected.push({ of: heldBy(source), source: looked });
    return looked;
  }

  #look(source: ModelSource, by: 'program' | 'transformers'): LoadedSource {
    const looked = { ...lookedAt(source, by), files: new Set<string>() };
    const [kind = '', ...rest] = looked.identity.architecture;
    if (kind !== 'transformers' || source.kind !== 'path') return looked;
    const key = rest.join('\0');
    const load = this.#loads.get(key);
    const same = load === undefined || load.files.has(source.path) ? looked : load;
    same.files.add(source.path);
    this.#loads.set(key, same);
    return same;
  }
}

const MAX_UNDER_WAY = 64;

/** What the arguments of `create` say that the session is made of; undefined for what it will refuse. */
export function sourceIn(args: readonly unknown[]): ModelSource | undefined {
  const [first, second, third] = args;
  const options = args.find((arg) => typeof arg === 'object' && arg !== null && !isBytes(arg));
  if (typeof first === 'string') return { kind: 'path', path: first, options };
  if (!isBytes(first)) return undefined;
  const offset = typeof second === 'number' ? second : 0;
  const length = typeof third === 'number' ? third : first.byteLength - offset;
  return { kind: 'bytes', bytes: first instanceof Uint8Array ? first : new Uint8Array(first, offset, length), options };
}

const heldBy = (source: ModelSource): unknown => (source.kind === 'path' ? source.path : source.bytes.buffer);

const UNKNOWN: LoadedSource = {
  role: 'model',
  level: DEFAULT_LEVEL,
  identity: { architecture: [], values: [], name: 'model', parameters: null, weights: [] },
  files: new Set(),
};

/** A file that cannot be read is the program's affair, which will be told so by ONNX Runtime. */
function lookedAt(source: ModelSource, by: 'program' | 'transformers'): SessionSource {
  try {
    return sourceOfModel(source, by);
  } catch {
    return UNKNOWN;
  }
}

const isBytes = (value: unknown): value is Uint8Array | ArrayBuffer | SharedArrayBuffer =>
  value instanceof Uint8Array || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;

/** Sessions that a model of transformers.js holds: in `sessions` by name, in earlier versions as `session` and the like. */
function sessionsIn(model: object): object[] {
  const sessions: unknown = Reflect.get(model, 'sessions');
  const values: readonly unknown[] = Object.values(isObject(sessions) ? sessions : model);
  return values.filter((value): value is object => isObject(value) && 'inputNames' in value);
}

const isObject = (value: unknown): value is object => (typeof value === 'object' && value !== null) || typeof value === 'function';
