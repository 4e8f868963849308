/** Models that nobody here made, with no options: their inputs are made up, every level runs, and all give the same. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { compareModels } from '../../../src/measure/pairs/compare-models.js';
import { ONNXRUNTIME } from '../../../src/engines/onnxruntime/engine.js';
import { outputParity, outputValues } from '../../../src/measure/outputs.js';
import { npmProject, onnxModels, type OnnxModel } from '../../helpers/onnx-models.js';

const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-onnx-models-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What is fed: sizes that the file does not tell, and values that the model asks for. */
const MODELS: Readonly<Record<OnnxModel, string>> = {
  magika: 'int32[1,2048]',
  silero: 'float32[1,224], float32[2,1,128], int64[]',
  sileroIfless: 'float32[1,224], int64[], float32[2,1,128]',
  sileroHalf: 'float32[1,224], float32[2,1,128]',
  detection: 'float32[1,3,224,224]',
  recognition: 'float32[1,3,48,48]',
  classification: 'float32[1,3,224,224]',
  pitch: 'float32[1,43844,1]',
  minilm: 'int64[1,16], int64[1,16], int64[1,16]',
};

describe.each(Object.entries(MODELS) as [OnnxModel, string][])('%s', (name, signature) => {
  it('runs at every level, and gives the same', async (context) => {
    const models = await onnxModels(context, [name]);
    const engine = await ONNXRUNTIME.open();
    const loaded = await engine.load(models[name], {});
    try {
      expect(loaded.inputSignature).toBe(signature);
      const outputs = [];
      for (const variant of loaded.variants) {
        await variant.prepare();
        outputs.push(outputValues(engine.outputsOf(await variant.call()), []));
      }
      for (const other of outputs.slice(1)) {
        const parity = outputParity(outputs[0]!, other);
        expect(parity).toMatchObject({ kind: 'compared' });
        const { absolute, relative } = parity as { absolute: number | null; relative: number | null };
        // Of the detection's sigmoid nothing is left but 1e-5 where there is no text: the absolute difference counts there.
        expect(Math.min(relative ?? Infinity, (absolute ?? Infinity) * 100)).toBeLessThan(1e-4);
      }
      expect(outputs).toHaveLength(5);
    } finally {
      loaded.dispose();
    }
  });
});

describe.each(['onnx-1.21', 'onnx-1.24'])("the project's own %s", (name) => {
  it('is profiled, without TensorFlow, at every level, with kernels of a second session', async (context) => {
    const project = await npmProject(name, context);
    const out = path.join(folder, name);
    const args = ['profile', path.resolve('test/fixtures/onnx-tiny.onnx'), '--quick', '--calls', '20', '--json', '--out', out];
    const { stdout } = await execa(process.execPath, [path.resolve('dist/cli/main.js'), ...args], { cwd: project });
    const report = JSON.parse(stdout) as {
      environment: { packages: Record<string, string> };
      variants: { key: string; calls: number; kernels: { op: string }[] }[];
      notes: string[];
    };
    expect(report.environment.packages['onnxruntime-node']).toMatch(name.replace('onnx-', ''));
    expect(report.variants.map(({ key }) => key)).toEqual(
      ['disabled', 'basic', 'extended', 'all', 'offline'].map((level) => `${level}/run`),
    );
    for (const { calls } of report.variants) expect(calls).toBeGreaterThan(0);
    const kernels = (level: string): string[] => report.variants.find(({ key }) => key === `${level}/run`)!.kernels.map(({ op }) => op);
    expect(kernels('disabled').sort()).toEqual(['Add', 'MatMul', 'Relu', 'Sigmoid']);
    expect(kernels('all')).toContain('FusedGemm');
    expect(report.notes).toContainEqual(expect.stringMatching(/^Kernels are those of second sessions, .* and this is 1\.2/));
    expect(existsSync(path.join(out, 'report.html'))).toBe(true);
  });
});

it.for([
  ['pitch', 'pitchSavedModel'],
  ['pitchGraph', 'pitch'],
] as const)(
  '%s against %s: a network that its makers export to both runtimes gives the same in both',
  async ([baseline, candidate], context) => {
    const models = await onnxModels(context, [baseline, candidate]);
    const { recordings } = await compareModels(
      { model: models[baseline], options: {} },
      { model: models[candidate], options: {} },
      { pairs: 1, maxPairs: 1, settleSeconds: 0, duration: 0.05, out: path.join(folder, `${baseline}-${candidate}`) },
    );
    const parity = recordings.find((recording) => recording.parity !== undefined)?.parity;
    // Its three outputs have other names on each side, and come in another order.
    expect(parity).toMatchObject({ kind: 'compared', outputs: 3 });
    const { relative } = parity as { relative: number };
    expect(relative).toBeGreaterThan(0);
    expect(relative).toBeLessThan(1e-4);
  },
);
