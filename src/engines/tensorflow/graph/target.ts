import { UserError } from '../../../model/errors.js';
import type { Argument } from './signature.js';
import type { Compilable, GraphModel, LayersModel, Tensor } from './tfjs.js';
import { isLayersModel, isTensor } from './tfjs.js';
import { controlFlowOf, topologyOf } from './topology.js';
import type { Traceable } from './trace.js';
import type { OwnTopology } from './whole-graph.js';

/** What is compiled, in one form: models and functions differ only here. */
export interface Target {
  readonly kind: 'layers-model' | 'graph-model' | 'function';
  /** Empty for a function: its tensors come in order. */
  readonly inputNames: readonly string[];
  /** Output names of a call, when the model has names. */
  outputNames(fetches: readonly string[] | null): readonly string[];
  /** A graph model with operations that only run asynchronously: it is put into a graph node by node. */
  readonly embedded: OwnTopology | null;
  /** A graph model that can be put into a graph node by node where a call cannot be traced. */
  readonly own: OwnTopology | null;
  /** The call to trace, for arguments whose plain values are fixed. */
  traceable(values: readonly Argument[], fetches: readonly string[] | null): Traceable;
}

/**
 * @param captures tensors made outside of a function or a layer that it uses and that never change
 * @throws UserError when `model` is neither a model of tfjs nor a function
 */
export function targetOf(model: Compilable, captures: Traceable['captures'] = []): Target {
  if (typeof model === 'function') return functionTarget(model, captures);
  if (isLayersModel(model)) return layersTarget(model, captures);
  if (typeof model === 'object' && 'execute' in model && 'outputNodes' in model) return graphTarget(model);
  throw new UserError('Only a layers model, a graph model or a function of tensors can be compiled; a SavedModel is a graph already.');
}

function functionTarget(call: (...inputs: Tensor[]) => unknown, captures: Traceable['captures']): Target {
  return {
    kind: 'function',
    inputNames: [],
    embedded: null,
    own: null,
    outputNames: () => [],
    traceable: (values, fetches) => {
      refuseFetches(fetches, 'A function');
      return {
        layers: [],
        captures,
        call: (tensors) => {
          const queue = [...tensors];
          return call(...(values.map((value) => (isTensor(value) ? queue.shift() : value)) as Tensor[]));
        },
      };
    },
  };
}

function layersTarget(model: LayersModel, captures: Traceable['captures']): Target {
  // A sequential model has no names until it is built, which counting builds.
  if (((model.inputNames as readonly string[] | undefined) ?? []).length === 0 && model.layers.length > 0) model.countParams?.();
  return {
    kind: 'layers-model',
    inputNames: model.inputNames,
    embedded: null,
    own: null,
    outputNames: () => model.outputNames,
    traceable: (_values, fetches) => {
      refuseFetches(fetches, 'A layers model');
      return {
        layers: model.layers,
        captures,
        call: (tensors) => model.apply(tensors.length === 1 ? tensors[0] : tensors, { training: false }),
      };
    },
  };
}

function graphTarget(model: GraphModel): Target {
  // A table of the model is among its inputs, and nobody feeds it.
  const inputNames = model.inputs
    .filter(({ dtype }) => (dtype as string | null | undefined) !== null && dtype !== 'resource')
    .map(({ name }) => name);
  const topology = topologyOf(model);
  return {
    kind: 'graph-model',
    inputNames,
    embedded: topology === null || controlFlowOf(topology).length === 0 ? null : { model, topology },
    own: topology === null ? null : { model, topology },
    outputNames: (fetches) => fetches ?? model.outputNodes,
    traceable: (_values, fetches) => ({
      layers: [],
      captures: Object.values(model.weights).flat(),
      call: (tensors) => {
        const named = Object.fromEntries(tensors.map((tensor, index) => [inputNames[index] ?? '', tensor]));
        return withoutControlFlow(() => (fetches === null ? model.predict(named) : model.execute(named, [...fetches])));
      },
    }),
  };
}

function refuseFetches(fetches: readonly string[] | null, what: string): void {
  if (fetches !== null) throw new UserError(`${what} has no named nodes to fetch: call execute() with the inputs alone.`);
}

/** tfjs refuses operations whose shape or path depends on values in `execute`; its message names them. */
function withoutControlFlow(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('dynamic op')) throw error;
    const op = /dynamic op '?([^'\s.]+)'?/.exec(error.message)?.[1] ?? 'unknown';
    throw new UserError(
      `The graph model's operation ${op} decides in JavaScript what runs next (control flow), so it cannot be traced: make the first call of each input signature with predictAsync or executeAsync of the compiled model.`,
      undefined,
      { cause: error },
    );
  }
}
