import { expect, test } from 'vitest';
import type { Analysis } from '../../src/model/analysis.js';
import type { OptimiserPass } from '../../src/model/run-facts.js';
import { PASSES } from '../../src/report/topics/passes.js';

function told(passes: readonly OptimiserPass[]): string {
  const { markdown } = PASSES;
  if (typeof markdown !== 'function') throw new Error('passes have no text');
  return markdown({ analysis: { passes } as unknown as Analysis } as Parameters<typeof markdown>[0]);
}

test('passes of TensorFlow are told with nodes', () => {
  const text = told([{ name: 'remapper', runs: 2, nanos: 1.5e6, nodeChange: -3, nodesAfter: 12 }]);
  expect(text).toContain('Passes of TensorFlow’s graph optimiser (Grappler) before the first run, 1.50 ms in all');
  expect(text).toMatch(/remapper.*\| +2 +\| +1\.50 ms +\| +−3 +\| +12 +\|/);
});

test('making an ONNX Runtime session is told by part, without nodes that nobody counted', () => {
  const text = told([
    { name: 'load the model', runs: 1, nanos: 4e6, step: 'load', changedRuns: 0 },
    { name: 'ConstantFolding', runs: 3, nanos: 2e6, step: 'pass', changedRuns: 1 },
    { name: 'BiasGeluFusion', runs: 2, nanos: 1e6, step: 'pass', changedRuns: 0 },
    { name: 'pack weights and plan memory', runs: 1, nanos: 3e6, step: 'pack-and-plan', changedRuns: 0 },
  ]);
  expect(text).toContain(
    'Making a session takes 10.0 ms: 4.00 ms to load the model, 3.00 ms in passes of the graph optimiser, 3.00 ms to pack weights and plan memory.',
  );
  expect(text).toMatch(/ConstantFolding.*\| +3 +\| +2\.00 ms +\| +1 +\|/);
  expect(text).toMatch(/BiasGeluFusion.*\| +2 +\| +1\.00 ms +\| +– +\|/);
  expect(text).not.toContain('Grappler');
  expect(text).not.toContain('nodes');
});
