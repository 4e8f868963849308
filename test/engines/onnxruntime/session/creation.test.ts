import { describe, expect, it } from 'vitest';
import { readCreationLog } from '../../../../src/engines/onnxruntime/session/creation-log.js';
import { seeCreation, seeOptimisedGraph } from '../../../../src/engines/onnxruntime/session/helper-session.js';
import { entry, fixture } from './support.js';

const LOG = `
2026-11-30 23:59:59.900000000 [I:onnxruntime:, inference_session.cc:764 TraceSessionOptions] Session Options {  execution_mode:0 }
2026-11-30 23:59:59.950000000 [I:onnxruntime:, inference_session.cc:2610 Initialize] Initializing session.
2026-11-30 23:59:59.960000000 [V:onnxruntime:, graph_transformer_mgr.cc:55 ApplyTransformers] Applying graph transformer ConstantFolding on step 1.
\u001b[0;93m2026-11-30 23:59:59.990000001 [I:onnxruntime:, graph_transformer.cc:15 Apply] GraphTransformer ConstantFolding modified: 1 with status: OK\u001b[m
2026-12-01 00:00:00.000000000 [V:onnxruntime:, graph_transformer_mgr.cc:55 ApplyTransformers] Applying graph transformer ConstantFolding on step 2.
2026-12-01 00:00:00.010000000 [I:onnxruntime:, graph_transformer.cc:15 Apply] GraphTransformer ConstantFolding modified: 0 with status: OK
something that the program prints
2026-12-01 00:00:00.020000000 [I:onnxruntime:, graph_transformer.cc:15 Apply] GraphTransformer MemcpyTransformer modified: 0 with status: OK
2026-12-01 00:00:00.030000000 [V:onnxruntime:, session_state.cc:1377 VerifyEachNodeIsAssignedToAnEp] Node placements
2026-12-01 00:00:00.100000000 [I:onnxruntime:, inference_session.cc:3094 Initialize] Session successfully initialized.
`;

describe('readCreationLog', () => {
  it('adds runs of a pass up, each from the line before it, past midnight', () => {
    expect(readCreationLog(LOG)).toEqual([
      { name: 'load the model', runs: 1, nanos: 50_000_000, step: 'load', changedRuns: 0 },
      { name: 'ConstantFolding', runs: 2, nanos: 40_000_001, step: 'pass', changedRuns: 1 },
      { name: 'MemcpyTransformer', runs: 1, nanos: 10_000_000, step: 'pass', changedRuns: 0 },
      { name: 'pack weights and plan memory', runs: 1, nanos: 70_000_000, step: 'pack-and-plan', changedRuns: 0 },
    ]);
  });

  it('gives nothing of a log that does not tell of a whole session', () => {
    expect(readCreationLog('')).toEqual([]);
    expect(readCreationLog(LOG.replace(/.*Node placements\n/, ''))).toEqual([]);
    expect(readCreationLog(LOG.replace(/.*successfully.*\n/, ''))).toEqual([]);
  });
});

describe('seeCreation', () => {
  it('finds the pass that puts MatMul and Add together, and no pass where none is to run', async () => {
    const see = (graphOptimizationLevel: string) =>
      seeCreation({ entry, model: { kind: 'path', path: fixture('tiny') }, options: { graphOptimizationLevel } });
    const all = await see('all');
    if ('reason' in all) throw new Error(all.reason);
    expect(all.passes.find(({ name }) => name === 'MatMulAddFusion')).toMatchObject({ step: 'pass', changedRuns: 1 });
    expect(all.passes.map(({ step }) => step)).toEqual(['load', ...Array<string>(all.passes.length - 2).fill('pass'), 'pack-and-plan']);
    expect(all.passes.every(({ nanos, runs }) => nanos > 0 && runs > 0)).toBe(true);
    const disabled = await see('disabled');
    if ('reason' in disabled) throw new Error(disabled.reason);
    expect(disabled.passes.map(({ name }) => name)).not.toContain('MatMulAddFusion');
  });

  it('says why, where a model cannot be made', async () => {
    expect(await seeCreation({ entry, model: { kind: 'path', path: 'no/such.onnx' }, options: {} })).toEqual({
      reason: expect.stringMatching(/^the process that looked at them failed \(Load model .*no\/such\.onnx failed/) as string,
    });
  });
});

it('reads the optimised graph of a model whose weights lie beside it: they are not beside the graph', async () => {
  const model = { kind: 'path', path: 'test/fixtures/onnx-external/model.onnx' } as const;
  const seen = await seeOptimisedGraph({ entry, model, options: { graphOptimizationLevel: 'basic' } });
  expect(seen).toMatchObject({ graph: { outputs: [{ kind: 'tensor' }] } });
});
