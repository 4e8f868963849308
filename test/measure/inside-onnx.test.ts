import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { profileModel } from '../../src/measure/profile.js';

const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-inside-onnx-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(process.platform !== 'linux')('a profile of an ONNX model [needs Linux]', () => {
  it('shows the kernels of each level, what fused ones hold, their work, the machine’s peak and the steps of session creation', async () => {
    const { analysis } = await profileModel('test/fixtures/onnx-fusions.onnx', {
      batch: 2,
      calls: 40,
      variants: ['disabled', 'extended', 'offline'],
      out: path.join(folder, 'fusions'),
      quick: true,
      graphPasses: true,
    });
    const variant = (name: string) => analysis.variants.find((each) => each.name === name)!;
    const ops = (name: string): string[] => variant(name).kernels.map(({ op }) => op);
    expect(ops('disabled')).toEqual(expect.arrayContaining(['Conv', 'Relu', 'Erf', 'Transpose']));
    expect(ops('extended')).toEqual(expect.arrayContaining(['FusedConv', 'Gelu', 'FusedMatMul']));
    expect(ops('extended')).not.toContain('Erf');
    const gelu = variant('extended').kernels.find(({ op }) => op === 'Gelu')!;
    expect(gelu.fused).toEqual(['Div', 'Erf', 'Add', 'Mul']);
    // The file that is opened holds the optimised graph; what that holds is told from the model all the same.
    expect(variant('offline').kernels.find(({ op }) => op === 'Gelu')!.fused).toEqual(['Div', 'Erf', 'Add', 'Mul']);
    expect(analysis.passes!.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['load the model', 'MatMulAddFusion', 'pack weights and plan memory']),
    );
    const page = readFileSync(path.join(folder, 'fusions/report.html'), 'utf8');
    expect(page).toContain('Making a session takes');
    expect(page).toContain('Kernels against the machine');
    // Nothing was missing, so nothing is said to be.
    expect(page).not.toMatch(/are not seen|is not known:/);
  });

  it('tells a loop iteration by iteration', async () => {
    const count = path.join(folder, 'count.json');
    writeFileSync(count, '7');
    const { analysis } = await profileModel('test/fixtures/onnx-loop.onnx', {
      inputs: [`count=${count}`],
      calls: 40,
      variants: ['all'],
      out: path.join(folder, 'loop'),
      quick: true,
    });
    const [variant] = analysis.variants;
    expect(variant!.kernels.find(({ op }) => op === 'MatMul')!.count).toBe(7);
    expect(variant!.loops.find(({ op }) => op === 'MatMul')!.iterationNanos).toHaveLength(7);
  });
});
