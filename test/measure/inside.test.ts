import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { compileModel } from '../../src/engines/tensorflow/compile-model.js';
import { profileModel } from '../../src/measure/profile.js';
import type { FlameNode, VariantAnalysis } from '../../src/model/analysis.js';
import { layersOf } from '../../src/model/layers.js';
import { plainOp } from '../../src/model/work.js';

const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-inside-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const fixture = (name: string): string => path.resolve('test/fixtures', name);
const out = (name: string): string => path.join(folder, name);

/** Names of frames of a kind with the path of layers above them, over the whole tree. */
function framesOf(node: FlameNode, kind: string, above = ''): string[] {
  const here = node.kind === 'layer' ? (above === '' ? node.name : `${above}/${node.name}`) : above;
  return [
    ...(node.kind === kind ? [kind === 'layer' ? here : `${here}: ${node.name}`] : []),
    ...node.children.flatMap((child) => framesOf(child, kind, here)),
  ];
}

const byName = (variants: readonly VariantAnalysis[], name: string): VariantAnalysis => variants.find((variant) => variant.name === name)!;

describe('a profile of a layers model', () => {
  it("shows native time of eager operations, lines its layers up with the fused graph's, and holds both against the machine", async () => {
    const { analysis } = await profileModel(fixture('layers-tiny'), {
      batch: 32,
      calls: 80,
      variants: ['uncompiled/predict', 'graph'],
      out: out('layers'),
      quick: true,
    });
    const eager = byName(analysis.variants, 'uncompiled');
    const graph = byName(analysis.variants, 'graph');
    const product = eager.kernels.find(({ op }) => plainOp(op) === 'BatchMatMulV2')!;
    expect(product.nativeNanosPerCall).toBeGreaterThan(0);
    expect(product.nativeNanosPerCall).toBeLessThan(product.nanosPerCall);
    for (const { nativeNanosPerCall } of graph.kernels) expect(nativeNanosPerCall).toBeNull();
    expect(framesOf(graph.tree, 'layer')).toEqual(expect.arrayContaining(['hidden', 'answer']));
    const [comparison] = analysis.comparisons;
    const rows = new Map(layersOf(comparison!).map((row) => [row.layer, row]));
    for (const layer of ['hidden', 'answer']) {
      expect(rows.get(layer)?.baseline.operations.map(({ op }) => plainOp(op))).toContain('BatchMatMulV2');
      expect(rows.get(layer)?.candidate.operations.map(({ op }) => plainOp(op))).toContain('BatchMatMulV2');
    }
    expect(rows.get('hidden')!.baseline.operations.length).toBeGreaterThan(1);
    expect(analysis.peak?.flopsPerSecond).toBeGreaterThan(0);
    for (const variant of [eager, graph]) {
      expect(variant.work.find(({ op, layer }) => plainOp(op) === 'BatchMatMulV2' && layer === 'hidden')).toMatchObject({
        flopsPerCall: 2 * 32 * 4 * 2,
        count: 1,
      });
      expect(variant.sampling?.traced === 0 ? variant.sampling.tracedInWarmUp : variant.sampling?.traced).toBeGreaterThan(0);
    }
    const page = readFileSync(path.join(out('layers'), 'report.html'), 'utf8');
    for (const title of ['Layer by layer', 'Kernels against the machine', 'marshalling']) expect(page).toContain(title);
  });
});

describe('a profile of a SavedModel', () => {
  it('groups the kernels of one that compile wrote by the layers of the model it came from', async () => {
    await compileModel(fixture('layers-tiny'), out('compiled'), { checks: 1 });
    const { analysis } = await profileModel(out('compiled'), {
      batch: 32,
      calls: 40,
      variants: ['graph'],
      out: out('compiled-run'),
      quick: true,
    });
    expect(framesOf(analysis.variants[0]!.tree, 'layer')).toEqual(expect.arrayContaining(['hidden', 'answer']));
    expect(framesOf(analysis.variants[0]!.tree, 'kernel').filter((frame) => /^hidden: .*MatMul/.test(frame))).toHaveLength(1);
  });

  it("counts loop iterations and puts the kernels of a loop under its layer, with the call's own graph building", async () => {
    const { analysis, recording } = await profileModel(fixture('session/recurrent'), {
      shapes: ['1,100,8'],
      calls: 10,
      variants: ['graph'],
      out: out('loop'),
      quick: true,
    });
    const [variant] = analysis.variants;
    expect(framesOf(variant!.tree, 'kernel').filter((frame) => /^lstm: (_Mkl)?MatMul$/.test(frame))).not.toEqual([]);
    expect(variant!.kernels.find(({ op }) => plainOp(op) === 'MatMul')!.count).toBeGreaterThanOrEqual(200);
    // Warm calls build nothing; the first one did.
    expect(framesOf(variant!.tree, 'stage')).not.toContain(': graph-building');
    expect(variant!.stages['graph-building'].nanosPerCall).toBe(0);
    expect(variant!.cold[0]!.stages['graph-building'].nanosPerCall).toBeGreaterThan(0);
    expect(recording.details.some(({ repeat }) => repeat === 100)).toBe(true);
    const product = variant!.loops.find(({ op, layer }) => plainOp(op) === 'MatMul' && layer === 'lstm');
    expect(product!.iterationNanos).toHaveLength(100);
    for (const nanos of product!.iterationNanos) expect(nanos).toBeGreaterThan(0);
    const page = readFileSync(path.join(out('loop'), 'report.html'), 'utf8');
    expect(page).toMatch(/<details class="loop">\s*<summary>\s*<b>lstm<\/b> <code>[\w]+ ×100<\/code>/);
  });

  it('lists the passes of the graph optimiser when asked to', async () => {
    const { analysis } = await profileModel(fixture('session/dense'), {
      batch: 32,
      calls: 5,
      variants: ['graph'],
      out: out('passes'),
      quick: true,
      graphPasses: true,
    });
    const names = analysis.passes!.map(({ name }) => name);
    for (const name of ['model_pruner', 'remapper', 'constant_folding', 'function_optimizer']) expect(names).toContain(name);
    expect(analysis.passes).toContainEqual(
      expect.objectContaining({ name: 'remapper', nodeChange: expect.toSatisfy((change: number) => change < 0) as number }),
    );
    expect(readFileSync(path.join(out('passes'), 'report.html'), 'utf8')).toContain('Graph optimisation');
  });
});
