/** Converted graph models whose control flow tfjs runs in JavaScript: the graph keeps it, checked against `executeAsync`. */
import * as tf from '@tensorflow/tfjs-node';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { compileModel } from '../../../../src/engines/tensorflow/compile-model.js';
import { profileModel } from '../../../../src/measure/profile.js';
import { binding, compile, expectSame, list } from './helpers.js';

interface Node {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, unknown>>;
}

const T = (type: string): Record<string, unknown> => ({ T: { type } });
const FLOAT = T('DT_FLOAT');
const INT = T('DT_INT32');
const node = (name: string, op: string, input: string[], attr: Record<string, unknown> = FLOAT): Node => ({ name, op, input, attr });
const bytes = (text: string): string => Buffer.from(text).toString('base64');

/**
 * A graph model of these nodes on a float input `x` of shape [?, 4], with constants by name; `within` names the node whose frame
 * one is in.
 */
async function modelOf(
  nodes: readonly Node[],
  constants: Readonly<Record<string, tf.Tensor>>,
  outputs: readonly string[],
  within: Readonly<Record<string, string>> = {},
): Promise<tf.GraphModel> {
  const types: Record<string, string> = { float32: 'DT_FLOAT', int32: 'DT_INT32', bool: 'DT_BOOL' };
  const input = node('x', 'Placeholder', [], { dtype: { type: 'DT_FLOAT' }, shape: { shape: { dim: [{ size: '-1' }, { size: '4' }] } } });
  const held = Object.entries(constants).map(([name, { dtype }]) =>
    node(name, 'Const', within[name] === undefined ? [] : [`^${within[name]}`], { dtype: { type: types[dtype]! } }),
  );
  const { data, specs } = await tf.io.encodeWeights(constants);
  const modelTopology = { node: [input, ...held, ...nodes], versions: { producer: 1087 } };
  const signature = { inputs: { x: { name: 'x:0' } }, outputs: Object.fromEntries(outputs.map((name) => [name, { name: `${name}:0` }])) };
  return tf.loadGraphModel({ load: () => Promise.resolve({ modelTopology, weightSpecs: specs, weightData: data, signature } as never) });
}

const fixture = (name: string): Promise<tf.GraphModel> => {
  const folder = path.resolve('test/fixtures', name);
  const json = JSON.parse(readFileSync(path.join(folder, 'model.json'), 'utf8'));
  const weights = readFileSync(path.join(folder, json.weightsManifest[0].paths[0]));
  const weightData = weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.byteLength);
  return tf.loadGraphModel({ load: () => Promise.resolve({ ...json, weightSpecs: json.weightsManifest[0].weights, weightData }) });
};

/** Doubles x until the counter reaches 3: Enter, Merge, LoopCond, Switch, NextIteration, Exit. */
const loop = (): Promise<tf.GraphModel> =>
  modelOf(
    [
      ...(['i', 'v'] as const).flatMap((name) => {
        const type = name === 'i' ? INT : FLOAT;
        return [
          node(`${name}/enter`, 'Enter', [name === 'i' ? 'start' : 'x'], { ...type, frame_name: { s: bytes('loop') } }),
          node(`${name}/merge`, 'Merge', [`${name}/enter`, `${name}/next`], { ...type, N: { i: '2' } }),
          node(`${name}/switch`, 'Switch', [`${name}/merge`, 'go'], type),
          node(`${name}/in`, 'Identity', [`${name}/switch:1`], type),
          node(`${name}/exit`, 'Exit', [`${name}/switch`], type),
        ];
      }),
      node('less', 'Less', ['i/merge', 'limit'], INT),
      node('go', 'LoopCond', ['less'], {}),
      node('i/add', 'AddV2', ['i/in', 'one'], INT),
      node('i/next', 'NextIteration', ['i/add'], INT),
      node('v/double', 'AddV2', ['v/in', 'v/in']),
      node('v/next', 'NextIteration', ['v/double']),
      node('y', 'Identity', ['v/exit']),
    ],
    { start: tf.scalar(0, 'int32'), limit: tf.scalar(3, 'int32'), one: tf.scalar(1, 'int32') },
    ['y'],
    { limit: 'i/merge', one: 'i/in' },
  );

/** x + 1 or −x, whichever a comparison of the input's sum says: Switch and Merge. */
const branch = (): Promise<tf.GraphModel> =>
  modelOf(
    [
      node('sum', 'Sum', ['x', 'axes'], { ...FLOAT, Tidx: { type: 'DT_INT32' }, keep_dims: { b: false } }),
      node('positive', 'Greater', ['sum', 'zero']),
      node('way', 'Switch', ['x', 'positive']),
      node('negative', 'Neg', ['way']),
      node('more', 'AddV2', ['way:1', 'unit']),
      node('y', 'Merge', ['negative', 'more'], { ...FLOAT, N: { i: '2' } }),
    ],
    { axes: tf.tensor1d([0, 1], 'int32'), zero: tf.scalar(0), unit: tf.scalar(1) },
    ['y'],
  );

/** Items of a list set one by one and stacked. */
const lists = (): Promise<tf.GraphModel> => {
  const element = { element_dtype: { type: 'DT_FLOAT' }, shape_type: { type: 'DT_INT32' } };
  return modelOf(
    [
      node('list', 'TensorListReserve', ['shape', 'two'], element),
      node('first', 'TensorListSetItem', ['list', 'zero', 'x'], { element_dtype: { type: 'DT_FLOAT' } }),
      node('minus', 'Neg', ['x']),
      node('second', 'TensorListSetItem', ['first', 'one', 'minus'], { element_dtype: { type: 'DT_FLOAT' } }),
      node('stack', 'TensorListStack', ['second', 'shape'], { element_dtype: { type: 'DT_FLOAT' }, num_elements: { i: '2' } }),
      node('where', 'Where', ['stack'], FLOAT),
      node('y', 'Identity', ['stack']),
      node('places', 'Identity', ['where'], T('DT_INT64')),
    ],
    { shape: tf.tensor1d([-1, 4], 'int32'), zero: tf.scalar(0, 'int32'), one: tf.scalar(1, 'int32'), two: tf.scalar(2, 'int32') },
    ['y'],
  );
};

/** Places above zero: a result whose size depends on values. */
const where = (): Promise<tf.GraphModel> =>
  modelOf(
    [
      node('above', 'Greater', ['x', 'zero']),
      node('found', 'Where', ['above'], { T: { type: 'DT_BOOL' } }),
      node('y', 'Identity', ['found'], T('DT_INT64')),
    ],
    { zero: tf.scalar(1) },
    ['y'],
  );

/** Fused operations of converters beside control flow: they are taken apart. */
const fused = (): Promise<tf.GraphModel> =>
  modelOf(
    [
      node('dense', '_FusedMatMul', ['x', 'weights', 'bias'], {
        ...FLOAT,
        num_args: { i: '1' },
        fused_ops: { list: { s: [bytes('BiasAdd'), bytes('Relu')] } },
        transpose_a: { b: false },
        transpose_b: { b: false },
      }),
      node('leak', 'Prelu', ['x', 'alpha']),
      node('both', 'AddV2', ['dense', 'leak']),
      node('sum', 'Sum', ['x', 'axes'], { ...FLOAT, Tidx: { type: 'DT_INT32' }, keep_dims: { b: false } }),
      node('positive', 'Greater', ['sum', 'zero']),
      node('way', 'Switch', ['both', 'positive']),
      node('negative', 'Neg', ['way']),
      node('same', 'Identity', ['way:1']),
      node('y', 'Merge', ['negative', 'same'], { ...FLOAT, N: { i: '2' } }),
    ],
    {
      weights: tf.randomNormal([4, 4], 0, 1, 'float32', 7),
      bias: tf.tensor1d([1, -1, 2, -2]),
      alpha: tf.scalar(0.3),
      axes: tf.tensor1d([0, 1], 'int32'),
      zero: tf.scalar(0),
    },
    ['y'],
  );

const MODELS: readonly [string, () => Promise<tf.GraphModel>][] = [
  ['While with functions', () => fixture('graph-model-loop')],
  ['Where, whose size depends on values', where],
  ['Enter, Merge, Switch, NextIteration, Exit', loop],
  ['Switch and Merge', branch],
  ['TensorList', lists],
  ['fused operations', fused],
];

test.each(MODELS)('%s: the graph gives what executeAsync gives, for inputs that go either way', async (_, make) => {
  const model = await make();
  const compiled = compile(model);
  // Once through, so that every weight has its native tensor: what follows must leave none behind.
  for (const run of [compiled, model]) tf.dispose(list(await run.executeAsync(tf.ones([9, 4]))));
  const before = [tf.memory().numTensors, binding().getNumOfTensors()];
  for (const [batch, sign] of [
    [2, 1],
    [2, -1],
    [2, 1],
    [3, -1],
  ] as const) {
    const x = tf.tidy(() => tf.randomUniform<tf.Rank.R2>([batch, 4], 0.5, 1, 'float32', batch).mul(sign).round().add(sign));
    expectSame(await compiled.predictAsync(x), await model.executeAsync(x));
    expectSame(compiled.predict(x), await model.executeAsync(x));
    x.dispose();
  }
  expect(compiled.signatures().map(({ hits, misses }) => [hits, misses])).toEqual([
    [0, 1],
    [5, 1],
    [1, 1],
  ]);
  compiled.dispose();
  expect([tf.memory().numTensors, binding().getNumOfTensors()]).toEqual(before);
  model.dispose();
});

test('the synchronous call of what is not ready says how to make it ready', async () => {
  const model = await loop();
  const compiled = compile(model);
  const sessions = binding().getNumOfSavedModels();
  expect(() => compiled.predict(tf.ones([1, 4]))).toThrow(/control flow.*predictAsync/);
  const [first, second] = await Promise.all([compiled.predictAsync(tf.ones([1, 4])), compiled.predictAsync(tf.ones([1, 4]))]);
  expect(binding().getNumOfSavedModels()).toBe(sessions + 1);
  expectSame(first, tf.fill([1, 4], 8));
  expectSame(second, tf.fill([1, 4], 8));
  compiled.dispose();
  expect(binding().getNumOfSavedModels()).toBe(sessions);
});

test('a graph that gives other values is not used', async () => {
  const model = await branch();
  const real = model.executeAsync.bind(model);
  const shifted = async (...values: Parameters<typeof real>): Promise<tf.Tensor> => ((await real(...values)) as tf.Tensor).add(1);
  model.executeAsync = shifted;
  (model as unknown as { predictAsync: unknown }).predictAsync = undefined;
  const compiled = compile(model);
  await expect(compiled.predictAsync(tf.ones([1, 4]))).rejects.toThrow(/differs from operation-by-operation execution/);
  compiled.dispose();
});

test('a table is refused by its name, and so is XLA', async () => {
  const table = await modelOf(
    [
      node('table', 'HashTableV2', [], { key_dtype: { type: 'DT_STRING' }, value_dtype: { type: 'DT_INT32' } }),
      node('y', 'Identity', ['x']),
    ],
    {},
    ['y'],
  );
  await expect(compile(table).predictAsync(tf.ones([1, 4]))).rejects.toThrow(
    'The operation HashTableV2 of the model keeps state outside of the graph',
  );
  await expect(compile(await loop(), { xla: true }).predictAsync(tf.ones([1, 4]))).rejects.toThrow('XLA does not compile the control flow');
});

test('profile runs the variant graph, and compile writes a SavedModel that tfjs-node loads', async () => {
  const temporary = (): string => path.join(mkdtempSync(path.join(tmpdir(), 'control-flow-')), 'out');
  const { analysis } = await profileModel('test/fixtures/graph-model-loop', {
    calls: 4,
    warmup: 1,
    batch: 2,
    controls: 'none',
    out: temporary(),
  });
  expect(analysis.variants.map(({ key, errors }) => `${key} ${errors}`)).toEqual([
    'uncompiled/executeAsync 0',
    'uncompiled/predictAsync 0',
    'graph/predictAsync 0',
  ]);
  const out = temporary();
  await compileModel('test/fixtures/graph-model-loop', out);
  const [loaded, model] = [await tf.node.loadSavedModel(out), await fixture('graph-model-loop')];
  const x = tf.randomNormal([7, 4]);
  expectSame(loaded.predict(x), await model.executeAsync(x));
  loaded.dispose();
});

/** Without control flow, but a list's length depends on values, and tfjs reads it: its calls cannot be traced. */
const untraceable = (): Promise<tf.GraphModel> =>
  modelOf(
    [
      node('flat', 'Reshape', ['x', 'line'], { ...FLOAT, Tshape: { type: 'DT_INT32' } }),
      node('found', 'Unique', ['flat'], { ...FLOAT, out_idx: { type: 'DT_INT32' } }),
      node('y', 'Slice', ['found', 'begin', 'size'], { ...FLOAT, Index: { type: 'DT_INT32' } }),
    ],
    { line: tf.tensor1d([-1], 'int32'), begin: tf.tensor1d([1], 'int32'), size: tf.tensor1d([-1], 'int32') },
    ['y'],
  );

test('a graph model without control flow whose call cannot be traced is taken node by node, as the command does', async () => {
  const model = await untraceable();
  const told: (string | null)[] = [];
  const compiled = compile(model, { onGraphBuilding: ({ untraced }) => told.push(untraced) });
  for (const values of [
    [1, 2, 2, 3],
    [1, 1, 1, 5],
    [4, 3, 2, 1],
  ]) {
    const x = tf.tensor2d([values]);
    expectSame(compiled.predict(x), model.predict(x));
    expectSame(compiled.execute(x, 'found'), model.execute(x, 'found'));
    x.dispose();
  }
  expect(told).toEqual([expect.stringContaining('depends on the values of the input'), null]);
  expect(compiled.signatures().map(({ hits, misses }) => [hits, misses])).toEqual([
    [2, 1],
    [2, 1],
  ]);
  compiled.dispose();

  expect(() => compile(model, { xla: true }).predict(tf.tensor2d([[1, 2, 2, 3]]))).toThrow('depends on the values of the input');

  const folder = mkdtempSync(path.join(tmpdir(), 'control-flow-'));
  await model.save(`file://${folder}/saved`);
  const { notes } = await compileModel(`${folder}/saved`, `${folder}/compiled`);
  const { analysis, failures } = await profileModel(`${folder}/saved`, {
    calls: 3,
    warmup: 1,
    controls: 'none',
    variants: ['execute', 'graph'],
    out: `${folder}/run`,
  });
  expect(failures).toEqual([]);
  const note = notes.find((one) => one.includes('node by node'));
  expect(note).toBe(
    "The graph is the model's own, node by node, because its calls cannot be traced: JavaScript reads the shape of the result of UniqueV2, which depends on the values of the input.",
  );
  expect(analysis.notes).toContain(note);
  model.dispose();
});
