import * as tf from '@tensorflow/tfjs-node';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { compile, expectSame } from './helpers.js';

afterEach(() => tf.disposeVariables());

type Make = () => tf.layers.Layer;
const at = (shape: number[], ...makes: readonly [string, Make][]): { name: string; shape: number[]; make: Make }[] =>
  makes.map(([name, make]) => ({ name, shape, make }));

const rnn = { units: 3 };
const conv = { filters: 3, kernelSize: 2 };
const LAYERS = [
  ...at(
    [6],
    ['dense', () => tf.layers.dense({ units: 3 })],
    ['dropout', () => tf.layers.dropout({ rate: 0.5 })],
    ['gaussianNoise', () => tf.layers.gaussianNoise({ stddev: 1 })],
    ['gaussianDropout', () => tf.layers.gaussianDropout({ rate: 0.5 })],
    ['alphaDropout', () => tf.layers.alphaDropout({ rate: 0.5 })],
    ['repeatVector', () => tf.layers.repeatVector({ n: 2 })],
    ['reshape', () => tf.layers.reshape({ targetShape: [2, 3] })],
    ['elu', () => tf.layers.elu()],
    ['reLU', () => tf.layers.reLU({ maxValue: 6 })],
    ['leakyReLU', () => tf.layers.leakyReLU()],
    ['prelu', () => tf.layers.prelu()],
    ['softmax', () => tf.layers.softmax()],
    ['thresholdedReLU', () => tf.layers.thresholdedReLU()],
    ['masking', () => tf.layers.masking()],
    ['batchNormalization', () => tf.layers.batchNormalization()],
    ['layerNormalization', () => tf.layers.layerNormalization()],
    ...(['relu', 'relu6', 'selu', 'sigmoid', 'hardSigmoid', 'softplus', 'softsign', 'tanh', 'swish', 'mish', 'gelu'] as const).map(
      (activation): [string, Make] => [`activation ${activation}`, () => tf.layers.activation({ activation })],
    ),
  ),
  ...at(
    [6, 4],
    ['flatten', () => tf.layers.flatten()],
    ['permute', () => tf.layers.permute({ dims: [2, 1] })],
    ['spatialDropout1d', () => tf.layers.spatialDropout1d({ rate: 0.5 })],
    ['conv1d', () => tf.layers.conv1d(conv)],
    ['averagePooling1d', () => tf.layers.averagePooling1d({})],
    ['maxPooling1d', () => tf.layers.maxPooling1d({})],
    ['globalAveragePooling1d', () => tf.layers.globalAveragePooling1d({})],
    ['globalMaxPooling1d', () => tf.layers.globalMaxPool1d({})],
    ['simpleRNN', () => tf.layers.simpleRNN(rnn)],
    ['gru', () => tf.layers.gru(rnn)],
    ['lstm', () => tf.layers.lstm(rnn)],
    ['lstm sequences', () => tf.layers.lstm({ ...rnn, returnSequences: true, goBackwards: true })],
    ['avgPool1d', () => tf.layers.avgPool1d({})],
    ['avgPooling1d', () => tf.layers.avgPooling1d({})],
    ['maxPool1d', () => tf.layers.maxPool1d({})],
    ['rnn of a simple cell', () => tf.layers.rnn({ cell: tf.layers.simpleRNNCell(rnn) })],
    [
      'rnn of stackedRNNCells',
      () => tf.layers.rnn({ cell: tf.layers.stackedRNNCells({ cells: [tf.layers.simpleRNNCell(rnn), tf.layers.gruCell(rnn)] }) }),
    ],
    ['rnn of stacked cells', () => tf.layers.rnn({ cell: [tf.layers.gruCell(rnn), tf.layers.lstmCell(rnn)] })],
    [
      'bidirectional lstm',
      () => tf.layers.bidirectional({ layer: tf.layers.lstm({ ...rnn, returnSequences: true }), mergeMode: 'concat' }),
    ],
    ['bidirectional gru', () => tf.layers.bidirectional({ layer: tf.layers.gru(rnn), mergeMode: 'sum' })],
    ['timeDistributed', () => tf.layers.timeDistributed({ layer: tf.layers.dense({ units: 2 }) })],
  ),
  ...at(
    [6, 6, 2],
    ['conv2d', () => tf.layers.conv2d(conv)],
    ['conv2d same strides', () => tf.layers.conv2d({ ...conv, padding: 'same', strides: 2, activation: 'relu' })],
    ['conv2d dilated', () => tf.layers.conv2d({ ...conv, dilationRate: 2 })],
    ['conv2dTranspose', () => tf.layers.conv2dTranspose(conv)],
    ['separableConv2d', () => tf.layers.separableConv2d(conv)],
    ['depthwiseConv2d', () => tf.layers.depthwiseConv2d({ kernelSize: 2 })],
    ['cropping2D', () => tf.layers.cropping2D({ cropping: 1 })],
    ['upSampling2d', () => tf.layers.upSampling2d({})],
    ['zeroPadding2d', () => tf.layers.zeroPadding2d({})],
    ['averagePooling2d', () => tf.layers.averagePooling2d({})],
    ['maxPooling2d', () => tf.layers.maxPooling2d({})],
    ['globalAveragePooling2d', () => tf.layers.globalAveragePooling2d({})],
    ['avgPool2d', () => tf.layers.avgPool2d({})],
    ['avgPooling2d', () => tf.layers.avgPooling2d({})],
    ['maxPool2d', () => tf.layers.maxPool2d({})],
    ['globalMaxPool2d', () => tf.layers.globalMaxPool2d({})],
    ['globalMaxPooling2d', () => tf.layers.globalMaxPooling2d({})],
    ['rescaling', () => tf.layers.rescaling({ scale: 2, offset: 1 })],
  ),
  ...at(
    [4, 6, 6, 2],
    ['conv3d', () => tf.layers.conv3d(conv)],
    ['conv3dTranspose', () => tf.layers.conv3dTranspose(conv)],
    ['avgPool3d', () => tf.layers.avgPool3d({})],
    ['avgPooling3d', () => tf.layers.avgPooling3d({})],
    ['averagePooling3d', () => tf.layers.averagePooling3d({})],
    ['maxPooling3d', () => tf.layers.maxPooling3d({})],
    ['convLstm2d', () => tf.layers.convLstm2d(conv)],
  ),
];

test.each(LAYERS)('$name: the graph gives what the layer gives', ({ shape, make }) => {
  const input = tf.input({ shape });
  const model = tf.model({ inputs: input, outputs: make().apply(input) as tf.SymbolicTensor });
  const compiled = compile(model);
  for (const batch of [2, 2, 1]) {
    const x = tf.randomNormal([batch, ...shape]);
    expectSame(compiled.predict(x), model.predict(x));
  }
  compiled.dispose();
});

const MERGES = ['add', 'multiply', 'average', 'maximum', 'minimum', 'concatenate', 'dot'] as const;
test.each(MERGES)('%s of two inputs', (name) => {
  const inputs = [tf.input({ shape: [4] }), tf.input({ shape: [4] })];
  const layer = name === 'dot' ? tf.layers.dot({ axes: 1 }) : tf.layers[name]();
  const model = tf.model({ inputs, outputs: layer.apply(inputs) as tf.SymbolicTensor });
  const compiled = compile(model);
  const given = [tf.randomNormal([3, 4]), tf.randomNormal([3, 4])];
  expectSame(compiled.predict(given), model.predict(given));
  compiled.dispose();
});

/** Layers that do not run in tfjs-node 4.22 themselves, traced or not, and what they say. */
const NOT_RUNNING: readonly [string, number[], Make, RegExp][] = [
  [
    'categoryEncoding',
    [1],
    () => tf.layers.categoryEncoding({ numTokens: 4, outputMode: 'multiHot' }),
    /Kernel 'DenseBincount' not registered/,
  ],
  ['resizing', [6, 6, 2], () => tf.layers.resizing({ height: 3, width: 3 }), /x must be rank 3 or 4, but got rank 1/],
  ['randomWidth', [6, 6, 2], () => tf.layers.randomWidth({ factor: [0.1, 0.4], seed: 3 }), /x must be rank 3 or 4, but got rank 1/],
];

const modelOf = (shape: number[], make: Make): tf.LayersModel => {
  const input = tf.input({ shape });
  return tf.model({ inputs: input, outputs: make().apply(input) as tf.SymbolicTensor });
};

test.each(NOT_RUNNING)('%s does not run in tfjs-node itself', (_, shape, make, message) => {
  expect(() => modelOf(shape, make).apply(tf.zeros([2, ...shape]))).toThrow(message);
});

test('centerCrop runs through apply (its predict refuses the right input in tfjs 4.22), and so does its graph', () => {
  const model = modelOf([6, 6, 2], () => tf.layers.centerCrop({ height: 2, width: 2 }));
  const compiled = compile(model);
  const x = tf.randomNormal([2, 6, 6, 2]);
  expect(() => model.predict(x)).toThrow('expected input');
  expectSame(compiled.predict(x), model.apply(x));
  compiled.dispose();
});

/** Factories that make no layer of a feed-forward model, and why there is no test of their own. */
const OTHERS: Readonly<Record<string, string>> = {
  inputLayer: 'every model here has one',
  Layer: 'base class',
  RNN: 'base class',
  RNNCell: 'base class',
  input: 'every model here uses it',
  convLstm2dCell: 'runs inside of convLstm2d only',
  embedding: 'a test of its own',
  centerCrop: 'a test of its own',
  globalMaxPooling1d: 'the same as globalMaxPool1d',
};

test('every layer of tf.layers has a test here', () => {
  const named = [...LAYERS.map(({ make }) => make), ...NOT_RUNNING.map(([, , make]) => make)].flatMap((make) =>
    [...make.toString().matchAll(/layers\.(\w+)\(/g)].map(([, name]) => name!),
  );
  const covered = new Set([...named, ...MERGES, ...Object.keys(OTHERS)]);
  expect(Object.keys(tf.layers).filter((name) => !covered.has(name))).toEqual([]);
});

test('an embedding reads its indices only to check them, and is traced', () => {
  const model = tf.sequential({
    layers: [tf.layers.embedding({ inputDim: 9, outputDim: 3, inputLength: 4 }), tf.layers.lstm({ units: 2 })],
  });
  const compiled = compile(model, { dynamicBatch: true });
  for (const row of [
    [1, 2, 3, 4],
    [8, 0, 8, 5],
  ]) {
    const x = tf.tensor2d([row, [...row].reverse()], [2, 4], 'int32');
    expectSame(compiled.predict(x), model.predict(x));
  }
  compiled.dispose();
});

const audio = async (): Promise<tf.GraphModel> => {
  const root = 'node_modules/@spotify/basic-pitch/model';
  const json = JSON.parse(readFileSync(`${root}/model.json`, 'utf8'));
  const weights = readFileSync(`${root}/${json.weightsManifest[0].paths[0]}`);
  const data = weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.byteLength);
  return tf.loadGraphModel({ load: () => Promise.resolve({ ...json, weightSpecs: json.weightsManifest[0].weights, weightData: data }) });
};

test('the audio model of basic-pitch: same outputs, and the fetches are chosen by name', async () => {
  const model = await audio();
  const compiled = compile(model);
  for (const scale of [1, 0.1]) {
    const x = tf.randomNormal([1, 22050 * 2 - 256, 1], 0, scale);
    expectSame(compiled.predict(x), model.predict(x), 1e-4);
  }
  const x = tf.randomNormal([1, 22050 * 2 - 256, 1]);
  expectSame(compiled.execute(x, model.outputNodes[0]), model.execute(x, model.outputNodes[0]), 1e-4);
  compiled.dispose();
  model.dispose();
});

test('random small networks', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('dense' as const),
      units: fc.integer({ min: 1, max: 5 }),
      activation: fc.constantFrom('relu', 'tanh', 'softmax', 'linear'),
    }),
    fc.record({ kind: fc.constant('norm' as const) }),
    fc.record({ kind: fc.constant('branch' as const), units: fc.integer({ min: 1, max: 4 }) }),
  );
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 6 }),
      fc.boolean(),
      (steps, batch, dynamicBatch) => {
        const input = tf.input({ shape: [3] });
        const output = steps.reduce<tf.SymbolicTensor>((x, one) => {
          if (one.kind === 'dense') return tf.layers.dense({ units: one.units, activation: one.activation }).apply(x) as tf.SymbolicTensor;
          if (one.kind === 'norm') return tf.layers.batchNormalization().apply(x) as tf.SymbolicTensor;
          return tf.layers
            .concatenate()
            .apply([x, tf.layers.dense({ units: one.units }).apply(x) as tf.SymbolicTensor]) as tf.SymbolicTensor;
        }, input);
        const model = tf.model({ inputs: input, outputs: output });
        const compiled = compile(model, { dynamicBatch });
        const x = tf.randomNormal([batch, 3]);
        expectSame(compiled.predict(x), model.predict(x));
        expectSame(compiled.predict(x), model.predict(x));
        compiled.dispose();
        model.dispose();
      },
    ),
    { numRuns: 25 },
  );
});
