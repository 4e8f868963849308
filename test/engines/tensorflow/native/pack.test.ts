/** What `npm publish` would send: looked at, and loaded where nothing of the clone but its packages is there. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { pack, projectWith, type Packed } from '../../../helpers/package.js';

const BINARY = 'dist/engines/tensorflow/native/prebuilds/linux-x64/inferscope_session.glibc.node';
let packed: Packed;
let project = '';
let unpacked = '';

beforeAll(async () => {
  // dist is built already (`npm test` does); `prepack` would build it again under the other tests' feet.
  packed = await pack();
  project = await projectWith(packed);
  unpacked = path.join(project, 'node_modules/inferscope');
});

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<'import' | 'require', Readonly<Record<string, string>>>>>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly license: string;
}

const manifestOf = (): Manifest => JSON.parse(readFileSync(path.join(unpacked, 'package.json'), 'utf8')) as Manifest;

/** Runs a module in the project; the last line it prints is JSON. */
async function inProject(source: string): Promise<unknown> {
  const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', source], {
    cwd: project,
    env: { TF_CPP_MIN_LOG_LEVEL: '3' },
  });
  return JSON.parse(stdout.split('\n').at(-1) ?? '');
}

describe('the published package', () => {
  it('has a licence, the set-up, and nothing that only a clone needs', () => {
    expect(manifestOf().license).toBe('Apache-2.0');
    for (const file of ['LICENSE', 'README.md', 'scripts/setup.mjs', 'scripts/setup/wheel.mjs', 'dist/cli/main.js'])
      expect(packed.files).toContain(file);
    expect(packed.files.filter((file) => /^(src|test|bench|docs|profiles)\/|\.sources$|\.tsbuildinfo$|\.map$/.test(file))).toEqual([]);
  });

  it('stays small', () => {
    expect(packed.packedBytes).toBeLessThan(1.7e6);
    expect(packed.unpackedBytes).toBeLessThan(6e6);
  });

  it('runs nothing at installation, so that nothing can fail it: npm builds by itself where a binding.gyp is on top', () => {
    expect(Object.keys(manifestOf().scripts).filter((name) => /^(pre|post)?install$|^prepare$/.test(name))).toEqual([]);
    expect(packed.files).not.toContain('binding.gyp');
  });

  it('has every file that package.json names, declarations beside each', () => {
    const { exports, bin } = manifestOf();
    const named = Object.values(exports).flatMap((entry) =>
      typeof entry === 'string' ? [entry] : [entry.import, entry.require].flatMap((way) => [way['types'], way['default']]),
    );
    expect(named.length).toBeGreaterThan(10);
    for (const file of [...named, ...Object.values(bin)]) expect(existsSync(path.join(unpacked, file!)), file).toBe(true);
    expect(statSync(path.join(unpacked, bin['inferscope']!)).mode & 0o111).not.toBe(0);
  });

  it('is the same to import and to require', async () => {
    const names = 'console.log(JSON.stringify(Object.keys(x).filter((n) => n !== "default" && n !== "module.exports").sort()))';
    const imported = await inProject(`import * as x from 'inferscope'; ${names}`);
    expect(
      await inProject(
        `import { createRequire } from 'node:module'; const x = createRequire(process.cwd() + '/x.js')('inferscope'); ${names}`,
      ),
    ).toEqual(imported);
    expect(imported).toContain('compileToGraph');
  });
});

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('its add-on [needs Linux x64]', () => {
  it('is compiled for linux-x64, and its sources are there to be compiled elsewhere', () => {
    expect(packed.files).toContain(BINARY);
    for (const file of ['session.h', 'addon.c', 'interpose.c', 'library.c', 'got.c'])
      expect(packed.files).toContain(`dist/engines/tensorflow/native/${file}`);
    expect(packed.files).toContain('dist/engines/onnxruntime/native/prebuilds/linux-x64/inferscope_onnx.glibc.node');
    for (const file of [
      'onnxruntime/native/onnx.h',
      'onnxruntime/native/addon.c',
      'onnxruntime/native/table.c',
      'onnxruntime/native/clock.c',
    ])
      expect(packed.files).toContain(`dist/engines/${file}`);
    for (const file of ['elf.h', 'elf.c', 'environment.h', 'environment.c']) expect(packed.files).toContain(`dist/engines/native/${file}`);
  });

  it('loads, and sees inside a session run', async () => {
    const model = path.resolve('test/fixtures/session/dense');
    const result = await inProject(`
      import { createRequire } from 'node:module';
      import { loadAddon } from './node_modules/inferscope/dist/engines/tensorflow/session/addon.js';
      import { createSessionTracer } from './node_modules/inferscope/dist/engines/tensorflow/session/tracer.js';
      import 'inferscope/node-compat';
      const status = loadAddon();
      const tf = createRequire(process.cwd() + '/x.js')('@tensorflow/tfjs-node');
      const model = await tf.node.loadSavedModel(${JSON.stringify(model)});
      const tracer = createSessionTracer(status.addon, { fusedOps: 'once' });
      tracer.traceNextRun();
      model.predict(tf.ones([32, 4]));
      console.log(JSON.stringify({ path: status.path, fused: tracer.takeTrace().kernels.flatMap(({ fused }) => fused) }));
    `);
    expect(result).toEqual({ path: path.join(unpacked, BINARY), fused: expect.arrayContaining(['BiasAdd', 'Relu']) as unknown });
  });

  it('asks for no glibc newer than the oldest that Node 20 runs on', () => {
    const asked = [...readFileSync(path.join(unpacked, BINARY), 'latin1').matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor));
    expect(asked.length).toBeGreaterThan(0);
    expect(Math.max(...asked)).toBeLessThanOrEqual(28);
  });

  it('where no binary fits, is named with what to type', async () => {
    rmSync(path.join(unpacked, 'dist/engines/tensorflow/native/prebuilds'), { recursive: true });
    const result = await inProject(
      `import { loadAddon } from './node_modules/inferscope/dist/engines/tensorflow/session/addon.js'; console.log(JSON.stringify(loadAddon()));`,
    );
    expect(result).toMatchObject({ status: 'unavailable', reason: expect.stringContaining('npx inferscope setup') as unknown });
  });
});

describe('a clone, in which npm skips prepack', () => {
  const inClone = (...args: string[]) => {
    const clone = mkdtempSync(path.join(tmpdir(), 'inferscope-unbuilt-'));
    for (const file of ['package.json', '.npmrc', 'README.md', 'LICENSE']) cpSync(file, path.join(clone, file));
    return execa('npm', args, { cwd: clone, reject: false });
  };

  it('is never published: npm refuses, with credentials and before it asks the registry', async () => {
    const { exitCode, stderr } = await inClone(
      'publish',
      '--fetch-retries=0',
      '--registry=http://127.0.0.1:9/',
      '--//127.0.0.1:9/:_authToken=none',
    );
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('EPRIVATE');
  });

  it('is not packed: npm writes nothing, and prints what to type', async () => {
    const { exitCode, stderr, stdout } = await inClone('pack');
    expect([exitCode === 0, stdout]).toEqual([false, '']);
    expect(stderr).toContain('A clone is not packed as it is: type `npm run release`');
  });
});
