/**
 * Copies of tfjs, noticed as they load, and functions that a bundle keeps to itself.
 *
 * A few lines are appended, in memory, to the source of the modules that carry the classes of tfjs: they give a private
 * function away for replacement, and tell a channel of Node.js' own that the module has loaded, with the tfjs-core that
 * *this* copy uses. It works wherever the source passes: `require`, `import`, and the module sandboxes of test runners,
 * each of which has classes (and an engine) of its own.
 *
 * Fragile by nature, so it checks that each function is there and does nothing otherwise; the stages then fall back to
 * the nearest public seam. It must be installed before the first `require` of tfjs.
 */
import { createRequire, Module } from 'node:module';
import vm from 'node:vm';
import type { InnerSeams, PrivateFunctions, WrappedTf, TfPart } from './seams.js';

const module = (name: string, file: string): RegExp => new RegExp(`[\\\\/]@tensorflow[\\\\/]${name}[\\\\/]dist[\\\\/]${file}\\.js$`);

/** Modules of a copy of tfjs, what each brings, and where its tfjs-core is. */
const MODULES = [
  { kind: 'core', file: module('tfjs-core', 'tf-core\\.node'), core: null, names: [] },
  {
    kind: 'layers',
    file: module('tfjs-layers', 'tf-layers\\.node'),
    core: '@tensorflow/tfjs-core',
    names: ['execute', 'getTopologicalSortAndRecipientCounts', 'sliceArrays'],
  },
  {
    kind: 'converter',
    file: module('tfjs-converter', 'tf-converter\\.node'),
    core: '@tensorflow/tfjs-core',
    names: ['executeOp', 'getExecutionSubgraph'],
  },
  { kind: 'saved-model', file: module('tfjs-node(?:-gpu)?', 'saved_model'), core: '@tensorflow/tfjs', names: [] },
  { kind: 'whole', file: module('tfjs', 'tf\\.node'), core: null, names: [] },
  { kind: 'whole', file: module('tfjs-node(?:-gpu)?', 'index'), core: null, names: [] },
] as const;

type TfModule = (typeof MODULES)[number];
type Exports = Readonly<Record<string, unknown>>;

/** The name of a `node:diagnostics_channel` on which loaded modules are told. */
export const LOADED_CHANNEL = 'inferscope:tensorflow-loaded';

/** What is published: `core` is null for a module that is, or carries, its own. */
export interface LoadedModule {
  readonly filename: string;
  readonly exports: Exports;
  readonly core: Exports | null;
}

const KEY = '__inferscope_private_functions__';

interface Compiling {
  _compile(this: NodeJS.Module, source: string, filename: string, ...rest: unknown[]): unknown;
}

/** The module of tfjs that this file is. */
export const moduleOf = (filename: string): TfModule | undefined =>
  filename.includes('@tensorflow') ? MODULES.find(({ file }) => file.test(filename)) : undefined;

/** Installs the hook for what `require` and `import` load; returns what takes it away again. */
export function installLoadHook(): () => void {
  const prototype = Module.prototype as unknown as Compiling;
  const original = prototype._compile;
  // What comes after the name says how to compile (TypeScript, a module) in Node.js 22 and later.
  prototype._compile = function (source, filename, ...rest) {
    const found = moduleOf(filename);
    return original.call(this, found === undefined ? source : withTail(source, '', found, filename), filename, ...rest);
  };
  return () => {
    prototype._compile = original;
  };
}

/** Sources that a test runner compiles by itself, as functions around the module's text. */
const WRAPPED = /\n\}{1,2}\)+;?\s*$/;

/** Installs the hook for module systems made of `vm.Script` (Jest to 29, the vm pools of Vitest) and `vm.compileFunction` (Jest 30). */
export function installSandboxHook(before: (filename: string) => void): void {
  /** The tail goes before the end of the function that a module is wrapped in; a body by itself just has it at its end. */
  const seen = (source: string, filename: string, end: number | undefined): string => {
    const found = moduleOf(filename);
    if (found === undefined) return source;
    before(filename);
    return end === undefined ? source : withTail(source.slice(0, end), source.slice(end), found, filename);
  };
  vm.Script = class extends vm.Script {
    constructor(source: string, options?: vm.ScriptOptions | string) {
      const filename = typeof options === 'string' ? options : (options?.filename ?? '');
      super(seen(source, filename, moduleOf(filename) === undefined ? undefined : WRAPPED.exec(source)?.index), options);
    }
  };
  const { compileFunction } = vm;
  vm.compileFunction = (source, parameters, options) => {
    const body = parameters?.includes('module') === true && parameters.includes('require') ? source.length : undefined;
    return compileFunction(seen(source, options?.filename ?? '', body), parameters, options);
  };
}

function withTail(source: string, end: string, found: TfModule, filename: string): string {
  return source.includes(KEY) ? source + end : `${source}\n${accessor(source, found.names)}${notice(found, filename)}${end}`;
}

/** The source of the accessor: empty when no wanted function is declared at the top level. */
function accessor(source: string, wanted: readonly string[]): string {
  const names = wanted.filter((name) => source.includes(`\nfunction ${name}(`));
  if (names.length === 0) return '';
  const cases = names.map((name) => `case ${JSON.stringify(name)}: before = ${name}; ${name} = replacement; return before;`);
  const body = `names: ${JSON.stringify(names)}, swap: function (name, replacement) { var before; switch (name) { ${cases.join(' ')} } }`;
  return `;Object.defineProperty(module.exports, ${JSON.stringify(KEY)}, { value: { ${body} } });\n`;
}

/** A module without the channel or without its tfjs-core is one that nobody can be told of. */
function notice({ core }: TfModule, filename: string): string {
  const message = `filename: ${JSON.stringify(filename)}, exports: module.exports, core: ${core === null ? 'null' : `require(${JSON.stringify(core)})`}`;
  return `;try { require('diagnostics_channel').channel(${JSON.stringify(LOADED_CHANNEL)}).publish({ ${message} }); } catch (${KEY}) {}\n`;
}

/** What a loaded module brings; undefined for one that is not as this version of Inferscope knows it. */
export function partOf({ filename, exports, core }: LoadedModule): TfPart | undefined {
  const kind = moduleOf(filename)?.kind;
  const base = core ?? exports;
  if (kind === undefined || typeof base['engine'] !== 'function') return undefined;
  const functions = exports[KEY] as PrivateFunctions | undefined;
  const { LayersModel, Sequential, layers, GraphModel } = exports;
  const brought = { ...(kind === 'layers' ? { LayersModel, Sequential, layers } : {}), ...(kind === 'converter' ? { GraphModel } : {}) };
  const tf = core === null ? base : { ...base, version: versionsOf(base, exports), ...brought };
  return {
    tf: tf as unknown as WrappedTf,
    inner: {
      ...(kind === 'saved-model' ? { savedModelClass: exports['TFSavedModel'] as InnerSeams['savedModelClass'] & object } : {}),
      ...(kind === 'layers' && functions !== undefined ? { layers: functions } : {}),
      ...(kind === 'converter' && functions !== undefined ? { converter: functions } : {}),
    },
  };
}

/** The versions that a copy tells of itself, by package. */
export function versionsOf(...modules: readonly Exports[]): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const exports of modules) {
    for (const name of ['core', 'layers', 'converter']) {
      const version = exports[`version_${name}`];
      if (typeof version === 'string') found[`tfjs-${name}`] = version;
    }
    const all = exports['version'];
    if (typeof all === 'object' && all !== null) Object.assign(found, all);
  }
  return found;
}

/** The modules of tfjs in a module cache: those that were loaded before the hook. */
export function loadedModules(cache: NodeJS.Require['cache']): LoadedModule[] {
  return Object.entries(cache).flatMap(([filename, module]): LoadedModule[] => {
    const found = moduleOf(filename);
    if (found === undefined || module?.loaded !== true) return [];
    try {
      const core = found.core === null ? null : (createRequire(filename)(found.core) as Exports);
      return [{ filename, exports: module.exports as Exports, core }];
    } catch {
      return [];
    }
  });
}

/** The inner seams of a tfjs-node that was loaded from `entry` (the resolved path of its main file). */
export function innerSeamsOf(entry: string): InnerSeams {
  const require = createRequire(entry);
  const load = (load: NodeJS.Require, name: string): Record<string, unknown> | undefined => {
    try {
      return load(name) as Record<string, unknown>;
    } catch {
      return undefined;
    }
  };
  const tfjs = ((): NodeJS.Require => {
    try {
      return createRequire(require.resolve('@tensorflow/tfjs'));
    } catch {
      return require;
    }
  })();
  const functions = (name: string): PrivateFunctions | undefined => load(tfjs, name)?.[KEY] as PrivateFunctions | undefined;
  const savedModel = load(require, './saved_model')?.['TFSavedModel'] as InnerSeams['savedModelClass'];
  const layers = functions('@tensorflow/tfjs-layers');
  const converter = functions('@tensorflow/tfjs-converter');
  return {
    ...(savedModel === undefined ? {} : { savedModelClass: savedModel }),
    ...(layers === undefined ? {} : { layers }),
    ...(converter === undefined ? {} : { converter }),
  };
}
