/** When two levels of the optimiser make the same graph of a model. */
import { expect, it } from 'vitest';
import type { OnnxGraph, OnnxNode } from '../../../src/engines/onnxruntime/load/graph.js';
import { operationsOf, sameGraphNotes } from '../../../src/engines/onnxruntime/same-graph.js';

const node = (op: string, inputs: string[], outputs: string[], more: Partial<OnnxNode> = {}): OnnxNode => ({
  name: '',
  op,
  domain: '',
  inputs,
  outputs,
  attributes: new Map(),
  ...more,
});
const graph = (...nodes: OnnxNode[]): OnnxGraph => ({ name: '', nodes, inputs: [], outputs: [], initialisers: new Map() });
const branch = (op: string): OnnxNode =>
  node('If', ['c'], ['y'], { attributes: new Map([['then_branch', { kind: 'graphs', value: [graph(node(op, ['x'], ['y']))] }]]) });

it.each([
  [
    'another order and other names of nodes',
    true,
    graph(node('A', ['x'], ['y'], { name: 'n' }), node('B', ['y'], ['z'])),
    graph(node('B', ['y'], ['z']), node('A', ['x'], ['y'])),
  ],
  [
    'a constant that became a weight',
    true,
    graph(node('Constant', [], ['c']), node('A', ['x', 'c'], ['y'])),
    graph(node('A', ['x', 'c'], ['y'])),
  ],
  ['a node that was folded into its input', false, graph(node('A', ['x'], ['y'])), graph(node('A', ['folded'], ['y']))],
  ['a fused one', false, graph(node('Conv', ['x'], ['y'])), graph(node('Conv', ['x'], ['y'], { domain: 'com.microsoft.nchwc' }))],
  ['other operations in a branch', false, graph(branch('Relu')), graph(branch('Tanh'))],
])('%s: the same graph %s', (_, same, one, other) => {
  const notes = sameGraphNotes(
    new Map([
      ['a/run', operationsOf(one)],
      ['b/run', operationsOf(other)],
    ]),
  );
  expect(notes).toEqual(same ? [{ kind: 'same-graph', variants: ['a/run', 'b/run'] }] : []);
});
