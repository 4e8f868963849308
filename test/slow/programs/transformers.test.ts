/** transformers.js, silero and OCR as their users write them, under `inferscope run`: real models, no network. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import { afterAll, expect, it, type TestContext } from 'vitest';
import { environments } from '../../helpers/keras-envs.js';
import { readRun } from '../../../src/runs/run-folder.js';
import { npmProject, onnxModels } from '../../helpers/onnx-models.js';

const CLI = path.resolve('dist/cli/main.js');
const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-transformers-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Variant {
  readonly key: string;
  readonly calls: number;
  readonly stages: Readonly<Record<string, { readonly share: number; readonly nanosPerCall: number }>>;
  readonly kernels: readonly { readonly op: string }[];
}

interface Report {
  readonly variants: readonly Variant[];
  readonly models?: readonly { readonly name: string; readonly calls: number }[];
  readonly spans: { readonly lost: number };
}

/** A folder with a program in it that finds its packages. */
async function program(name: string, text: string, context: TestContext): Promise<string> {
  const project = await npmProject('transformers', context);
  const own = path.join(folder, path.parse(name).name);
  mkdirSync(own, { recursive: true });
  symlinkSync(path.join(project, 'node_modules'), path.join(own, 'node_modules'));
  writeFileSync(path.join(own, name), text);
  return path.join(own, name);
}

/** Runs it as it is and recorded: what it prints must be the same, bit by bit. */
async function reported(file: string): Promise<{ readonly report: Report; readonly stdout: string; readonly spans: ReadonlySet<string> }> {
  const env = { ORT_DISABLE_TELEMETRY: '1' };
  const plain = await execa(process.execPath, [file], { env });
  const out = path.join(path.dirname(file), 'run');
  const recorded = await execa(process.execPath, [CLI, 'run', '--out', out, '--', process.execPath, file], { env });
  expect(recorded.stdout.startsWith(plain.stdout)).toBe(true);
  const spans = new Set(readRun(out).flatMap(({ spans, strings }) => [...spans.name].map((name) => strings[name]!)));
  return { report: JSON.parse(readFileSync(path.join(out, 'report.json'), 'utf8')) as Report, stdout: plain.stdout, spans };
}

/** A number that every bit of an array changes. */
const SUM = (array: string): string => `[...new Uint8Array(${array}.slice().buffer)].reduce((sum, byte) => (sum * 31 + byte) >>> 0, 7)`;

/** A model of transformers.js that tells the colour of an image: the mean of each channel. */
async function writeImageModel(at: string, context: TestContext): Promise<void> {
  await onnxModels(context, ['minilm']);
  mkdirSync(path.join(at, 'onnx'), { recursive: true });
  const labels = { 0: 'red', 1: 'green', 2: 'blue' };
  writeFileSync(
    path.join(at, 'config.json'),
    JSON.stringify({ model_type: 'vit', architectures: ['ViTForImageClassification'], id2label: labels }),
  );
  const processor = {
    image_processor_type: 'ViTImageProcessor',
    do_resize: true,
    size: { height: 32, width: 32 },
    do_rescale: true,
    do_normalize: false,
  };
  writeFileSync(path.join(at, 'preprocessor_config.json'), JSON.stringify(processor));
  const source = `
import sys
from onnx import TensorProto, helper, save
nodes = [helper.make_node("ReduceMean", ["pixel_values"], ["logits"], axes=[2, 3], keepdims=0)]
inputs = [helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["batch", 3, "height", "width"])]
outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 3])]
save(helper.make_model(helper.make_graph(nodes, "colours", inputs, outputs), opset_imports=[helper.make_opsetid("", 14)], ir_version=8), sys.argv[1])`;
  await execa(environments.pythonOf('onnx'), ['-c', source, path.join(at, 'onnx/model.onnx')]);
}

/** A model of transformers.js that continues texts: what follows a word is looked up, and each word is kept as its past. */
async function writeTextModel(at: string, context: TestContext): Promise<void> {
  const { hub } = await onnxModels(context, ['minilm']);
  mkdirSync(path.join(at, 'onnx'), { recursive: true });
  for (const file of ['tokenizer.json', 'tokenizer_config.json']) cpSync(path.join(hub, 'minilm', file), path.join(at, file));
  const sizes = { num_hidden_layers: 1, num_attention_heads: 1, num_key_value_heads: 1, hidden_size: 8, head_dim: 8, vocab_size: 30522 };
  const config = { model_type: 'llama', architectures: ['LlamaForCausalLM'], eos_token_id: 102, ...sizes };
  writeFileSync(path.join(at, 'config.json'), JSON.stringify(config));
  const source = `
import sys
import numpy as np
from onnx import TensorProto, helper, numpy_helper, save
random = np.random.default_rng(3)
words = [numpy_helper.from_array(random.standard_normal(shape).astype(np.float32), name) for name, shape in (("words", (30522, 8)), ("next", (8, 30522)))]
nodes = [helper.make_node("Gather", ["words", "input_ids"], ["found"]), helper.make_node("MatMul", ["found", "next"], ["logits"])]
nodes.append(helper.make_node("Unsqueeze", ["found"], ["kept"], axes=[1]))
past = ["batch_size", 1, "past_sequence_length", 8]
inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch_size", "sequence_length"]) for name in ("input_ids", "attention_mask")]
outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch_size", "sequence_length", 30522])]
for kind in ("key", "value"):
    nodes.append(helper.make_node("Concat", [f"past_key_values.0.{kind}", "kept"], [f"present.0.{kind}"], axis=2))
    inputs.append(helper.make_tensor_value_info(f"past_key_values.0.{kind}", TensorProto.FLOAT, past))
    outputs.append(helper.make_tensor_value_info(f"present.0.{kind}", TensorProto.FLOAT, ["batch_size", 1, "length", 8]))
save(helper.make_model(helper.make_graph(nodes, "text", inputs, outputs, words), opset_imports=[helper.make_opsetid("", 12)], ir_version=8), sys.argv[1])`;
  await execa(environments.pythonOf('onnx'), ['-c', source, path.join(at, 'onnx/model.onnx')]);
}

it('a chat without a pipeline: an answer is one call, streamed, interrupted, or ended by an error', async (context) => {
  const hub = path.join(folder, 'hub');
  await writeTextModel(path.join(hub, 'chat'), context);
  const file = await program(
    'chat.mjs',
    `import { AutoModelForCausalLM, AutoTokenizer, InterruptableStoppingCriteria, TextStreamer, env } from '@huggingface/transformers';
    env.allowRemoteModels = false; env.localModelPath = ${JSON.stringify(`${hub}/`)};
    const tokenizer = await AutoTokenizer.from_pretrained('chat');
    const model = await AutoModelForCausalLM.from_pretrained('chat', { dtype: 'fp32' });
    const session = model.sessions.model;
    const { run } = session;
    let runs = 0;
    session.run = function (...args) { runs++; return run.apply(this, args); };
    const stopping_criteria = new InterruptableStoppingCriteria();
    const answer = async (text, heard, max_new_tokens = 6) => {
      stopping_criteria.reset();
      let words = 0;
      const streamer = new TextStreamer(tokenizer, { skip_prompt: true, callback_function: (part) => heard(part, ++words) });
      const made = await model.generate({ ...tokenizer(text), max_new_tokens, streamer, stopping_criteria });
      return tokenizer.batch_decode(made, { skip_special_tokens: true });
    };
    for (let i = 0; i < 5; i++) console.log(await answer('hello', () => undefined));
    console.log(await answer('hello again', (_, words) => words === 2 && stopping_criteria.interrupt()));
    await answer('and again', () => { throw new Error('the client has gone'); }).catch(({ message }) => console.log(message));
    console.log(runs);`,
    context,
  );
  const { report, stdout, spans } = await reported(file);
  const lines = stdout.trim().split('\n');
  expect(lines.at(-2)).toBe('the client has gone');
  expect(report.variants.map(({ key }) => key)).toEqual(['model/generate', 'session/create']);
  const [recording] = readRun(path.join(path.dirname(file), 'run'));
  const { calls, spans: rows, strings } = recording!;
  expect(calls.map(({ error }) => error ?? null)).toEqual([...Array<null>(1 + 6).fill(null), 'the client has gone']);
  const runsOf = [...rows.name].filter((name) => strings[name] === 'kernel-execution').length;
  expect(runsOf).toBe(Number(lines.at(-1)));
  for (const name of ['queue', 'fetch', 'detokenizer']) expect(spans).toContain(name);
});

const TEXTS =
  'Array.from({ length: 8 }, (_, at) => `text ${at} of a batch, each of them about twenty words long so that there is something for the model to do`)';

it.for([
  ['ESM', 'embed.mjs', "import { pipeline, env } from '@huggingface/transformers';", ''],
  ['CommonJS', 'embed-cjs.cjs', "const { pipeline, env } = require('@huggingface/transformers'); (async () => {", '})();'],
] as const)('a %s program that embeds texts: tokenizer, queue, session and each kernel', async ([, name, head, end], context) => {
  const { hub } = await onnxModels(context, ['minilm']);
  const file = await program(
    name,
    `${head}
    env.allowRemoteModels = false; env.localModelPath = ${JSON.stringify(`${hub}/`)};
    const embed = await pipeline('feature-extraction', 'minilm', { dtype: 'fp32' });
    let output;
    for (let i = 0; i < 8; i++) output = await embed(${TEXTS}, { pooling: 'mean', normalize: true });
    console.log(output.dims.join(), ${SUM('output.data')});
    ${end}`,
    context,
  );
  const { report, stdout, spans } = await reported(file);
  expect(stdout).toMatch(/^8,384 \d+$/);
  expect(report.variants.map(({ key }) => key)).toEqual(['pipeline/feature-extraction', 'session/create']);
  const [embed] = report.variants as [Variant];
  expect(embed.stages['kernel-execution']!.share).toBeGreaterThan(0.3);
  expect(embed.stages['unexplained']!.share).toBeLessThan(0.05);
  for (const name of ['tokenizer', 'model', 'queue', 'kernel-execution', 'fetch', 'post-processing']) expect(spans).toContain(name);
  if (process.platform === 'linux') expect(embed.kernels.map(({ op }) => op)).toEqual(expect.arrayContaining(['MatMul', 'Softmax']));
  expect(report.spans.lost).toBe(0);
});

it('a bundle that carries transformers.js: its runs are counted, and it is said that its pipelines are not told apart', async (context) => {
  const { hub } = await onnxModels(context, ['minilm']);
  const source = await program(
    'bundle.mjs',
    `import { pipeline, env } from '@huggingface/transformers';
    env.allowRemoteModels = false; env.localModelPath = ${JSON.stringify(`${hub}/`)};
    const embed = await pipeline('feature-extraction', 'minilm', { dtype: 'fp32' });
    for (let i = 0; i < 3; i++) await embed('a text');`,
    context,
  );
  const file = source.replace('bundle.mjs', 'bundled.mjs');
  const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };
  const external = ['onnxruntime-node', 'sharp'];
  await build({ entryPoints: [source], outfile: file, bundle: true, minify: true, platform: 'node', format: 'esm', banner, external });
  const out = path.join(path.dirname(file), 'run');
  const { stderr } = await execa(process.execPath, [CLI, 'run', '--out', out, '--', process.execPath, file], {
    env: { ORT_DISABLE_TELEMETRY: '1' },
  });
  expect(readRun(out).flatMap(({ calls }) => calls).length).toBe(1 + 3);
  expect(stderr).toMatch(/Pipelines of the transformers\.js that is bundled into .*bundled\.mjs are not told apart: build it with/);
});

it('a model and a tokenizer without a pipeline: what the model is asked for is the call', async (context) => {
  const { hub } = await onnxModels(context, ['minilm']);
  const file = await program(
    'auto.mjs',
    `import { AutoModel, AutoTokenizer, env } from '@huggingface/transformers';
    env.allowRemoteModels = false; env.localModelPath = ${JSON.stringify(`${hub}/`)};
    const tokenizer = await AutoTokenizer.from_pretrained('minilm');
    const model = await AutoModel.from_pretrained('minilm', { dtype: 'fp32' });
    let output;
    for (let i = 0; i < 5; i++) output = await model(await tokenizer(['a text', 'another'], { padding: true }));
    console.log(output.last_hidden_state.dims.join(), ${SUM('output.last_hidden_state.data')});`,
    context,
  );
  const { report, stdout } = await reported(file);
  expect(stdout).toMatch(/^2,\d,384 \d+$/);
  expect(report.variants.map(({ key, calls }) => [key, calls > 0])).toEqual([
    ['model/forward', true],
    ['session/create', false],
  ]);
});

it('images: decoding and processing are seen before the model, whose answers come in order of likelihood after it', async (context) => {
  const hub = path.join(folder, 'hub');
  await writeImageModel(path.join(hub, 'pixels'), context);
  const file = await program(
    'images.mjs',
    `import { pipeline, env } from '@huggingface/transformers';
    import sharp from 'sharp';
    env.allowRemoteModels = false; env.localModelPath = ${JSON.stringify(`${hub}/`)};
    const image = ${JSON.stringify(path.join(folder, 'image.png'))};
    await sharp({ create: { width: 640, height: 480, channels: 3, background: { r: 200, g: 30, b: 60 } } }).png().toFile(image);
    const classify = await pipeline('image-classification', 'pixels', { dtype: 'fp32' });
    let found;
    for (let i = 0; i < 6; i++) found = await classify(image, { top_k: 2 });
    console.log(JSON.stringify(found));`,
    context,
  );
  const { report, stdout, spans } = await reported(file);
  // Of 3 channels, scaled to 0..1, the model's answer is each channel's mean: red is the most likely.
  expect((JSON.parse(stdout) as { label: string }[]).map(({ label }) => label)).toEqual(['red', 'blue']);
  for (const name of ['image-decoding', 'processor', 'model', 'post-processing']) expect(spans).toContain(name);
  // The helper session that finds the largest values is part of the pipeline, and no model.
  expect(report.variants.map(({ key }) => key)).toEqual(['pipeline/image-classification', 'session/create']);
  expect(report.models ?? []).toHaveLength(1);
});

it('a program that reads text in images, which is a package of somebody else', async (context) => {
  const file = await program(
    'ocr.mjs',
    `import Ocr from '@gutenye/ocr-node';
    import sharp from 'sharp';
    const image = ${JSON.stringify(path.join(folder, 'text.png'))};
    const bars = Array.from({ length: 9 }, (_, at) => '<rect x="' + (40 + at * 60) + '" y="70" width="22" height="80"/>').join('');
    await sharp(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="640" height="240"><rect width="640" height="240" fill="white"/>' + bars + '</svg>')).png().toFile(image);
    const ocr = await Ocr.create();
    let lines;
    for (let i = 0; i < 3; i++) lines = await ocr.detect(image);
    console.log(JSON.stringify(lines.map(({ text }) => text)));`,
    context,
  );
  const { report } = await reported(file);
  const detection = report.models?.find(({ name }) => name === 'ch_PP-OCRv4_det_infer');
  expect([detection?.calls, report.models?.some(({ name }) => name === 'ch_PP-OCRv4_rec_infer')]).toEqual([3, true]);
});

it('a stream of audio: state goes from call to call, and the answers are the same to the bit', async (context) => {
  const { silero } = await onnxModels(context, ['silero']);
  const file = await program(
    'stream.cjs',
    `const ort = require('onnxruntime-node');
    (async () => {
      const session = await ort.InferenceSession.create(${JSON.stringify(silero)});
      let state = new ort.Tensor('float32', new Float32Array(256), [2, 1, 128]);
      const sr = new ort.Tensor('int64', BigInt64Array.of(16000n), []);
      const heard = [];
      for (let at = 0; at < 60; at++) {
        const input = new ort.Tensor('float32', Float32Array.from({ length: 512 }, (_, i) => Math.sin((at * 512 + i) / 9) * 0.4), [1, 512]);
        const { output, stateN } = await session.run({ input, state, sr });
        state = stateN;
        heard.push(output.data[0]);
      }
      console.log(${SUM('Float32Array.from(heard)')}, ${SUM('state.data')});
    })();`,
    context,
  );
  const { report } = await reported(file);
  expect(report.variants.map(({ key }) => key)).toEqual(['program/run', 'session/create']);
  const [run] = report.variants as [Variant];
  if (process.platform === 'linux') expect(run.kernels.map(({ op }) => op)).toContain('LSTM');
});
