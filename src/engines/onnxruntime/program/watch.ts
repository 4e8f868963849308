import { createRequire, Module } from 'node:module';
import type { OnnxBinding, OnnxLibrary, PublicSessionClass } from '../seams/library.js';
import { watchWeb } from './watch-web.js';

export interface LibraryWatcher {
  /** Just before a binding is loaded: the last moment for anything that has to come before the native library. */
  readonly before: () => void;
  /** Told of each binding, and again with the class of the programs once it is there. `file`: where it was loaded from. */
  readonly loaded: (library: OnnxLibrary, file: string) => void;
  /** Something of ours failed while the program loaded a copy. */
  readonly failed: (file: string, thrown: unknown) => void;
  /** Told of a copy that runs models in WebAssembly, which has no seam here. */
  readonly web: (file: string) => void;
}

/** On the process: the package's two builds (ESM and CommonJS) must share it. */
interface Watch {
  readonly watchers: Set<LibraryWatcher>;
}

const KEY = Symbol.for('inferscope.onnxruntime-watch');

/** The native library's file, wherever a package or a bundle keeps it. */
const NATIVE = /onnxruntime_binding[^\\/]*\.node$/;
/** The file that makes the class of programs and the binding one library. */
const ENTRY = /[\\/]onnxruntime-node[\\/]dist[\\/]index\.js$/;

/**
 * Tells when the program loads ONNX Runtime, and at once when it has already. Every native library passes `process.dlopen`,
 * whoever loads it: `require`, `import`, a bundle, the module system of a test runner. The class that programs call is told
 * of where `onnxruntime-node` is a package of its own.
 */
export function watchOnnxRuntime(watcher: LibraryWatcher): void {
  const holder = globalThis as Record<symbol, Watch | undefined>;
  const watch = (holder[KEY] ??= installWatch());
  watch.watchers.add(watcher);
  tellLoaded(new Set([watcher]));
}

function installWatch(): Watch {
  const watch: Watch = { watchers: new Set() };
  watchNative(watch);
  watchPackages(watch);
  watchWeb((file) => toEach(watch.watchers, file, ({ web }) => web(file)));
  return watch;
}

function watchNative({ watchers }: Watch): void {
  const original = process.dlopen;
  process.dlopen = function (this: unknown, ...args: Parameters<typeof process.dlopen>) {
    const [module, file] = args;
    if (NATIVE.test(file)) toEach(watchers, file, ({ before }) => before());
    Reflect.apply(original, this, args);
    const { exports } = module as { readonly exports: unknown };
    if (!isBinding(exports, file)) return;
    toEach(watchers, file, ({ loaded }) => loaded({ binding: exports }, file));
    // A loader that compiles sources by itself does not come by below; then its entry is in the cache by now.
    process.nextTick(() => tellLoaded(watchers));
  };
}

interface Compiling {
  _compile(this: NodeJS.Module, source: string, filename: string, ...rest: unknown[]): unknown;
}

function watchPackages({ watchers }: Watch): void {
  const prototype = Module.prototype as unknown as Compiling;
  const original = prototype._compile;
  // What comes after the name says how to compile in Node.js 22 and later.
  prototype._compile = function (source, filename, ...rest) {
    const result = original.call(this, source, filename, ...rest);
    if (ENTRY.test(filename)) tellEntry(watchers, this);
    return result;
  };
}

/** Libraries that are in the module cache, some of whose entries are no modules. */
function tellLoaded(watchers: ReadonlySet<LibraryWatcher>): void {
  for (const [file, module] of Object.entries(createRequire(import.meta.url).cache)) {
    if (module?.loaded !== true) continue;
    const { exports } = module as { readonly exports: unknown };
    if (isBinding(exports, file)) toEach(watchers, file, ({ loaded }) => loaded({ binding: exports }, file));
    if (ENTRY.test(file)) tellEntry(watchers, module);
  }
}

function tellEntry(watchers: ReadonlySet<LibraryWatcher>, module: NodeJS.Module): void {
  const library = libraryOf(module);
  if (library !== undefined) toEach(watchers, module.filename, ({ loaded }) => loaded(library, module.filename));
}

/** Undefined for a package of this name that is built another way: its binding is told of all the same. */
function libraryOf(module: NodeJS.Module): OnnxLibrary | undefined {
  try {
    const { binding } = module.require('./binding') as { readonly binding?: unknown };
    const { InferenceSession } = module.exports as { readonly InferenceSession?: PublicSessionClass };
    return hasSession(binding) && InferenceSession !== undefined ? { binding, InferenceSession } : undefined;
  } catch {
    return undefined;
  }
}

/** What fails of ours must not fail the program's loading. */
function toEach(watchers: ReadonlySet<LibraryWatcher>, file: string, tell: (watcher: LibraryWatcher) => void): void {
  for (const watcher of watchers) {
    try {
      tell(watcher);
    } catch (thrown) {
      watcher.failed(file, thrown);
    }
  }
}

/** The exports of the native library, which a bundle may keep under another name. */
function isBinding(exports: unknown, file: string): exports is OnnxBinding {
  if (!file.endsWith('.node') || !hasSession(exports)) return false;
  return NATIVE.test(file) || 'initOrtOnce' in exports || 'listSupportedBackends' in exports;
}

const hasSession = (exports: unknown): exports is OnnxBinding =>
  typeof exports === 'object' && exports !== null && 'InferenceSession' in exports && typeof exports.InferenceSession === 'function';
