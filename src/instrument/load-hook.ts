import { createRequire, Module } from 'node:module';
import type { InnerSeams, PrivateFunctions } from './seams.js';

/**
 * Functions that a bundle keeps to itself, reached by appending an accessor to its source as it loads, in memory.
 *
 * Fragile by nature, so it checks that each function is there and does nothing otherwise; the stages then fall back to
 * the nearest public seam. It must be installed before the first `require` of tfjs.
 */
const WANTED = {
  layers: { file: /[\\/]@tensorflow[\\/]tfjs-layers[\\/]dist[\\/]tf-layers\.node\.js$/, names: ['execute', 'getTopologicalSortAndRecipientCounts', 'sliceArrays'] },
  converter: { file: /[\\/]@tensorflow[\\/]tfjs-converter[\\/]dist[\\/]tf-converter\.node\.js$/, names: ['executeOp', 'getExecutionSubgraph'] },
} as const;

const KEY = '__inferscope_private_functions__';

interface Compiling {
  _compile(this: NodeJS.Module, source: string, filename: string, ...rest: unknown[]): unknown;
}

/** Installs the hook; returns what takes it away again. */
export function installLoadHook(): () => void {
  const prototype = Module.prototype as unknown as Compiling;
  const original = prototype._compile;
  // What comes after the name says how to compile (TypeScript, a module) in Node.js 22 and later.
  prototype._compile = function (source, filename, ...rest) {
    const wanted = Object.values(WANTED).find(({ file }) => file.test(filename));
    return original.call(this, wanted === undefined ? source : source + accessor(source, wanted.names), filename, ...rest);
  };
  return () => {
    prototype._compile = original;
  };
}

/** The source of the accessor: empty when no wanted function is declared at the top level. */
function accessor(source: string, wanted: readonly string[]): string {
  const names = wanted.filter((name) => source.includes(`\nfunction ${name}(`));
  if (names.length === 0) return '';
  const cases = names.map((name) => `case ${JSON.stringify(name)}: before = ${name}; ${name} = replacement; return before;`);
  const body = `names: ${JSON.stringify(names)}, swap: function (name, replacement) { var before; switch (name) { ${cases.join(' ')} } }`;
  return `\n;Object.defineProperty(module.exports, ${JSON.stringify(KEY)}, { value: { ${body} } });\n`;
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
