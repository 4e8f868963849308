import { Module } from 'node:module';
import util from 'node:util';

/**
 * All that `@tensorflow/tfjs-node` (4.0 to 4.22, its last, and tfjs-node-gpu alike) calls of what Node.js has taken out
 * of `util`: `isNullOrUndefined` is gone since Node.js 23, `isArray` warns since 22 and may go next. Its kernels call
 * them, so that a program loads and then fails at its first operation.
 */
const CALLED = {
  isArray: (value: unknown): boolean => Array.isArray(value),
  isNullOrUndefined: (value: unknown): boolean => value === null || value === undefined,
} as const;

/** Node.js before this neither lacks the functions nor warns of them. */
const FIRST_MAJOR = 22;

/** Files of the package, wherever it is installed; not those of packages nested in it. */
const OF_TFJS_NODE = /[\\/]@tensorflow[\\/]tfjs-node(?:-gpu)?[\\/]dist[\\/](?:(?!node_modules).)*\.js$/;
const REQUIRE_UTIL = /\brequire\((["'])(?:node:)?util\1\)/g;

/** For a process of ours that runs a text: put before it, it does what {@link restoreForTfjsNode} does but for the warnings. */
export const RESTORE_SOURCE = `{
  const util = require('node:util');
  util.isArray ??= Array.isArray;
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
}
`;

interface Compat {
  /** Functions that were missing and are back. */
  readonly restored: readonly Restored[];
  /** What tfjs-node gets as `util`: everything of it, and the called functions without their warnings. */
  readonly util: object;
}

interface Restored {
  readonly name: string;
  /** Somebody but tfjs-node's own files looked at it or replaced it: the program may have brought its own. */
  touched: boolean;
}

/** On the thread's global, because the package's two builds (ESM and CommonJS) must share it, and tfjs-node reaches it. */
const NAME = 'inferscope.node-compat';
const KEY = Symbol.for(NAME);

/**
 * Lets tfjs-node work on a Node.js that has lost functions it calls: those that are missing come back to `util`, none is
 * replaced. A deprecation warning that tfjs-node would cause does not come, as long as this was called before it loads;
 * the program's own calls of the same functions warn as ever.
 *
 * @returns what was missing (`util.isNullOrUndefined`): without this call tfjs-node fails. Empty before Node.js 23.
 */
export function restoreForTfjsNode(): readonly string[] {
  return compat().restored.map(({ name }) => name);
}

/**
 * What this process's tfjs-node has only from us: the program has neither put it back itself nor asked whether it is
 * there, as code does that brings its own. Such a program fails without us.
 */
export function neededByTfjsNode(): readonly string[] {
  return compat().restored.flatMap(({ name, touched }) => (touched ? [] : [name]));
}

/** Says that the program takes care of tfjs-node itself. */
export function broughtByProgram(): readonly string[] {
  for (const restored of compat().restored) restored.touched = true;
  return restoreForTfjsNode();
}

function compat(): Compat {
  const holder = globalThis as Record<symbol, Compat | undefined>;
  return (holder[KEY] ??= install());
}

function install(): Compat {
  const restored = Object.entries(CALLED).flatMap(([name, value]) => (name in util ? [] : restore(name, value)));
  if (Number.parseInt(process.versions.node) >= FIRST_MAJOR) handToTfjsNode();
  return { restored, util: Object.create(util, Object.getOwnPropertyDescriptors(CALLED)) as object };
}

/** Enumerable and changeable, as it was. Nothing where `util` is frozen. */
function restore(name: string, value: unknown): Restored[] {
  const restored: Restored = { name: `util.${name}`, touched: false };
  let current = value;
  const get = (): unknown => {
    restored.touched = true;
    return current;
  };
  const set = (given: unknown): void => {
    restored.touched = true;
    current = given;
  };
  return Reflect.defineProperty(util, name, { get, set, enumerable: true, configurable: true }) ? [restored] : [];
}

interface Compiling {
  _compile(this: NodeJS.Module, source: string, filename: string, ...rest: unknown[]): unknown;
}

/** tfjs-node's own files get our `util` as they load. Silencing the warning itself would silence it for the program too. */
function handToTfjsNode(): void {
  const prototype = Module.prototype as unknown as Compiling;
  const original = prototype._compile;
  prototype._compile = function (source, filename, ...rest) {
    const given = OF_TFJS_NODE.test(filename) ? source.replace(REQUIRE_UTIL, `globalThis[Symbol.for("${NAME}")].util`) : source;
    return original.call(this, given, filename, ...rest);
  };
}
