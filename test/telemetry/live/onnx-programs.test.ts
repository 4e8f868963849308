/** Unmodified programs that use ONNX Runtime, as `run` and `inferscope/register` see them. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import { analyse } from '../../../src/analyse/analyse.js';
import { byModel } from '../../../src/analyse/models.js';
import type { CallRecord, Recording } from '../../../src/model/recording.js';
import { spanKindFromCode, type SpanKind } from '../../../src/model/span.js';
import { stageFromCode } from '../../../src/model/stage.js';
import { variantKey } from '../../../src/model/variant.js';
import { reportRun } from '../../../src/runs/analyse-run.js';
import { readRun } from '../../../src/runs/run-folder.js';
import { expectToldAgain } from '../../helpers/told-again.js';
import { withUsedVariants } from '../../../src/runs/used-variants.js';
import { unseenSentences } from '../../../src/telemetry/live/unseen-copies.js';

// Inside the repository, so that programs find their packages as a user's would.
mkdirSync('node_modules/.cache', { recursive: true });
const folder = mkdtempSync(path.resolve('node_modules/.cache/onnx-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const TINY = JSON.stringify(path.resolve('test/fixtures/onnx-tiny.onnx'));
const LOOP = JSON.stringify(path.resolve('test/fixtures/onnx-loop.onnx'));
const REGISTER = path.resolve('dist/telemetry/live/register.js');
const FEEDS = "{ x: new ort.Tensor('float32', Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), [2, 4]) }";
const CREATE = `ort.InferenceSession.create(${TINY})`;

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly recordings: readonly Recording[];
  readonly run: string;
}

let programs = 0;

/** Runs a program twice: as it is, and recorded. All that it does must be the same. */
function ran(name: string, text: string, at = folder): Ran {
  const own = path.join(at, `${programs++}`);
  mkdirSync(own, { recursive: true });
  const file = path.join(own, name);
  writeFileSync(file, text);
  const env = { ...process.env, ORT_DISABLE_TELEMETRY: '1', TF_CPP_MIN_LOG_LEVEL: '2' };
  const plain = spawnSync(process.execPath, [file], { encoding: 'utf8', env });
  const run = path.join(own, 'run');
  const recorded = spawnSync(process.execPath, ['--import', REGISTER, file], {
    encoding: 'utf8',
    env: { ...env, INFERSCOPE_RUN_FOLDER: run },
  });
  expect({ status: recorded.status, stdout: recorded.stdout, stderr: recorded.stderr }).toEqual({
    status: plain.status,
    stdout: plain.stdout,
    stderr: plain.stderr,
  });
  return { status: plain.status, stdout: plain.stdout, stderr: plain.stderr, recordings: readRun(run), run };
}

const keysOf = ({ meta, calls }: Recording): string[] => calls.map(({ variant }) => variantKey(meta.variants[variant]!));

const callsOf = (recording: Recording, key: string): CallRecord[] => recording.calls.filter((_, at) => keysOf(recording)[at] === key);

/** Names of the spans below a call's root, but for kernels, and what stage each is. */
function spansOf({ spans, strings }: Recording, call: CallRecord): string {
  const found: string[] = [];
  for (let row = call.rootSpan + 1; row < spans.length && spans.call[row] === spans.call[call.rootSpan]; row++) {
    if (KERNELS.includes(spanKindFromCode(spans.kind[row]!))) continue;
    const name = strings[spans.name[row]!]!;
    const stage = stageFromCode(spans.stage[row]!);
    found.push(name === stage ? name : `${name} (${stage})`);
  }
  // With the add-on, handing the inputs over to the native library is told apart from waiting for it.
  return found.join(' ').replaceAll('queue data-adapter', 'queue');
}

const KERNELS: readonly SpanKind[] = ['kernel', 'pass'];

const RUN = 'data-adapter queue kernel-execution fetch';
const MADE = 'data-adapter queue graph-building';

it.each([
  ['CommonJS', 'app.cjs', "const ort = require('onnxruntime-node'); (async () => {", '})();'],
  ['ESM', 'app.mjs', "import ort from 'onnxruntime-node';", ''],
  [
    'ESM with names',
    'named.mjs',
    "import { InferenceSession, Tensor } from 'onnxruntime-node'; const ort = { InferenceSession, Tensor };",
    '',
  ],
])('sessions of a %s program: each is made once, each run has its stages', (_, name, head, end) => {
  const { recordings, stdout } = ran(
    name,
    `${head} const session = await ${CREATE}; let y; for (let i = 0; i < 5; i++) ({ y } = await session.run(${FEEDS})); console.log(y.data); ${end}`,
  );
  expect(stdout).toContain('Float32Array');
  const [recording] = recordings as [Recording];
  expect(keysOf(recording)).toEqual(['session/create', ...Array<string>(5).fill('program/run')]);
  expect(recording.calls.map(({ temperature }) => temperature)).toEqual(['cold-session', 'cold-session', ...Array<string>(4).fill('warm')]);
  expect(recording.calls.slice(1).map(({ signature, batch }) => [signature, batch])).toEqual(Array(5).fill(['float32[2,4]', 2]));
  for (const call of callsOf(recording, 'program/run')) expect(spansOf(recording, call)).toBe(RUN);
  expect(spansOf(recording, recording.calls[0]!)).toBe(MADE);
  expect(recording.meta.environment).toMatchObject({
    backend: 'onnxruntime',
    packages: { 'onnxruntime-node': expect.stringMatching(/^1\./) },
  });
});

it('models are told apart by what they are: a path, its bytes and a second load are one, another file is another; and told again', async () => {
  const { recordings, run } = ran(
    'models.cjs',
    `const ort = require('onnxruntime-node'); const fs = require('node:fs');
    (async () => {
      const bytes = fs.readFileSync(${TINY});
      const own = new Uint8Array(bytes);
      const tiny = [await ${CREATE}, await ${CREATE}, await ort.InferenceSession.create(own), await ort.InferenceSession.create(own.buffer)];
      const loop = await ort.InferenceSession.create(${LOOP});
      for (const session of tiny) await session.run(${FEEDS});
      await loop.run({ x: new ort.Tensor('float32', new Float32Array(64), [8, 8]), count: new ort.Tensor('int64', BigInt64Array.of(3n), []) });
    })();`,
  );
  const { models, recordings: split } = byModel(recordings);
  expect(models.map(({ name, calls, loads }) => [name, calls, loads])).toEqual([
    ['onnx-tiny', 4, 4],
    ['onnx-loop', 1, 1],
  ]);
  expect(new Set(split.flatMap(keysOf))).toEqual(
    new Set(['onnx-tiny/run', 'onnx-loop/run', 'onnx-tiny session/create', 'onnx-loop session/create']),
  );
  reportRun(run);
  await expectToldAgain(run);
});

it('runs at the same time, runs that throw and sessions that are released', () => {
  const { recordings, stdout } = ran(
    'busy.cjs',
    `const ort = require('onnxruntime-node');
    (async () => {
      const session = await ${CREATE};
      const runs = await Promise.all(Array.from({ length: 8 }, () => session.run(${FEEDS})));
      console.log(runs.map(({ y }) => [...y.data].join()).join(';'));
      await session.run({}).catch(({ message }) => console.log(message));
      await session.run({ x: new ort.Tensor('float32', new Float32Array(9), [3, 3]) }).catch(({ message }) => console.log(message));
      await session.release();
      await session.run(${FEEDS}).catch(({ message }) => console.log(message));
      await ort.InferenceSession.create('no/such.onnx').catch(({ message }) => console.log(message));
    })();`,
  );
  const [recording] = recordings as [Recording];
  const runs = callsOf(recording, 'program/run');
  expect(stdout).toMatch(/missing in 'feeds'[^]*invalid dimensions[^]*no\/such\.onnx/);
  const good = runs.filter(({ error }) => error === undefined);
  expect([runs.length, good.length]).toEqual([11, 8]);
  for (const call of good) expect(spansOf(recording, call)).toBe(RUN);
  expect(callsOf(recording, 'session/create').map(({ error }) => error !== undefined)).toEqual([false, true]);
});

it('what create refuses, it refuses as it always did', () => {
  const { stdout } = ran(
    'odd.cjs',
    `const ort = require('onnxruntime-node');
    const bytes = new ArrayBuffer(8);
    const odd = [[], [null], [{}], [bytes, 99], [bytes, -1], [bytes, 2, 100], [new Uint8Array(5)], ['/'], [new Uint8Array(5), { graphOptimizationLevel: 7 }]];
    (async () => {
      for (const args of odd) await ort.InferenceSession.create(...args).catch(({ constructor, message }) => console.log(constructor.name, message));
    })();`,
  );
  expect(stdout.trim().split('\n').length).toBe(9);
});

it('each thread has a file of its own, and so has each engine', () => {
  const { recordings } = ran(
    'threads.cjs',
    `const { Worker, isMainThread } = require('node:worker_threads');
    const ort = require('onnxruntime-node');
    const work = async () => { const session = await ${CREATE}; for (let i = 0; i < 3; i++) await session.run(${FEEDS}); };
    (async () => {
      await work();
      if (!isMainThread) return;
      require(${JSON.stringify(path.resolve('dist/cjs/node-compat.js'))});
      const tf = require('@tensorflow/tfjs-node');
      const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4] })] });
      for (let i = 0; i < 2; i++) tf.dispose(model.predict(tf.ones([2, 4])));
      await new Promise((resolve) => new Worker(__filename).on('exit', resolve));
    })();`,
  );
  const found = recordings.map((recording) => `${recording.meta.model.runtime}: ${keysOf(recording).join(' ')}`).sort();
  const runs = 'session/create program/run program/run program/run';
  expect(found).toEqual(['layers-model: program/predict program/predict', `onnxruntime: ${runs}`, `onnxruntime: ${runs}`]);
});

it('copies of the package: each is recorded', () => {
  const at = path.join(folder, 'two copies');
  const copy = path.join(at, 'node_modules/onnxruntime-node');
  const original = path.resolve('node_modules/onnxruntime-node');
  cpSync(path.join(original, 'dist'), path.join(copy, 'dist'), { recursive: true });
  cpSync(path.join(original, 'package.json'), path.join(copy, 'package.json'));
  const common = path.join(at, 'node_modules/onnxruntime-common');
  cpSync('node_modules/onnxruntime-common/dist/cjs', path.join(common, 'dist/cjs'), { recursive: true });
  cpSync('node_modules/onnxruntime-common/package.json', path.join(common, 'package.json'));
  const binaries = `bin/napi-v6/${process.platform}/${process.arch}`;
  mkdirSync(path.join(copy, binaries), { recursive: true });
  cpSync(path.join(original, binaries, 'onnxruntime_binding.node'), path.join(copy, binaries, 'onnxruntime_binding.node'));
  if (process.platform === 'linux')
    symlinkSync(path.join(original, binaries, 'libonnxruntime.so.1'), path.join(copy, binaries, 'libonnxruntime.so.1'));
  // What is not seen of both for one reason is told once.
  const own = `{ enableProfiling: true, profileFilePrefix: ${JSON.stringify(path.join(at, 'own'))} }`;
  const { recordings, run } = ran(
    'copies.cjs',
    `const inner = require('onnxruntime-node');
    const outer = require(${JSON.stringify(original)});
    if (inner === outer) throw new Error('one copy');
    (async () => {
      for (const ort of [inner, outer]) { const session = await ort.InferenceSession.create(${TINY}, ${own}); for (let i = 0; i < 2; i++) await session.run(${FEEDS}); }
    })();`,
    at,
  );
  expect(recordings.flatMap(keysOf)).toEqual([
    'session/create',
    'program/run',
    'program/run',
    'session/create',
    'program/run',
    'program/run',
  ]);
  if (process.platform === 'linux')
    expect(unseenSentences(run)).toEqual([
      'Kernels of a session that writes a profile of its own are not seen: leave enableProfiling out.',
    ]);
});

it('a bundle that keeps the class to itself is seen where it loads the native library', async () => {
  const at = path.join(folder, 'bundled');
  mkdirSync(at, { recursive: true });
  writeFileSync(
    path.join(at, 'source.mjs'),
    `import * as ort from 'onnxruntime-node';
    const session = await ${CREATE};
    for (let i = 0; i < 3; i++) console.log((await session.run(${FEEDS})).y.data[0]);`,
  );
  const bundled = path.join(at, 'bundle.mjs');
  await build({
    entryPoints: [path.join(at, 'source.mjs')],
    bundle: true,
    format: 'esm',
    platform: 'node',
    outfile: bundled,
    loader: { '.node': 'copy' },
    assetNames: '[hash]',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    plugins: [
      {
        // As bundlers are told to: the binding is a file beside the bundle, under a name of the bundler's.
        name: 'binding',
        setup({ onLoad }) {
          onLoad({ filter: /onnxruntime-node\/dist\/binding\.js$/ }, ({ path: file }) => ({
            contents: readFileSync(file, 'utf8').replace(
              /require\(`[^`]*`\)/,
              `require(${JSON.stringify(path.resolve(`node_modules/onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}/onnxruntime_binding.node`))})`,
            ),
          }));
        },
      },
    ],
    external: ['*.node'],
  });
  const { recordings } = ran('app.mjs', `import ${JSON.stringify(bundled)};`);
  const [recording] = recordings as [Recording];
  expect(keysOf(recording)).toEqual(['session/create', 'program/run', 'program/run', 'program/run']);
  expect(byModel(recordings).models.map(({ name }) => name)).toEqual(['onnx-tiny']);
});

it('a session that was there before the recording began: its runs are calls', () => {
  const module = JSON.stringify(path.resolve('dist/telemetry/live/record-program.js'));
  const file = path.join(folder, 'late.cjs');
  const run = path.join(folder, 'late-run');
  writeFileSync(
    file,
    `const ort = require('onnxruntime-node');
    (async () => {
      const session = await ${CREATE};
      const { recordProgram } = await import(${module});
      recordProgram(${JSON.stringify(run)});
      for (let i = 0; i < 4; i++) await session.run(${FEEDS});
    })();`,
  );
  expect(spawnSync(process.execPath, [file], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  expect(readRun(run).flatMap(keysOf)).toEqual(Array(4).fill('program/run'));
});

describe('transformers.js', () => {
  /** The shape of the package: classes with the names and methods that are wrapped, on a real session. */
  function packageOf(at: string, extra = ''): string {
    const dist = path.join(at, 'node_modules/@huggingface/transformers/dist');
    mkdirSync(dist, { recursive: true });
    writeFileSync(path.join(dist, '../package.json'), '{"name":"@huggingface/transformers","version":"9.9.9","type":"module"}');
    const model = path.join(at, 'models/tiny/onnx');
    mkdirSync(model, { recursive: true });
    for (const name of ['model', 'text_model']) cpSync('test/fixtures/onnx-tiny.onnx', path.join(model, `${name}.onnx`));
    const file = path.join(dist, 'transformers.node.mjs');
    writeFileSync(
      file,
      `import { createRequire } from 'node:module';
      const ort = createRequire(import.meta.url)('onnxruntime-node');
      const makeSession = async (of) => { const session = await ort.InferenceSession.create(of); return session; };
      class Callable extends Function { constructor() { super(); return Object.setPrototypeOf((...args) => this.constructor === Function ? undefined : undefined, new.target.prototype); } }
      ${extra === '' ? CLASSES(model) : extra}`,
    );
    return file;
  }

  const CLASSES = (model: string): string => `
    export class PreTrainedTokenizer { _call(texts) { return texts.map((text) => text.length); } decode() { return 'text'; } }
    export class BertTokenizer extends PreTrainedTokenizer {}
    export class PreTrainedModel { constructor(session) { this.sessions = { model: session }; } async _call(feeds) { return this.sessions.model.run(feeds); } }
    export class BertModel extends PreTrainedModel { async _call(feeds) { return super._call(feeds); } }
    export class LlamaForCausalLM extends PreTrainedModel {
      async forward(feeds) { return this.sessions.model.run(feeds); }
      async _call(feeds) { return this.forward(feeds); }
      async generate({ tokens, streamer, ...feeds }) {
        const made = [];
        for (let at = 0; at < tokens; at++) made.push((await this.forward(feeds)).y.data[0] + (streamer?.put(at) ?? 0));
        return made;
      }
    }
    class Pipeline {
      constructor({ task, model, tokenizer }) { Object.assign(this, { task, model, tokenizer }); }
      async dispose() {}
    }
    let helper;
    export class FeatureExtractionPipeline extends Pipeline {
      async _call(texts) {
        const sizes = this.tokenizer._call(texts);
        if (sizes.includes(0)) throw new RangeError('an empty text');
        const { y } = await this.model._call(${FEEDS});
        helper ??= makeSession(new Uint8Array((await import('node:fs')).readFileSync(${TINY})));
        await (await helper).run(${FEEDS});
        return [this.tokenizer.decode(), y.data[0]];
      }
    }
    export class TextClassificationPipeline extends Pipeline { async _call(texts) { return new FeatureExtractionPipeline(this)._call(texts); } }
    export const load = async (type, file = 'model') => new type(await makeSession(${JSON.stringify(model)} + '/' + file + '.onnx'));
    export const pipeline = async (task) => {
      const model = await load(BertModel);
      return new (task === 'feature-extraction' ? FeatureExtractionPipeline : TextClassificationPipeline)({ task, model, tokenizer: new BertTokenizer() });
    };`;

  it('pipelines are calls of their own, their sessions and helpers parts of them', () => {
    const at = path.join(folder, 'pipelines');
    const file = packageOf(at);
    const { recordings, stdout } = ran(
      'app.mjs',
      `import { pipeline } from ${JSON.stringify(file)};
      const embed = await pipeline('feature-extraction');
      for (let i = 0; i < 3; i++) console.log(await embed._call(['a text', 'another']));
      await embed._call(['']).catch(({ message }) => console.log(message));
      const classify = await pipeline('sentiment-analysis');
      for (const given of [['a text'], Object.assign(Object.create(null), { map: () => [1] }), ...Array(60).fill(['another'])]) await classify._call(given);
      await Promise.all(['one', 'two', 'three'].map((text) => embed._call([text])));`,
      at,
    );
    expect(stdout).toContain('an empty text');
    const [recording] = recordings as [Recording];
    expect(keysOf(recording)).toEqual([
      'session/create',
      ...Array<string>(4).fill('pipeline/feature-extraction'),
      'session/create',
      ...Array<string>(62).fill('pipeline/text-classification'),
      ...Array<string>(3).fill('pipeline/feature-extraction'),
    ]);
    const [first, second, , failed] = callsOf(recording, 'pipeline/feature-extraction');
    const parts = `data-adapter tokenizer (data-adapter) model (glue) ${RUN} post-processing (fetch)`;
    expect(spansOf(recording, second!)).toBe(`${parts} ${RUN} detokenizer (fetch)`);
    expect(spansOf(recording, first!)).toBe(`${parts} ${MADE} ${RUN} detokenizer (fetch)`);
    expect([failed!.error, spansOf(recording, failed!)]).toEqual(['an empty text', 'data-adapter tokenizer (data-adapter)']);
    expect([second!.signature, second!.batch]).toEqual(['string[2]', 2]);
    // Two tasks of one model, and making its session, are no alternatives to each other.
    const { variants, comparisons } = analyse(recordings.map(withUsedVariants));
    expect(variants.map(({ key, calls }) => [key, calls > 0])).toEqual([
      ['pipeline/feature-extraction', true],
      ['pipeline/text-classification', true],
      ['session/create', false],
    ]);
    expect(comparisons).toEqual([]);
    expect(byModel(recordings).models.map(({ name, loads, calls }) => [name, loads, calls])).toEqual([['tiny', 2, 69]]);
  });

  it('outside of any pipeline, what a model is asked to do is a call, however many runs it makes', () => {
    const at = path.join(folder, 'own models');
    const file = packageOf(at);
    const { recordings, run } = ran(
      'app.mjs',
      `import { BertModel, LlamaForCausalLM, PreTrainedTokenizer, load } from ${JSON.stringify(file)};
      import { createRequire } from 'node:module';
      const ort = createRequire(${JSON.stringify(path.resolve('package.json'))})('onnxruntime-node');
      const tokenizer = new PreTrainedTokenizer();
      const llama = await load(LlamaForCausalLM);
      const streamer = { put: (at) => tokenizer.decode([at]).length };
      for (let i = 0; i < 2; i++) console.log(await llama.generate({ ...${FEEDS}, tokens: 2, streamer }));
      await llama.generate({ tokens: 1 }).catch(({ message }) => console.log(message));
      await llama.generate({ ...${FEEDS}, tokens: 2, streamer: { put: () => { throw new Error('the client has gone'); } } }).catch(({ message }) => console.log(message));
      console.log((await llama._call(${FEEDS})).y.data[0], (await llama.forward(${FEEDS})).y.data[0]);
      console.log(await Promise.all([2, 3].map((tokens) => llama.generate({ ...${FEEDS}, tokens }))));
      const text = await load(BertModel, 'text_model');
      console.log((await text._call(${FEEDS})).y.data[0]);
      await text.sessions.model.run(${FEEDS});`,
      at,
    );
    const [recording] = recordings as [Recording];
    expect(keysOf(recording)).toEqual([
      'session/create',
      ...Array<string>(4).fill('model/generate'),
      ...Array<string>(2).fill('model/forward'),
      ...Array<string>(2).fill('model/generate'),
      'session/create',
      'model/forward',
      'program/run',
    ]);
    const [, generated, refused, left, ...beside] = callsOf(recording, 'model/generate');
    const streamed = `${RUN} detokenizer (fetch)`;
    expect(spansOf(recording, generated!)).toBe(`model (glue) ${streamed} ${streamed}`);
    expect([generated!.signature, generated!.batch]).toEqual(['float32[2,4]', 2]);
    expect([refused!.error, left!.error]).toEqual([expect.stringContaining("'x' is missing"), 'the client has gone']);
    expect(
      beside
        .map(
          (call) =>
            spansOf(recording, call)
              .split(' ')
              .filter((name) => name === 'fetch').length,
        )
        .sort(),
    ).toEqual([2, 3]);
    // One side of a folder of several models is a model of its own, and no call is an alternative to another.
    expect(byModel(recordings).models.map(({ name, calls }) => [name, calls])).toEqual([
      ['tiny', 8],
      ['tiny-text_model', 2],
    ]);
    const { comparisons, inputSignature } = analyse(recordings.map(withUsedVariants));
    expect([comparisons, inputSignature]).toEqual([[], 'float32[2,4]']);
    expect(recording.calls[0]!.signature).toBe('tiny');
    expect(unseenSentences(run)).toEqual([]);
  });

  it('a version that is not known is named, and its runs are calls', () => {
    const at = path.join(folder, 'unknown version');
    const file = packageOf(at, 'export const open = makeSession; export const tensor = ort.Tensor;');
    const { recordings, run } = ran(
      'app.mjs',
      `import { open, tensor } from ${JSON.stringify(file)};
      const ort = { Tensor: tensor };
      const session = await open(${TINY});
      for (let i = 0; i < 2; i++) await session.run(${FEEDS});`,
      at,
    );
    expect(recordings.flatMap(keysOf)).toEqual(['session/create', 'program/run', 'program/run']);
    expect(unseenSentences(run)).toEqual([
      expect.stringMatching(
        /^Pipelines of transformers\.js in .*transformers\.node\.mjs \(@huggingface\/transformers 9\.9\.9\) are not told apart/,
      ),
    ]);
  });
});
