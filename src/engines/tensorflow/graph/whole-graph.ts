/** A graph model's own graph, node by node: what is taken where its calls cannot be traced. */
import { EXIT, UserError } from '../../../model/errors.js';
import { drawsRandom, embedGraph } from './embed-graph.js';
import type { Graph } from './graph.js';
import type { Backend, GraphModel } from './tfjs.js';
import type { Topology } from './topology.js';
import type { ResultShape, Trace } from './trace-model.js';

/** A graph model with the topology it was made from. */
export interface OwnTopology {
  readonly model: GraphModel;
  readonly topology: Topology;
}

export interface WholeGraph {
  /** @throws UserError when an operation or a constant of the model cannot be put into a graph */
  graph(): Graph;
  /** What of its results can be compared: with random numbers only their types and shapes. */
  readonly check: 'values' | 'types';
}

/** `fetches`: nodes to fetch, null for the model's outputs. */
export const wholeGraphOf = (backend: Backend, { model, topology }: OwnTopology, fetches: readonly string[] | null = null): WholeGraph => ({
  graph: () => embedGraph(backend, model, topology, fetches ?? model.outputNodes),
  check: drawsRandom(topology) ? 'types' : 'values',
});

/** A folder that cannot be written and a mistaken option are the same whichever way a graph is made. */
export const mayGoAnotherWay = (error: unknown): boolean =>
  !(error instanceof UserError && (error.exitCode === EXIT.io || error.exitCode === EXIT.usage));

/** Without the place in JavaScript and the advice, which are for a user's own code: a converted model has none. */
export const wholeNote = (reason: string): string => {
  const why = reason
    .replace(/^This model cannot be traced into a graph: /, '')
    .replace(/ \([^()]*:\d+:\d+\)/, '')
    .replace(/\. .*$/, '');
  return `The graph is the model's own, node by node, because its calls cannot be traced: ${why}.`;
};

/** What is kept of a graph that was not traced. */
export const untracedCall = (result: ResultShape): Trace => ({
  inputs: [],
  constants: [],
  nodes: [],
  outputs: [],
  outputTypes: [],
  result,
  folded: [],
  capturedIds: new Set(),
});
