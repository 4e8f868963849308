import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { buildSync, type BuildOptions } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unseenSentence } from '../../../src/engines/tensorflow/program/unseen.js';
import { readRun } from '../../../src/runs/run-folder.js';
import { spanKindFromCode } from '../../../src/model/span.js';
import { readRecording } from '../../../src/record/reader.js';
import { nativeTensorFlow } from '../../../src/engines/tensorflow/load/tensorflow.js';

// Inside the repository, so that programs find TensorFlow as a user's would.
mkdirSync('node_modules/.cache', { recursive: true });
const folder = mkdtempSync(path.resolve('node_modules/.cache/copies-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const MODEL = `
// Two copies of tfjs-layers on one engine both call their first layer "dense_Dense1", which the engine refuses.
let models = 0;
module.exports = (tf, calls) => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4], name: "dense" + models++ })] });
  let made = 0;
  for (; made < calls; made++) tf.dispose(model.predict(tf.ones([2, 4])));
  return made;
};`;

/** A second copy of tfjs, nested below a package: other classes, the same engine. */
beforeAll(() => {
  const nested = path.join(folder, 'node_modules/other/node_modules/@tensorflow');
  for (const name of ['tfjs-core', 'tfjs-layers', 'tfjs-converter']) {
    const from = path.resolve('node_modules/@tensorflow', name);
    const main = (JSON.parse(readFileSync(path.join(from, 'package.json'), 'utf8')) as { main: string }).main;
    mkdirSync(path.join(nested, name, 'dist'), { recursive: true });
    cpSync(path.join(from, 'package.json'), path.join(nested, name, 'package.json'));
    cpSync(path.join(from, main), path.join(nested, name, main));
  }
  symlinkSync(path.resolve('node_modules/@tensorflow/tfjs-backend-cpu'), path.join(nested, 'tfjs-backend-cpu'));
  writeFileSync(
    path.join(folder, 'node_modules/other/index.js'),
    "module.exports = { ...require('@tensorflow/tfjs-core'), ...require('@tensorflow/tfjs-layers') };",
  );
  writeFileSync(path.join(folder, 'model.cjs'), MODEL);
});

interface Ran {
  readonly made: number;
  readonly recorded: number;
  readonly backends: readonly string[];
  readonly stderr: string;
}

const filesOf = (out: string): string[] =>
  existsSync(path.join(out, 'recordings')) ? readdirSync(path.join(out, 'recordings')).filter((name) => name.endsWith('.isr')) : [];

/** Runs a program that prints how many calls it has made. */
async function ran(name: string, text: string, args: readonly string[] = []): Promise<Ran> {
  const file = path.resolve(folder, name);
  writeFileSync(file, text);
  const out = path.join(folder, `${path.basename(name)}-run`);
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['dist/cli/main.js', 'run', '--out', out, '--', process.execPath, ...args, file],
    { maxBuffer: 2 ** 26 },
  );
  const recordings = filesOf(out).length > 0 ? readRun(out) : [];
  return {
    made: [...stdout.matchAll(/MADE (\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0),
    recorded: recordings.reduce((sum, { calls }) => sum + calls.length, 0),
    backends: [...new Set(recordings.map(({ meta }) => meta.environment.backend))],
    stderr,
  };
}

const NODE = "const tf = require('@tensorflow/tfjs-node'); const model = require('./model.cjs');";
const SAY = (body: string): string => `console.log('MADE', ${body});`;

describe('every copy that makes a call', () => {
  it.each([
    ['tfjs before tfjs-node', 'order.cjs', `const tfjs = require('@tensorflow/tfjs'); ${NODE} ${SAY('model(tfjs, 3) + model(tf, 4)')}`, 7],
    ['two copies, the program has both', 'two.cjs', `${NODE} const other = require('other'); ${SAY('model(tf, 3) + model(other, 5)')}`, 8],
    [
      'two copies, the nested one first',
      'first.cjs',
      `const other = require('other'); ${NODE} ${SAY('model(other, 5) + model(tf, 3)')}`,
      8,
    ],
    [
      'CommonJS and ESM mixed',
      'mixed.mjs',
      `import tf from '@tensorflow/tfjs-node'; import * as tfjs from '@tensorflow/tfjs'; import model from './model.cjs'; ${SAY('model(tf, 2) + model(tfjs, 3)')}`,
      5,
    ],
  ])('is recorded: %s', async (_, name, text, calls) => {
    const { made, recorded, backends } = await ran(name, text);
    expect(made).toBe(calls);
    expect(recorded).toBe(calls);
    expect(backends).toEqual(['tensorflow']);
  });

  it('is recorded without tfjs-node, on the cpu backend, with kernels that are no dispatches', async () => {
    const { made, recorded, backends } = await ran(
      'cpu.cjs',
      `const tf = require('@tensorflow/tfjs'); const model = require('./model.cjs'); ${SAY('model(tf, 6)')}`,
    );
    expect([made, recorded, backends]).toEqual([6, 6, ['cpu']]);
    const [file] = readdirSync(path.join(folder, 'cpu.cjs-run/recordings'));
    const { spans, strings } = readRecording(path.join(folder, 'cpu.cjs-run/recordings', file!));
    expect(new Set([...spans.name].map((name) => strings[name]))).toContain('_FusedMatMul');
  });
});

it('tfjs-node-gpu is taken where it is the one installed: here with the CPU binding in its place', async () => {
  // Outside of the repository, which has tfjs-node.
  const project = realpathSync(mkdtempSync(path.join(tmpdir(), 'gpu-test-')));
  const home = path.join(project, 'node_modules/@tensorflow/tfjs-node-gpu');
  const from = path.resolve('node_modules/@tensorflow/tfjs-node');
  mkdirSync(home, { recursive: true });
  for (const name of readdirSync('node_modules'))
    if (!/^(?:\.|@tensorflow$)/.test(name)) symlinkSync(path.resolve('node_modules', name), path.join(project, 'node_modules', name));
  cpSync(path.join(from, 'dist'), path.join(home, 'dist'), { recursive: true });
  for (const name of ['lib', 'deps', 'node_modules'])
    if (existsSync(path.join(from, name))) symlinkSync(path.join(from, name), path.join(home, name));
  const manifest = JSON.parse(readFileSync(path.join(from, 'package.json'), 'utf8')) as object;
  writeFileSync(path.join(home, 'package.json'), JSON.stringify({ ...manifest, name: '@tensorflow/tfjs-node-gpu' }));
  expect(nativeTensorFlow(project)).toEqual({ name: '@tensorflow/tfjs-node-gpu', file: path.join(home, 'dist/index.js') });
  const { made, recorded } = await ran(
    path.join(project, 'app.cjs'),
    `const tf = require('@tensorflow/tfjs-node-gpu'); const model = require(${JSON.stringify(path.join(folder, 'model.cjs'))}); ${SAY('model(tf, 5)')}`,
  );
  expect([made, recorded]).toEqual([5, 5]);
  rmSync(project, { recursive: true });
});

describe('profile --backend cpu', () => {
  const profile = (model: string, ...args: readonly string[]) =>
    promisify(execFile)(
      process.execPath,
      [
        'dist/cli/main.js',
        'profile',
        model,
        '--backend',
        'cpu',
        '--quick',
        '--json',
        '--out',
        path.join(folder, `profiled-${path.basename(model)}`),
        ...args,
      ],
      { maxBuffer: 2 ** 26 },
    );

  it('has stages and kernels, no native operations, and says what cannot be there', async () => {
    const { stdout } = await profile('test/fixtures/layers-tiny', '--variants', 'uncompiled/predict');
    const report = JSON.parse(stdout) as {
      environment: { backend: string; tensorflow: string | null };
      variants: { kernels: { op: string }[] }[];
      notes: string[];
    };
    expect(report.environment).toMatchObject({ backend: 'cpu', tensorflow: null });
    expect(report.variants[0]!.kernels.length).toBeGreaterThan(0);
    expect(report.notes.join('\n')).toContain('graph and graph-xla, and operations below a kernel, need native TensorFlow');
    const { spans } = readRecording(path.join(folder, 'profiled-layers-tiny/recordings/main.isr'));
    expect(new Set([...spans.kind].map(spanKindFromCode))).not.toContain('dispatch');
  });

  it('refuses a SavedModel, with what to do', async () => {
    await expect(profile('test/fixtures/saved-model-tiny')).rejects.toMatchObject({
      code: 64,
      stderr: expect.stringContaining(
        'A SavedModel runs in native TensorFlow, not on the backend cpu: install @tensorflow/tfjs-node and give --backend tensorflow.',
      ) as unknown,
    });
  });
});

describe('a bundle that carries tfjs', () => {
  const bundled = (name: string, source: string, options: BuildOptions = { format: 'cjs' }): string => {
    const entry = path.join(folder, `entry-${name}`);
    writeFileSync(entry, source);
    const built = buildSync({ entryPoints: [entry], bundle: true, write: false, platform: 'node', logLevel: 'silent', ...options });
    return built.outputFiles![0]!.text;
  };

  it('is named when it keeps tfjs to itself, and nothing passes for a program without calls', async () => {
    const { made, recorded, stderr } = await ran(
      'closed.cjs',
      bundled('closed.cjs', `const tf = require('@tensorflow/tfjs'); const model = require('./model.cjs'); ${SAY('model(tf, 2)')}`),
    );
    expect([made, recorded]).toEqual([2, 0]);
    expect(stderr).toMatch(/bundled into .*closed\.cjs .*are not recorded: build it with @tensorflow\/\* left external/);
    expect(stderr).toContain('No report: no call was recorded.');
    expect(stderr).not.toContain('no model call was seen');
  });

  const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  it.each([
    ['an ES module', 'beside.mjs', { format: 'esm', banner: { js: REQUIRE } }],
    ['CommonJS', 'beside.cjs', { format: 'cjs' }],
  ] as const)('is named beside the tfjs-node that was left external and made the engine, as %s', async (_, name, options) => {
    const source = `import * as tf from '@tensorflow/tfjs'; import '@tensorflow/tfjs-node'; import model from './model.cjs'; ${SAY('model(tf, 2)')}`;
    const { made, recorded, stderr } = await ran(name, bundled(name, source, { ...options, external: ['@tensorflow/tfjs-node'] }));
    expect([made, recorded]).toEqual([2, 0]);
    expect(stderr).toMatch(/bundled into .*beside\.[cm]js .*are not recorded: build it with @tensorflow\/\* left external/);
    expect(stderr).toContain('No report: no call was recorded.');
    // The operations that were seen are those of its calls.
    expect(stderr).not.toContain('none of them in a model call');
  });

  it('is not what a version with another build is called, as face-api.js carries one', () => {
    const file = '/app/node_modules/face-api.js/node_modules/@tensorflow/tfjs-core/dist/engine.js';
    expect(unseenSentence({ file, reason: 'bundled' })).toMatch(
      /^Calls of the TensorFlow\.js in .*tfjs-core\/dist\/engine\.js are not recorded: Inferscope does not know this version; it knows 2\.8 to 4\.22\. To see .* type npx inferscope view program\.cpuprofile\.$/,
    );
  });

  it('is recorded when it exports tfjs', async () => {
    const library = path.join(folder, 'library.cjs');
    writeFileSync(library, bundled('library.cjs', "exports.tf = require('@tensorflow/tfjs');"));
    const { made, recorded, stderr } = await ran(
      'open.cjs',
      `const { tf } = require('./library.cjs'); const model = require('./model.cjs'); ${SAY('model(tf, 4)')}`,
    );
    expect([made, recorded]).toEqual([4, 4]);
    expect(stderr).not.toContain('not recorded');
  });
});

describe('processes and threads that are ended without an exit', () => {
  it('a worker that blocks in Atomics.wait and is terminated keeps its calls', async () => {
    const program = `
    const { Worker, isMainThread, workerData, parentPort } = require('node:worker_threads');
    if (isMainThread) {
      const lock = new Int32Array(new SharedArrayBuffer(4));
      const worker = new Worker(__filename, { workerData: lock });
      worker.once('message', async (made) => { console.log('MADE', made); await worker.terminate(); });
    } else {
      ${NODE}
      parentPort.postMessage(model(tf, 9));
      Atomics.wait(workerData, 0, 0);
    }`;
    const { made, recorded } = await ran('blocked.cjs', program);
    expect([made, recorded]).toEqual([9, 9]);
  });

  it('a forked process that its parent terminates keeps its calls, and ends by the signal', async () => {
    const program = `
    const { fork } = require('node:child_process');
    if (process.argv[2] === undefined) {
      const child = fork(__filename, ['child']);
      child.once('message', (made) => { console.log('MADE', made); child.kill(); });
      child.once('exit', (code, signal) => console.log('ENDED', code, signal));
    } else {
      ${NODE}
      setInterval(() => undefined, 1000);
      process.send(model(tf, 9));
    }`;
    const file = path.join(folder, 'forked.cjs');
    writeFileSync(file, program);
    const out = path.join(folder, 'forked-run');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['dist/cli/main.js', 'run', '--out', out, '--', process.execPath, file],
      { maxBuffer: 2 ** 26 },
    );
    expect(stdout).toContain('ENDED null SIGTERM');
    expect(readRun(out).map(({ calls, complete }) => [calls.length, complete])).toEqual([[9, true]]);
  });
});

it("a module system made of vm.Script, with a global of its own (Jest's), is seen; and what it runs is what was written", async () => {
  const sandbox = `
  const vm = require('node:vm'), fs = require('node:fs'), path = require('node:path'), { createRequire, builtinModules } = require('node:module');
  const context = vm.createContext({ process, Buffer, console, setTimeout, performance, Float32Array, Int32Array, Uint8Array, Uint8ClampedArray, ArrayBuffer, TextEncoder, TextDecoder, URL });
  context.global = context;
  const modules = new Map();
  function load(file) {
    if (modules.has(file)) return modules.get(file).exports;
    const module = { exports: {} };
    modules.set(file, module);
    if (file.endsWith('.json')) return (module.exports = JSON.parse(fs.readFileSync(file, 'utf8')));
    if (file.endsWith('.node')) return (module.exports = require(file));
    const own = createRequire(file);
    const inner = (name) => { const found = own.resolve(name); return path.isAbsolute(found) ? load(found) : require(found); };
    const text = '({"Object.<anonymous>":function(module,exports,require,__dirname,__filename){' + fs.readFileSync(file, 'utf8') + '\\n}});';
    new vm.Script(text, { filename: file }).runInContext(context)['Object.<anonymous>'].call(module.exports, module, module.exports, inner, path.dirname(file), file);
    return module.exports;
  }
  const tf = load(require.resolve('@tensorflow/tfjs'));
  ${SAY("load(require.resolve('./model.cjs'))(tf, 7)")}`;
  const { made, recorded } = await ran('sandbox.cjs', sandbox);
  expect([made, recorded]).toEqual([7, 7]);
});
