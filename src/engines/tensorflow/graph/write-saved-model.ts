import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { EXIT, UserError, messageOf } from '../../../model/errors.js';
import { given } from '../../../model/given.js';
import { batchOf, withBatch } from './batch.js';
import { buildGraph } from './build-graph.js';
import { openBatch } from './open-batch.js';
import { LoadedGraph } from './loaded-graph.js';
import type { StableTrace } from './stable-trace.js';
import { traceStable } from './stable-trace.js';
import { targetOf } from './target.js';
import type { Backend, Compilable, Tensor, TensorOf, Tf } from './tfjs.js';
import { nodeBackendOf } from './tfjs.js';
import type { Traceable } from './trace.js';
import type { Trace } from './trace-model.js';
import { verifyCall } from './verify-call.js';
import type { Tolerance } from '../../../model/tolerance.js';

export interface SavedModelOptions {
  /** `open` (default): the first dimension stays open; `fixed`: the graph is for the given inputs' shapes only. */
  readonly batch?: 'open' | 'fixed';
  /** Largest accepted difference; default: what the model's own outputs move by rounding. */
  readonly tolerance?: Tolerance;
  /** Output names of a function, in order. */
  readonly outputNames?: readonly string[];
  readonly inputNames?: readonly string[];
}

export interface WrittenModel {
  readonly directory: string;
  readonly graphBytes: number;
  readonly nodes: number;
  /** Largest difference from operation-by-operation execution over all checks. */
  readonly largestDifference: number;
  /** What was asked for; null where the model's own sensitivity decided. */
  readonly tolerance: Tolerance | null;
  readonly checks: number;
}

/**
 * Traces a model and writes it as a SavedModel (tag `serve`, signature `serving_default`, weights as constants) that
 * tfjs-node, Python TensorFlow and TensorFlow Serving load. It is loaded and compared with operation-by-operation
 * execution on every set of inputs before it gets its final name.
 * @param samples sets of inputs, the first of which is traced; their values should differ
 * @throws UserError when it cannot be traced, differs beyond the tolerance, or `out` exists and is not empty
 */
export function writeSavedModel<T extends Tf>(
  tf: T,
  model: Compilable<TensorOf<T>>,
  out: string,
  samples: readonly (readonly Tensor[])[],
  options: SavedModelOptions = {},
): WrittenModel {
  const backend = nodeBackendOf(tf);
  if (backend === null) throw new UserError('Compiling needs the native backend of @tensorflow/tfjs-node.', EXIT.unavailable);
  // A file is a snapshot: what the function holds now is what is meant.
  const target = targetOf(model, 'any');
  const [first] = samples;
  if (first === undefined) throw new Error('no inputs to trace with');
  const staging = stagingFolder(out);
  try {
    const traceable = target.traceable(first, null);
    const trace = traceFor({ tf, backend, traceable }, first, options.batch ?? 'open');
    const names = {
      inputs: (options.inputNames ?? target.inputNames).map(plainName),
      outputs: (options.outputNames ?? target.outputNames(null)).map(plainName),
    };
    const loaded = new LoadedGraph(backend, buildGraph(trace, names, 'flat'), { kept: staging });
    const largestDifference = checked(loaded, () =>
      checkAll({ tf, backend, traceable }, loaded, trace, withOtherBatch(backend, samples, options), options),
    );
    if (existsSync(out)) rmdirSync(out);
    renameSync(staging, out);
    return {
      directory: out,
      graphBytes: loaded.graphBytes,
      nodes: trace.nodes.length,
      largestDifference,
      tolerance: options.tolerance ?? null,
      checks: samples.length,
    };
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** A signature key without the `:0` of a tensor name. */
export const plainName = (name: string): string => name.replace(/:0$/, '');

interface Parts {
  readonly tf: Tf;
  readonly backend: Backend;
  readonly traceable: Traceable;
}

/** Beside `out`, so that the last step is a rename. */
export function stagingFolder(out: string): string {
  try {
    if (existsSync(out) && readdirSync(out).length > 0)
      throw new UserError(`${out} exists and is not empty: name another folder, or remove it.`, EXIT.usage);
    return mkdtempSync(`${path.resolve(out)}.unfinished-`);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`Cannot write to ${out} (${messageOf(error)}): name another folder.`, EXIT.io, { cause: error });
  }
}

function traceFor({ tf, backend, traceable }: Parts, inputs: readonly Tensor[], batch: 'open' | 'fixed'): Trace {
  const trace = traceOf(traceStable(tf, backend, traceable, inputs));
  if (batch === 'fixed') return trace;
  const size = batchOf(inputs);
  const others = withBatch(backend, inputs, size + 1);
  try {
    return openBatch(trace, traceOf(traceStable(tf, backend, traceable, others)), { first: size, second: size + 1 });
  } finally {
    for (const tensor of others) tensor.dispose();
  }
}

function traceOf({ trace, eager }: StableTrace): Trace {
  for (const tensor of eager) tensor.dispose();
  return trace;
}

/** With an open batch the last check has a batch size that was not traced. */
function withOtherBatch(
  backend: Backend,
  samples: readonly (readonly Tensor[])[],
  options: SavedModelOptions,
): (() => { inputs: readonly Tensor[]; own: boolean })[] {
  const given = samples.map((inputs) => () => ({ inputs, own: false }));
  const first = samples[0] ?? [];
  return options.batch === 'fixed' ? given : [...given, () => ({ inputs: withBatch(backend, first, 2 * batchOf(first) + 3), own: true })];
}

function checkAll(
  parts: Parts,
  loaded: LoadedGraph,
  trace: Trace,
  samples: ReturnType<typeof withOtherBatch>,
  options: SavedModelOptions,
): number {
  return samples.reduce((largest, make) => {
    const { inputs, own } = make();
    const { eager } = traceStable(parts.tf, parts.backend, parts.traceable, inputs);
    const results = loaded.run(inputs);
    try {
      return Math.max(
        largest,
        verifyCall({ ...parts, options: given({ tolerance: options.tolerance }) }, { trace, inputs, eager, results }),
      );
    } finally {
      for (const tensor of [...eager, ...results, ...(own ? inputs : [])]) tensor.dispose();
    }
  }, 0);
}

function checked<T>(loaded: LoadedGraph, run: () => T): T {
  try {
    return run();
  } finally {
    loaded.dispose();
  }
}
