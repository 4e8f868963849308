import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const BINARY = 'dist/native/prebuilds/linux-x64/inferscope_session.glibc.node';
const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-pack-'));
const unpacked = path.join(folder, 'package');
let files: readonly string[] = [];

/** What `npm publish` would send, unpacked; its dependencies are the clone's. */
beforeAll(async () => {
  // dist is built already (`npm test` does); `prepack` would build it again under the other tests' feet.
  const { stdout } = await execa('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]);
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  files = packed!.files.map(({ path: file }) => file);
  await execa('tar', ['-xzf', path.join(folder, packed!.filename), '-C', folder]);
  symlinkSync(path.resolve('node_modules'), path.join(unpacked, 'node_modules'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a module in the unpacked package; the last line it prints is JSON. */
async function inPackage(source: string): Promise<unknown> {
  const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', source], { cwd: unpacked, env: { TF_CPP_MIN_LOG_LEVEL: '3' } });
  return JSON.parse(stdout.split('\n').at(-1) ?? '');
}

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('the published package', () => {
  it('carries the add-on for linux-x64, its sources, and what compiles them elsewhere', () => {
    expect(files).toContain(BINARY);
    for (const file of ['binding.gyp', 'session.h', 'addon.c', 'interpose.c', 'library.c', 'got.c']) expect(files).toContain(`dist/native/${file}`);
    expect(files).toContain('scripts/install-native.mjs');
    expect(files.filter((file) => file.startsWith('src/') || file.includes('.sources'))).toEqual([]);
  });

  it('loads it, and sees inside a session run with it', async () => {
    const model = path.resolve('test/fixtures/session/dense');
    const result = await inPackage(`
      import { createRequire } from 'node:module';
      import { loadAddon } from './dist/session/addon.js';
      import { createSessionTracer } from './dist/session/tracer.js';
      const status = loadAddon();
      const tf = createRequire(import.meta.url)('@tensorflow/tfjs-node');
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

  it('compiles it at installation where no binary fits', async () => {
    rmSync(path.join(unpacked, 'dist/native/prebuilds'), { recursive: true });
    const gyp = path.resolve('node_modules/node-gyp/bin/node-gyp.js');
    const nodedir = path.dirname(path.dirname(process.execPath));
    const headers = existsSync(path.join(nodedir, 'include/node')) ? { npm_config_nodedir: nodedir } : {};
    await execa(process.execPath, ['scripts/install-native.mjs'], { cwd: unpacked, env: { npm_config_node_gyp: gyp, ...headers } });
    const result = await inPackage(`import { loadAddon } from './dist/session/addon.js'; console.log(JSON.stringify(loadAddon()));`);
    expect(result).toMatchObject({ status: 'ready', path: path.join(unpacked, 'dist/native/build/Release/inferscope_session.node') });
  });

  it('installs without a compiler, and says what is missing then', async () => {
    rmSync(path.join(unpacked, 'dist/native/build'), { recursive: true, force: true });
    const { exitCode, stderr } = await execa(process.execPath, ['scripts/install-native.mjs'], { cwd: unpacked, env: { npm_config_node_gyp: '/nonexistent/node-gyp.js' } });
    expect(exitCode).toBe(0);
    expect(stderr).toContain('operations inside session runs will not be visible');
    const result = await inPackage(`import { loadAddon } from './dist/session/addon.js'; console.log(JSON.stringify(loadAddon()));`);
    expect(result).toMatchObject({ status: 'unavailable', reason: expect.stringContaining('node-gyp rebuild -C') as unknown });
  });
});
