import { subscribe } from 'node:diagnostics_channel';
import { createRequire, Module } from 'node:module';
import { installLoadHook, installSandboxHook, LOADED_CHANNEL, loadedModules, moduleOf, partOf } from '../seams/load-hook.js';
import type { LoadedModule } from '../seams/load-hook.js';
import type { WrappedTf, TfPart } from '../seams/seams.js';
import { messageOf } from '../../../model/errors.js';
import { restoreForTfjsNode } from '../load/node-compat.js';
import { watchLoadedCopies } from './loaded-copies.js';
import { OWN_FILE, type UnseenTensorFlow } from './unseen.js';

export interface PartWatcher {
  /** Just before the first module's own code runs: the last moment for anything that has to come first. */
  readonly before?: () => void;
  /** Told of each module of each copy as it loads, and at once of those that have. */
  readonly loaded: (part: TfPart) => void;
  /** Told of each copy that cannot be instrumented. */
  readonly unseen?: (copy: UnseenTensorFlow) => void;
}

/** The one state of this stage, on the process: the package's two builds (ESM and CommonJS) must share it. */
interface Watch {
  readonly watchers: Set<PartWatcher>;
}

const KEY = Symbol.for('inferscope.tensorflow-watch');

/** The name that every copy of tfjs-core finds its engine by, whatever bundle it is in. */
const ENGINE_NAME = '_tfengine';
const MAKES_ENGINE = /\b_tfengine\s*=\s*new\b/;

/**
 * Tells when the program loads TensorFlow, with `require` or `import`, and at once when it has already: every copy, in
 * any order, in the module sandboxes of test runners too. The package's private functions are reachable only for a watch
 * that began before.
 *
 * CommonJS sources are seen in `Module.prototype._compile` and in `vm.Script`. A bundle that carries tfjs and exports it
 * is taken as it is; one that does not is told as unseen, and the program can hand `tf` over.
 */
export function watchTensorFlow(watcher: PartWatcher): void {
  restoreForTfjsNode();
  theWatch().watchers.add(watcher);
  for (const module of loadedModules(createRequire(import.meta.url).cache)) tell(watcher, module);
}

/** What fails here is told and never thrown: the channel would make an uncaught exception of it. */
function tell(watcher: PartWatcher, module: LoadedModule): void {
  const file = module.filename;
  try {
    const part = partOf(module);
    if (part === undefined) watcher.unseen?.({ file, reason: 'unknown' });
    else watcher.loaded(part);
  } catch (thrown) {
    watcher.unseen?.({ file, reason: 'failed', message: messageOf(thrown) });
  }
}

function theWatch(): Watch {
  const holder = globalThis as Record<symbol, Watch | undefined>;
  return (holder[KEY] ??= installWatch());
}

interface Compiling {
  _compile(this: NodeJS.Module, source: string, filename: string, ...rest: unknown[]): unknown;
}

function installWatch(): Watch {
  const watch: Watch = { watchers: new Set() };
  const compiled = new Set<string>();
  const before = (): void => {
    for (const { before } of watch.watchers) before?.();
  };
  subscribe(LOADED_CHANNEL, (message) => {
    for (const watcher of watch.watchers) tell(watcher, message as LoadedModule);
  });
  installLoadHook();
  installSandboxHook(before);
  const prototype = Module.prototype as unknown as Compiling;
  const original = prototype._compile;
  prototype._compile = function (source, filename, ...rest) {
    const known = moduleOf(filename) !== undefined;
    const carries = !known && carriesEngine(source);
    if (known || carries) {
      compiled.add(filename);
      before();
    }
    const result = original.call(this, source, filename, ...rest);
    if (carries) bundleLoaded(watch, filename, this.exports);
    return result;
  };
  watchLoadedCopies((file) => {
    if (!compiled.has(file)) tellUnseen(watch, { file, reason: OWN_FILE.test(file) ? 'loader' : 'module-bundle' });
  });
  return watch;
}

/** Every tfjs-core makes the engine so, minified or not; Node.js hands over no text for what it has compiled already. */
const carriesEngine = (source: unknown): boolean => typeof source === 'string' && source.includes(ENGINE_NAME) && MAKES_ENGINE.test(source);

/** A file that carries a tfjs-core of its own: what it exports of it is taken. */
function bundleLoaded(watch: Watch, filename: string, exports: unknown): void {
  const found = tensorFlowIn(exports);
  if (found === undefined) tellUnseen(watch, { file: filename, reason: 'bundled' });
  else for (const watcher of watch.watchers) watcher.loaded({ tf: found, inner: {} });
}

function tellUnseen({ watchers }: Watch, copy: UnseenTensorFlow): void {
  for (const { unseen } of watchers) unseen?.(copy);
}

/** What a bundle exports: tfjs itself, or tfjs by a name. */
function tensorFlowIn(exports: unknown): WrappedTf | undefined {
  const named = ['tf', 'default', 'tfjs'].map((name) => (isObject(exports) ? (exports as Record<string, unknown>)[name] : undefined));
  return [exports, ...named].find(isTensorFlow);
}

const isObject = (value: unknown): value is object => (typeof value === 'object' || typeof value === 'function') && value !== null;

const isTensorFlow = (exports: unknown): exports is WrappedTf =>
  isObject(exports) && 'engine' in exports && 'Tensor' in exports && ('LayersModel' in exports || 'GraphModel' in exports);
