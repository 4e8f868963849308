import { createRequire } from 'node:module';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineOf, inProcessEngineOf, looksLikeModel } from '../../src/engines/engines.js';
import { profileModel, type ProfileResult } from '../../src/measure/profile.js';
import { readRecording } from '../../src/record/reader.js';
import { FAKE, library } from './fake-engine.js';

const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-engines-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const modelOf = (name: string, dtype = 'float32'): string => {
  const file = path.join(folder, `${name}.fake.json`);
  writeFileSync(file, JSON.stringify({ factors: [2, 3, 4, 5], dtype }));
  return file;
};

describe('an engine that is only the interface', () => {
  const before = { ...library };
  let result: ProfileResult;
  const read = (format: string): string => readFileSync(result.files.find((file) => file.format === format)!.path, 'utf8');
  beforeAll(async () => {
    const out = path.join(folder, 'run');
    result = await profileModel(modelOf('times'), { engine: FAKE, calls: 64, batch: 3, graphPasses: true, js: true, out });
  });

  it('is profiled to the page, the text and the JSON', () => {
    const report = JSON.parse(read('json')) as { model: string; runtime: string; variants: { key: string; calls: number }[] };
    expect(report).toMatchObject({ runtime: 'fake-model', inputSignature: 'float32[3,2000]', environment: { backend: 'fake' } });
    expect(report.variants.map(({ key }) => key)).toEqual(['step-by-step/run', 'folded/run']);
    for (const text of [read('html'), read('markdown')]) {
      expect(text).toContain('step-by-step/run');
      expect(text).toContain('fake-model');
      expect(text).toContain('This engine is made up.');
      expect(text).toContain('The fake library has no seam for its uploads.');
      expect(text).toContain('The passes of the graph optimiser are not shown: this engine does not show them.');
    }
  });

  it('has stages that add up, kernels with times, calls traced inside, and trials of what any engine can try', () => {
    const { variants, comparisons } = result.analysis;
    const [steps, folded] = variants;
    for (const one of [steps!, folded!]) {
      expect(one.calls).toBeGreaterThan(0);
      const { 'data-adapter': adapter, 'kernel-execution': kernels, fetch } = one.stages;
      for (const stage of [adapter, kernels, fetch]) expect(stage.nanosPerCall).toBeGreaterThan(0);
      expect(one.kernels.map(({ op }) => op)).toEqual(['Multiply']);
    }
    expect(steps!.kernels[0]!.count / folded!.kernels[0]!.count).toBeCloseTo(4, 0);
    expect(comparisons.map(({ candidate }) => candidate)).toContain('folded/run');
    const { calls, trials } = readRecording(path.join(result.folder, 'recordings', 'main.isr'));
    expect(calls.filter(({ traced }) => traced).length).toBeGreaterThan(5);
    expect(trials!.map(({ id }) => id).sort()).toEqual(['batch-up', 'keep-tensors']);
    expect(existsSync(path.join(result.folder, 'js', 'stacks.json'))).toBe(true);
  });

  it('needs no TensorFlow, and gets its library back as it was', () => {
    expect(Object.keys(createRequire(import.meta.url).cache).filter((file) => file.includes('@tensorflow'))).toEqual([]);
    if (process.platform === 'linux') expect(readFileSync('/proc/self/maps', 'utf8')).not.toContain('libtensorflow');
    expect(library).toEqual(before);
  });

  it('is not asked for what it does not have, nor fed what it cannot carry', async () => {
    const traffic = [
      { batch: 1, calls: 5 },
      { batch: 2, calls: 5 },
    ];
    await expect(profileModel(modelOf('times'), { engine: FAKE, traffic })).rejects.toThrow(
      '--traffic tries graphs for each batch size, and fake builds none: leave it out.',
    );
    await expect(profileModel(modelOf('half', 'float16'), { engine: FAKE })).rejects.toThrow(
      'The input x is float16, which Fake cannot feed: export the model with a float32, int64 or bool input.',
    );
    await expect(profileModel(modelOf('any', 'constructor'), { engine: FAKE })).rejects.toThrow('is constructor, which Fake cannot feed');
  });
});

describe('the table of engines', () => {
  it.each([
    ['test/fixtures/layers-tiny', undefined, 'tensorflow', 'in-process'],
    ['test/fixtures/layers-tiny/model.json', undefined, 'tensorflow', 'in-process'],
    ['test/fixtures/saved-model-tiny', undefined, 'tensorflow', 'in-process'],
    ['test/fixtures/saved-model-tiny', 'keras', 'keras', 'own-process'],
    ['no/such/model.keras', undefined, 'keras', 'own-process'],
    ['models.py:tiny', undefined, 'keras', 'own-process'],
    ['models.py', undefined, 'tensorflow', 'in-process'],
    ['no/such/model', undefined, 'tensorflow', 'in-process'],
  ])('%s (runtime %s) is run by %s', (model, runtime, name, runs) => {
    expect(engineOf(model, runtime)).toMatchObject({ name, runs });
  });

  it('an object, and what only an engine of another process takes, goes to the one of this process', () => {
    expect(inProcessEngineOf({}).name).toBe('tensorflow');
    expect(inProcessEngineOf('model.keras').name).toBe('tensorflow');
  });

  it('tells models from other paths', () => {
    expect(looksLikeModel('test/fixtures/layers-tiny')).toBe(true);
    expect(looksLikeModel('model.h5')).toBe(true);
    expect(looksLikeModel('package.json')).toBe(false);
    expect(looksLikeModel('no/such/folder')).toBe(false);
  });
});
