import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  countNodes,
  countParameters,
  hashOnnxModel,
  readOnnxModel,
  weightFiles,
} from '../../../../src/engines/onnxruntime/load/read-model.js';
import { bodiesOf } from '../../../../src/engines/onnxruntime/load/graph.js';
import { smallModel } from '../../../../src/engines/onnxruntime/load/write-model.js';

const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-onnx-read-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(path.join(folder, name), content);
  return path.join(folder, name);
};
const TINY = 'test/fixtures/onnx-tiny.onnx';

describe('the header of an ONNX file', () => {
  it('tells inputs without the weights, outputs, free dimensions by name, opset, producer, and counts', () => {
    const model = readOnnxModel(TINY);
    expect(model).toMatchObject({ irVersion: 8, producer: 'inferscope-fixtures' });
    expect([...model.opsets]).toEqual([['', 17]]);
    expect(model.graph.inputs).toEqual([{ name: 'x', kind: 'tensor', dtype: 'float32', shape: ['batch', 4] }]);
    expect(model.graph.outputs).toEqual([{ name: 'y', kind: 'tensor', dtype: 'float32', shape: ['batch', 2] }]);
    expect(model.graph.nodes.map(({ op }) => op)).toEqual(['MatMul', 'Add', 'Relu', 'MatMul', 'Add', 'Sigmoid']);
    expect(model.graph.initialisers.get('hidden_layer/w')).toMatchObject({ dtype: 'float32', shape: [4, 8] });
    // 4 × 8 + 8 + 8 × 2 + 2
    expect(countParameters(model.graph)).toBe(58);
    expect(countNodes(model.graph)).toBe(6);
    expect(hashOnnxModel(TINY, model.graph)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('goes into loops and branches, whose nodes and constants count', () => {
    const loop = readOnnxModel('test/fixtures/onnx-loop.onnx').graph;
    expect(loop.nodes.flatMap(bodiesOf).map(([, { nodes }]) => nodes.map(({ op }) => op))).toEqual([['MatMul', 'Tanh', 'Identity']]);
    expect(countNodes(loop)).toBe(4);
    expect(countParameters(readOnnxModel('test/fixtures/onnx-if.onnx').graph)).toBe(2);
  });

  it('knows every dtype by the name that the rest of the tool has for it', () => {
    const { inputs } = readOnnxModel('test/fixtures/onnx-dtypes.onnx').graph;
    expect(inputs.map(({ dtype }) => dtype)).toEqual(
      'float32 float64 float16 int8 uint8 int16 uint16 int32 uint32 int64 uint64 bool string'.split(' '),
    );
  });

  it('reads what the writer of small models writes', () => {
    const { graph } = readOnnxModel(
      file(
        'small.onnx',
        smallModel(
          [{ op: 'MatMul', inputs: ['a', 'b'], output: 'y' }],
          [
            ['a', [2, 300]],
            ['b', [300, 3]],
          ],
          [['y', [2, 3]]],
        ),
      ),
    );
    expect(graph.inputs.map(({ shape }) => shape)).toEqual([
      [2, 300],
      [300, 3],
    ]);
    expect(graph.nodes).toMatchObject([{ op: 'MatMul', inputs: ['a', 'b'], outputs: ['y'] }]);
  });
});

describe('weights in files of their own', () => {
  const copy = (name: string): string => {
    mkdirSync(path.join(folder, name), { recursive: true });
    copyFileSync('test/fixtures/onnx-external/model.onnx', path.join(folder, name, 'model.onnx'));
    return path.join(folder, name, 'model.onnx');
  };

  it('are named, counted, and part of the hash', () => {
    const model = copy('whole');
    copyFileSync('test/fixtures/onnx-external/weights.bin', path.join(folder, 'whole', 'weights.bin'));
    const { graph } = readOnnxModel(model);
    expect(weightFiles(graph)).toEqual(['weights.bin']);
    expect(countParameters(graph)).toBe(512);
    const before = hashOnnxModel(model, graph);
    const weights = readFileSync(path.join(folder, 'whole', 'weights.bin'));
    weights[0]! ^= 1;
    writeFileSync(path.join(folder, 'whole', 'weights.bin'), weights);
    expect(hashOnnxModel(model, graph)).not.toBe(before);
  });

  it('that are missing or lie elsewhere are one sentence with a remedy', () => {
    const model = copy('without');
    expect(() => readOnnxModel(model)).toThrow(
      `The weights weights.bin of ${model} are missing: put that file where the model expects it, beside it.`,
    );
    symlinkSync(path.resolve('test/fixtures/onnx-external/weights.bin'), path.join(folder, 'without', 'weights.bin'));
    expect(() => readOnnxModel(model)).toThrow(
      "lies outside of the model's folder: copy it there, or add --weights-outside if you trust the model.",
    );
    expect(readOnnxModel(model, 'allow').graph.inputs).toHaveLength(1);
  });
});

describe('what is no ONNX model', () => {
  it.each([
    ['empty.onnx', '', 'is empty: download or export it again.'],
    ['text.onnx', 'This is a text, and no model at all.', 'is not an ONNX model, or is damaged or cut off'],
    ['page.onnx', '<!DOCTYPE html><html></html>', 'is a web page, not a model: download the file itself.'],
    ['pointer.onnx', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n', 'is a pointer of Git LFS'],
    ['flat.ort', Buffer.concat([Buffer.from([24, 0, 0, 0]), Buffer.from('ORTM'), Buffer.alloc(60)]), 'has the ORT format'],
    ['nothing.onnx', Buffer.from([8, 8]), 'is not an ONNX model (it holds no graph)'],
  ])('%s is told in a sentence', (name, content, sentence) => {
    expect(() => readOnnxModel(file(name, content))).toThrow(sentence);
  });

  it('wherever a model is cut off, it is read or refused, never worse', () => {
    const whole = readFileSync('test/fixtures/onnx-loop.onnx');
    for (let bytes = 1; bytes < whole.length; bytes += 7) {
      const cut = file('cut.onnx', whole);
      truncateSync(cut, bytes);
      try {
        readOnnxModel(cut);
      } catch (thrown) {
        expect(thrown).toHaveProperty('name', 'UserError');
      }
    }
  });

  it('a byte that fell over is read or refused, never worse', () => {
    const whole = readFileSync('test/fixtures/onnx-tokens.onnx');
    for (let at = 0; at < whole.length; at += 3) {
      const other = Buffer.from(whole);
      other[at]! ^= 0xff;
      try {
        readOnnxModel(file('fallen.onnx', other));
      } catch (thrown) {
        expect(thrown).toHaveProperty('name', 'UserError');
      }
    }
  });
});
