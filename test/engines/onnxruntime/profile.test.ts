import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileOnnxModel } from '../../../src/engines/onnxruntime/compile-model.js';
import { ONNXRUNTIME } from '../../../src/engines/onnxruntime/engine.js';
import type { Ort } from '../../../src/engines/onnxruntime/load/library.js';
import { writeOptimised } from '../../../src/engines/onnxruntime/load/variants.js';
import { engineOf } from '../../../src/engines/engines.js';
import { profileModel, type ProfileResult } from '../../../src/measure/profile.js';
import { readRecording } from '../../../src/record/reader.js';
import { expectToldAgain } from '../../helpers/told-again.js';

const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-onnx-profile-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const FIXTURES = 'test/fixtures';
const TINY = `${FIXTURES}/onnx-tiny.onnx`;

describe('a profile of an ONNX model', () => {
  let result: ProfileResult;
  beforeAll(async () => {
    result = await profileModel(TINY, { calls: 60, batch: 3, out: path.join(folder, 'run') });
  });

  it('compares the levels of the optimiser, the graph as it was exported first', () => {
    const { variants, runtime, inputSignature, environment } = result.analysis;
    expect(variants.map(({ key }) => key)).toEqual(['disabled/run', 'basic/run', 'extended/run', 'all/run', 'offline/run']);
    expect({ runtime, inputSignature }).toEqual({ runtime: 'onnxruntime', inputSignature: 'float32[3,4]' });
    expect(environment).toMatchObject({ tensorflow: null, flags: { 'onnxruntime:allow_spinning': '0' } });
    expect(result.failures).toEqual([]);
  });

  it('is told again from its folder, with the same figures on the page, in the text and in report.json', async () => {
    await expectToldAgain(path.join(folder, 'run'));
  });

  it('has stages that add up to the call to the nanosecond, the wait before the native call among them', () => {
    for (const { stages, latencyNanos } of result.analysis.variants) {
      const sum = Object.values(stages).reduce((all, { nanosPerCall }) => all + nanosPerCall, 0);
      expect(sum).toBeCloseTo(latencyNanos.mean, 3);
      for (const stage of ['data-adapter', 'queue', 'kernel-execution', 'fetch'] as const)
        expect(stages[stage].nanosPerCall, stage).toBeGreaterThan(0);
    }
  });

  it('makes each session in the first call: graph building, which no warm call has', () => {
    for (const { cold, stages } of result.analysis.variants) {
      expect(cold.map(({ causes }) => causes)).toEqual([['new-session']]);
      expect(cold[0]!.stages['graph-building'].nanosPerCall).toBeGreaterThan(0);
      expect(stages['graph-building'].nanosPerCall).toBe(0);
    }
  });

  it('tells how far the outputs of each level are from the first one’s, in page, text and report.json alike', () => {
    const read = (name: string): string => readFileSync(path.join(result.folder, name), 'utf8');
    const { comparisons } = JSON.parse(read('report.json')) as { comparisons: { candidate: string; outputs: unknown }[] };
    expect(comparisons.map(({ outputs }) => outputs)).toEqual(
      comparisons.map(() => expect.objectContaining({ kind: 'compared', outputs: 1, absolute: expect.any(Number) as number })),
    );
    const known = readRecording(path.join(result.folder, 'recordings', 'main.isr')).run!.outputs!;
    expect(known.map(({ variant }) => variant)).toEqual(comparisons.map(({ candidate }) => candidate));
    for (const file of ['report.md', 'report.html']) expect(read(file)).toContain('outputs against the baseline’s');
  });

  it('says of the model that is measured with which threads, whatever trials load it with', async () => {
    const engine = await ONNXRUNTIME.open();
    (await engine.load(TINY, { threads: 2 })).dispose();
    (await engine.load(TINY, { threads: 1, spinning: 'on' })).dispose();
    expect(engine.environment()).toMatchObject({ threads: { intraOp: 2 }, flags: { 'onnxruntime:allow_spinning': '0' } });
  });

  it('has controls, trials and the machine at its best, from models that it writes itself', () => {
    const { meta, trials, peak, run } = readRecording(path.join(result.folder, 'recordings', 'main.isr'));
    expect(meta.variants.flatMap(({ control }) => control ?? [])).toEqual(['again', 'unrecorded']);
    expect(trials!.map(({ id }) => id)).toEqual(expect.arrayContaining(['keep-tensors', 'batch-up']));
    expect(peak!.flopsPerSecond).toBeGreaterThan(1e8);
    expect(JSON.stringify(run!.notes)).toContain('graphOptimizationLevel');
    // What `extended` makes of it is what `all` makes, and what the file of `all` holds.
    expect(run!.notes).toContainEqual({ kind: 'same-graph', variants: ['extended/run', 'all/run', 'offline/run'] });
  });
});

it('all variants give the same outputs', async () => {
  const engine = await ONNXRUNTIME.open();
  const loaded = await engine.load(TINY, { batch: 2 });
  const outputs = [];
  for (const variant of loaded.variants) {
    await variant.prepare();
    outputs.push(
      engine.outputsOf(await variant.call()).map(({ name, shape, read }) => ({ name, shape, values: [...(read() as Float32Array)] })),
    );
  }
  loaded.dispose();
  const [first, ...others] = outputs;
  expect(first).toMatchObject([{ name: 'y', shape: [2, 2] }]);
  for (const other of others) other[0]!.values.forEach((value, index) => expect(value).toBeCloseTo(first![0]!.values[index]!, 6));
});

it('values of every dtype come back as they were fed', async () => {
  const engine = await ONNXRUNTIME.open();
  writeFileSync(
    path.join(folder, 'given.json'),
    JSON.stringify({ in_half: [[1, -2.5, 0.333251953125]], in_int64: [[-5, 0, 9_007_199_254_740_991]], in_string: [['a', 'ß', '']] }),
  );
  const loaded = await engine.load(`${FIXTURES}/onnx-dtypes.onnx`, { inputs: [path.join(folder, 'given.json')] });
  const outputs = engine.outputsOf(await loaded.variants[0]!.call());
  const values = Object.fromEntries(outputs.map(({ name, read }) => [name, [...(read() as Iterable<unknown>)]]));
  loaded.dispose();
  expect(values['out_half']).toEqual([1, -2.5, 0.333251953125]);
  expect(values['out_int64']).toEqual([-5n, 0n, 9_007_199_254_740_991n]);
  expect(values['out_string']).toEqual(['a', 'ß', '']);
  expect(outputs).toHaveLength(13);
});

it('sizes are tried where nothing tells them, and refused where none fits', async () => {
  const engine = await ONNXRUNTIME.open();
  const loaded = await engine.load(`${FIXTURES}/onnx-tokens.onnx`, {});
  expect(loaded.inputSignature).toBe('int32[1,16], int64[1,16], int64[1,16]');
  loaded.dispose();
  await expect(engine.load(`${FIXTURES}/onnx-tokens.onnx`, { shapes: ['input_ids=1,4', 'token_type_ids=1,5'] })).rejects.toThrow(
    'The dimension sequence_length is 4',
  );
});

it('a batch that only the header promises is refused', async () => {
  const engine = await ONNXRUNTIME.open();
  const model = `${FIXTURES}/onnx-old.onnx`;
  await expect(engine.load(model, { batch: 3 })).rejects.toThrow(
    `--batch 3 does not fit: the graph of ${model} takes a batch of 1 only, whatever its header says; leave --batch out.`,
  );
  const loaded = await engine.load(model, { batch: 1 });
  expect(loaded.inputSignature).toBe('float32[1,2,2]');
  loaded.dispose();
});

describe('what does not fit is one sentence', () => {
  it.each([
    [{ tags: ['serve'] }, 'only a SavedModel has tags and signatures'],
    [{ shapes: ['y=1'] }, 'the model has no input y'],
    [{ batch: 0 }, '--batch 0 is not a whole number above 0.'],
  ])('%j', async (options, sentence) => {
    const engine = await ONNXRUNTIME.open();
    await expect(engine.load(TINY, options)).rejects.toThrow(sentence);
  });

  it('a backend, graphs for batches, and the wrong engine', async () => {
    await expect(ONNXRUNTIME.open({ backend: 'cpu' })).rejects.toThrow('--backend cpu chooses a backend of TensorFlow.js');
    await expect(ONNXRUNTIME.open({ needs: ['batch-graphs'] })).rejects.toThrow('ONNX Runtime builds none');
    expect(engineOf(TINY)).toBe(ONNXRUNTIME);
    expect(engineOf('no/such.onnx')).not.toBe(ONNXRUNTIME);
    await expect(profileModel('test/fixtures/layers-tiny', { threads: 2 })).rejects.toThrow(
      '--threads is for ONNX models: set TF_NUM_INTRAOP_THREADS',
    );
  });

  it('inputs that the graph does not take', async () => {
    writeFileSync(
      path.join(folder, 'two.json'),
      JSON.stringify({
        x: [
          [
            [1, 2],
            [3, 4],
          ],
          [
            [1, 2],
            [3, 4],
          ],
        ],
      }),
    );
    const engine = await ONNXRUNTIME.open();
    const loaded = await engine.load(`${FIXTURES}/onnx-old.onnx`, { inputs: [path.join(folder, 'two.json')] });
    await expect(loaded.variants[0]!.call()).rejects.toThrow(
      /^ONNX Runtime refuses the call: .*Reshape.*; give inputs that it takes with --input x=FILE\.npy\.$/,
    );
    loaded.dispose();
  });

  it('ids that their table does not have', async () => {
    writeFileSync(path.join(folder, 'ids.json'), JSON.stringify({ input_ids: [[1, 9]] }));
    await expect(
      profileModel(`${FIXTURES}/onnx-tokens.onnx`, { inputs: [path.join(folder, 'ids.json')], out: path.join(folder, 'ids'), quick: true }),
    ).rejects.toThrow('The ids in the input input_ids do not fit their table (9 is not from 0 to 4)');
  });
});

describe('compile', () => {
  it('writes what the optimiser makes, which gives the same, and leaves nothing else', async () => {
    const out = path.join(folder, 'fast.onnx');
    const written = await compileOnnxModel(TINY, out);
    expect(written).toMatchObject({ file: out, nodesBefore: 6, nodes: 2, checks: 3 });
    expect(written.relativeDifference).toBeLessThan(1e-5);
    const { analysis } = await profileModel(out, { quick: true, variants: ['disabled'], calls: 5, out: path.join(folder, 'fast') });
    expect(analysis.variants[0]!.key).toBe('disabled/run');
    expect(analysis.variants[0]!.calls).toBeGreaterThan(0);
    expect(existsSync(`${out}.data`)).toBe(false);
  });

  it('a model whose constants are inputs with a value: what was folded is no input of what is written', async () => {
    const out = path.join(folder, 'modern.onnx');
    const old = `${FIXTURES}/onnx-old.onnx`;
    expect(await compileOnnxModel(old, out)).toMatchObject({ nodesBefore: 3, nodes: 2, largestDifference: 0 });
    const engine = await ONNXRUNTIME.open();
    writeFileSync(
      path.join(folder, 'x.json'),
      JSON.stringify({
        x: [
          [
            [1, 2],
            [3, 4],
          ],
        ],
      }),
    );
    for (const model of [old, out]) {
      const loaded = await engine.load(model, { inputs: [path.join(folder, 'x.json')] });
      for (const variant of loaded.variants) {
        await variant.prepare();
        const [y] = engine.outputsOf(await variant.call());
        expect([variant.variant.name, ...(y!.read() as Float32Array)]).toEqual([variant.variant.name, 3, 6, 9, 12]);
      }
      loaded.dispose();
    }
  });

  it('keeps weights apart where the model has them so', async () => {
    const out = path.join(folder, 'apart.onnx');
    await compileOnnxModel(`${FIXTURES}/onnx-external/model.onnx`, out);
    expect(readFileSync(`${out}.data`).length).toBeGreaterThanOrEqual(2048);
  });

  it('never replaces a file, and is for .onnx files', async () => {
    writeFileSync(path.join(folder, 'mine.onnx'), 'mine');
    await expect(compileOnnxModel(TINY, path.join(folder, 'mine.onnx'))).rejects.toThrow(
      'exists already: give another name, or remove it.',
    );
    expect(readFileSync(path.join(folder, 'mine.onnx'), 'utf8')).toBe('mine');
    await expect(compileOnnxModel(TINY, path.join(folder, 'other'))).rejects.toThrow('end its name in .onnx.');
    await expect(compileOnnxModel(TINY, path.join(folder, 'no/such/folder.onnx'))).rejects.toThrow('cannot be written');
  });
});

it('no TensorFlow is loaded, and no usage data is sent', async () => {
  const script = `
    const { profileModel } = await import(${JSON.stringify(path.resolve('dist/index.js'))});
    await profileModel(${JSON.stringify(path.resolve(TINY))}, { quick: true, calls: 3, out: ${JSON.stringify(path.join(folder, 'alone'))} });
    const { readFileSync } = await import('node:fs');
    const maps = process.platform === 'linux' ? readFileSync('/proc/self/maps', 'utf8') : '';
    console.log(JSON.stringify({ tensorflow: maps.includes('libtensorflow'), onnx: process.platform !== 'linux' || maps.includes('libonnxruntime'), telemetry: process.env.ORT_DISABLE_TELEMETRY }));`;
  const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', script], {
    env: { ORT_DISABLE_TELEMETRY: undefined },
    extendEnv: true,
  });
  expect(JSON.parse(stdout.split('\n').at(-1)!)).toEqual({ tensorflow: false, onnx: true, telemetry: '1' });
});

it('a model of scikit-learn is run and compiled for its tensors; what is none is said', async () => {
  const model = `${FIXTURES}/sklearn-columns.onnx`;
  const engine = await ONNXRUNTIME.open();
  const loaded = await engine.load(model, {});
  const variant = loaded.variants[0]!;
  expect(engine.outputsOf(await variant.call()).map(({ name }) => name)).toEqual(['output_label']);
  loaded.dispose();
  const { largestDifference, notes } = await compileOnnxModel(model, path.join(folder, 'columns.onnx'));
  expect(largestDifference).toBe(0);
  expect(notes[0]).toMatch(/^Not asked for: output_probability \(a sequence\)/);
});

it('an onnxruntime-node that does not write the optimised model is told so', async () => {
  const ort = { InferenceSession: { create: () => Promise.resolve({ release: () => Promise.resolve() }) } } as unknown as Ort;
  await expect(
    writeOptimised({ ort, file: TINY, settings: { spinning: 'off' }, weightsApart: false }, path.join(folder, 'none.onnx')),
  ).rejects.toThrow('does not write optimised models');
});
