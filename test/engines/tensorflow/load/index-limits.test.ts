import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { indexLimit, type FlowBody, type FlowNode } from '../../../../src/engines/tensorflow/load/index-limits.js';
import { loadModel } from '../../../../src/engines/tensorflow/load/load.js';
import { outputsOf, tf } from './helpers.js';

/** `name: Op(inputs) [shape] {functions}`, one node a line. */
function body(text: string, parameters: readonly string[] = [], returns: readonly string[] = []): FlowBody {
  const nodes = text
    .trim()
    .split('\n')
    .map((line): FlowNode => {
      const [, name = '', op = '', inputs = '', shape, calls] =
        /^\s*(\S+): (\w+)\(([^)]*)\)(?: \[([^\]]*)\])?(?: \{([^}]*)\})?$/.exec(line) ?? [];
      return {
        name,
        op,
        inputs: inputs.split(', ').filter((one) => one !== ''),
        shape: shape === undefined ? null : shape.split(',').map(Number),
        calls: calls?.split(', ') ?? [],
      };
    });
  return { parameters, nodes, returns };
}

const limitOf = (main: string, functions: Readonly<Record<string, FlowBody>> = {}): number | undefined =>
  indexLimit({ main: body(main), functions: new Map(Object.entries(functions)) }, 'x');

describe('an input is followed', () => {
  test.each<[string, string, number | undefined]>([
    ['to a lookup', 'w: Const() [5,4]\ny: GatherV2(w, x, axis)', 5],
    ['through what keeps values', 'w: Const() [5,4]\nc: Cast(x:0)\nr: Reshape(c, s)\nk: ConcatV2(r, r, axis)\ny: GatherV2(w, k, axis)', 5],
    ['to the smaller of two tables', 'w: Const() [5,4]\nv: VarHandleOp() [3,4]\na: GatherV2(w, x, axis)\nb: ResourceGather(v, x)', 3],
    ['to a table behind other nodes', 'w: Const() [6,4]\nr: Identity(w)\ny: GatherNd(r, x)', 6],
    ['not through arithmetic', 'w: Const() [5,4]\nm: Mul(x, x)\ny: GatherV2(w, m, axis)', undefined],
    ['not as the table itself', 'i: Const() [2]\ny: GatherV2(x, i, axis)', undefined],
    ['not by control', 'w: Const() [5,4]\nn: Identity(^x)\ny: GatherV2(w, n, axis)', undefined],
  ])('%s', (_, main, limit) => {
    expect(limitOf(main)).toBe(limit);
  });

  const lookup = body('g: ResourceGather(table, ids)\nout: Identity(g:output:0)', ['table', 'ids'], ['out:output:0']);

  test('into a function whose table the caller hands in', () => {
    expect(limitOf('v: VarHandleOp() [7,4]\ny: StatefulPartitionedCall(v, x) {f}', { f: lookup })).toBe(7);
  });

  test('out of a function, and into one within another', () => {
    const cast = body('c: Cast(ids)', ['ids'], ['c:y:0']);
    const outer = body('n: PartitionedCall(i) {cast}\ng: GatherV2(t, n:output:0, axis)', ['t', 'i'], ['g']);
    expect(limitOf('w: Const() [4,2]\ny: PartitionedCall(w, x) {outer}', { outer, cast })).toBe(4);
  });

  test('into branches, after their condition', () => {
    expect(limitOf('v: VarHandleOp() [9,4]\np: Const() []\ny: StatelessIf(p, v, x) {f, f}', { f: lookup })).toBe(9);
  });

  test('functions that call themselves end', () => {
    expect(limitOf('y: PartitionedCall(x) {f}', { f: body('n: PartitionedCall(i) {f}', ['i'], ['n']) })).toBeUndefined();
  });
});

test('a layers model within another, with a table of 3 rows and float ids, is fed ids that fit', async () => {
  const ids = tf.input({ shape: [2] });
  const inner = tf.model({ inputs: ids, outputs: tf.layers.embedding({ inputDim: 3, outputDim: 2 }).apply(ids) as never });
  const x = tf.input({ shape: [2], name: 'plan' });
  const other = tf.input({ shape: [1], name: 'amount' });
  const joined = tf.layers
    .concatenate()
    .apply([tf.layers.flatten().apply(inner.apply(tf.layers.reshape({ targetShape: [2] }).apply(x))) as never, other] as never);
  const folder = mkdtempSync(path.join(tmpdir(), 'nested-'));
  await tf.model({ inputs: [x, other], outputs: joined as never }).save(`file://${folder}`);
  const loaded = await loadModel(folder, { tf, batch: 40 });
  expect(loaded.notes[0]).toContain('plan (ids below 3), amount (normal random numbers)');
  expect(await outputsOf(loaded.variants[0]!)).toHaveLength(1);
  loaded.dispose();
});
