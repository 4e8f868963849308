import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPasses } from '../../../../src/engines/tensorflow/session/passes.js';

const line = (name: string, after: number, change: number, millis: string): string =>
  `2026-11-25 08:26:02.921549: I tensorflow/core/grappler/optimizers/meta_optimizer.cc:972] ${name}: Graph size after: ${after} nodes (${change}), 5 edges (-15), time = ${millis}ms.`;

describe('readPasses', () => {
  it('adds up the runs of a pass at the place of the first, and passes over every other line', () => {
    const log = [
      '2026-11-25 08:26:02.921359: I tensorflow/core/grappler/optimizers/meta_optimizer.cc:790] Optimize GrapplerItem: item.id=tf_graph num_optimizers=13, num nodes = 15',
      line('model_pruner', 6, -9, '0.094'),
      line('tfg_optimizer{any(tfg-consolidate-attrs,tfg-shape-inference{graph-version=0},tfg-prepare-attrs-export)}', 6, 0, '6.189'),
      'a line of somebody else',
      line('function_optimizer', 29, 23, '7.913'),
      line('model_pruner', 18, -11, '0.102'),
    ].join('\n');
    expect(readPasses(log)).toEqual([
      { name: 'model_pruner', runs: 2, nanos: 196_000, nodeChange: -20, nodesAfter: 18 },
      { name: 'tfg_optimizer', runs: 1, nanos: 6_189_000, nodeChange: 0, nodesAfter: 6 },
      { name: 'function_optimizer', runs: 1, nanos: 7_913_000, nodeChange: 23, nodesAfter: 29 },
    ]);
  });

  it('reads any text without a complaint', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), (text) => {
        expect(readPasses(text)).toEqual([]);
      }),
    );
  });
});
