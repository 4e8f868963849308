import type { RunNote } from '../../model/run-facts.js';
import { bodiesOf, type OnnxGraph } from './load/graph.js';

/** Operations of a graph with what goes in and out of them, whatever their order and names: equal texts run alike. */
export function operationsOf(graph: OnnxGraph): string {
  const operations = graph.nodes
    // When a session is made, constants become tensors that the model holds.
    .filter(({ op }) => op !== 'Constant')
    .map((node) => {
      const { domain, op, inputs, outputs } = node;
      return JSON.stringify([
        domain === 'ai.onnx' ? '' : domain,
        op,
        inputs,
        outputs,
        bodiesOf(node).map(([, body]) => operationsOf(body)),
      ]);
    });
  return operations.sort().join('\n');
}

/** @param graphs operations by the key of a variant */
export function sameGraphNotes(graphs: ReadonlyMap<string, string>): RunNote[] {
  const groups = new Map<string, string[]>();
  for (const [key, operations] of graphs) groups.set(operations, [...(groups.get(operations) ?? []), key]);
  return [...groups.values()].filter(({ length }) => length > 1).map((variants) => ({ kind: 'same-graph', variants }));
}
