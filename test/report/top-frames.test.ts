import { expect, it } from 'vitest';
import type { FlameNode } from '../../src/model/analysis.js';
import { topFrames } from '../../src/analyse/findings/top-frames.js';
import { drawTree } from '../helpers/drawn-analysis.js';

/** A drawn tree in which frames with these names are of the given kinds. */
const drawn = (text: string, kinds: Readonly<Record<string, FlameNode['kind']>>): FlameNode => {
  const go = (node: FlameNode): FlameNode => ({ ...node, kind: kinds[node.name] ?? node.kind, children: node.children.map(go) });
  return go(drawTree(text));
};

it('adds up frames of one name, the heaviest first, and leaves out what has no time of its own', () => {
  const tree = drawTree('predict 0\n  kernel-execution 0\n    MatMul 300\n    Relu 500\n    outer 0\n      MatMul 400');
  expect(topFrames(tree, 9).map(({ name, selfNanos, count }) => [name, selfNanos, count])).toEqual([
    ['MatMul', 70_000, 200],
    ['Relu', 50_000, 100],
  ]);
  expect(topFrames(tree, 1).map(({ name, share }) => [name, share.toFixed(3)])).toEqual([['MatMul', '0.583']]);
});

it('gives the native part of an operation to the operation, without counting its runs twice; of functions only samples are known', () => {
  const tree = drawn('predict 10\n  MatMul 100\n    tf_op_MatMul 400\n  render 50', { tf_op_MatMul: 'native', render: 'script' });
  expect(topFrames(tree, 9).map(({ name, selfNanos, count }) => [name, selfNanos, count])).toEqual([
    ['MatMul', 50_000, 100],
    ['render', 5000, null],
    ['predict', 1000, 100],
  ]);
});

it('counts an operation once where the dispatch and the native operation inside of it share a name; a layer of that name is another row', () => {
  const tree = drawn('predict 0\n  Relu 20\n    Relu 100\n      Relu 300\n    Relu 50', {});
  const kinds = ['call', 'layer', 'dispatch', 'kernel', 'dispatch'] as const;
  let next = 0;
  const withKinds = (node: FlameNode): FlameNode => ({ ...node, kind: kinds[next++] ?? node.kind, children: node.children.map(withKinds) });
  const rows = topFrames(withKinds(tree), 9);
  expect(rows.map(({ name, selfNanos, count }) => [name, selfNanos, count])).toEqual([
    ['Relu', 45_000, 200],
    ['Relu', 2000, 100],
  ]);
});
