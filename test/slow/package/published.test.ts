/**
 * What is published, made as for publishing (the add-ons compiled for every platform): installed and set up in an
 * empty project with an empty home, and its arm64 add-ons loaded under emulation. The wheel comes from INFERSCOPE_CACHE or
 * the developer's own cache where it is there, so that CI does not download it twice; tfjs-node is still installed, the
 * binding compiled anew and everything loaded.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error a plain script without types
import { arm64Node } from '../../../scripts/emulator.mjs';
// @ts-expect-error a plain script without types
import { ensureNode } from '../../../scripts/node-versions.mjs';
import { pack, projectWith, type Packed } from '../../helpers/package.js';

const addonsFor = (arch: string): readonly string[] => [
  `dist/engines/onnxruntime/native/prebuilds/linux-${arch}/inferscope_onnx.glibc.node`,
  `dist/engines/tensorflow/native/prebuilds/linux-${arch}/inferscope_session.glibc.node`,
];
const LINUX_X64 = process.platform === 'linux' && process.arch === 'x64';
let packed: Packed;

beforeAll(async () => {
  if (LINUX_X64) packed = await pack('for-publishing');
});

describe.skipIf(!LINUX_X64)('the add-ons that are published [needs Linux x64]', () => {
  it('are there for both processors, and ask for no glibc newer than 2.17', async () => {
    expect(packed.files.filter((file) => file.endsWith('.node')).sort()).toEqual([...addonsFor('arm64'), ...addonsFor('x64')].sort());
    const unpacked = path.join(await projectWith(packed), 'node_modules/inferscope');
    for (const file of [...addonsFor('arm64'), ...addonsFor('x64')]) {
      const asked = [...readFileSync(path.join(unpacked, file), 'latin1').matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor));
      expect(Math.max(...asked), file).toBe(17);
    }
  });

  it('load on arm64, under emulation', async ({ skip }) => {
    let words: string[];
    try {
      words = (arm64Node as () => string[])();
    } catch (error) {
      const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
      console.log(`skipped: no arm64 Node under emulation here: ${reason}`);
      return skip(reason);
    }
    const unpacked = path.join(await projectWith(packed), 'node_modules/inferscope');
    const addons = addonsFor('arm64').map((file) => path.join(unpacked, file));
    const source = `
      const { RTLD_NOW, RTLD_GLOBAL } = require('os').constants.dlopen;
      const load = (file) => {
        const holder = { exports: {} };
        process.dlopen(holder, file, RTLD_NOW | RTLD_GLOBAL);
        const { attach, now, slots } = holder.exports, from = now();
        return { names: Object.keys(holder.exports).sort(), attached: attach(), runs: now() > from, slots: slots.length > 10 };
      };
      console.log(JSON.stringify({ arch: process.arch, addons: ${JSON.stringify(addons)}.map(load) }));`;
    const { stdout, stderr } = await execa(words[0]!, [...words.slice(1), '-e', source], { reject: false });
    const tensorflow = 'attach endIn guardSignals now pipeStderr restoreStderr setRunOptions setSessionConfig slots take'.split(' ');
    const onnxruntime = 'attach now setPrefix slots version'.split(' ');
    const works = { attached: 0, runs: true, slots: true };
    expect(stdout === '' ? stderr : JSON.parse(stdout)).toEqual({
      arch: 'arm64',
      addons: [
        { names: onnxruntime, ...works },
        { names: tensorflow, ...works },
      ],
    });
  });
});

const PROGRAM = `
const tf = require('@tensorflow/tfjs-node');
const model = tf.sequential({ layers: [tf.layers.dense({ units: 8, inputShape: [4] })] });
for (let i = 0; i < 20; i++) tf.tidy(() => model.predict(tf.ones([2, 4])).dataSync());
console.log('the program is done');
`;

/** A cache with the library from another, if that has it, and nothing else: the binding is compiled anew. */
function cacheIn(home: string): string {
  const cache = path.join(home, '.cache/inferscope');
  const known = path.join(process.env['INFERSCOPE_CACHE'] ?? path.join(homedir(), '.cache/inferscope'), 'tensorflow');
  mkdirSync(path.join(cache, 'tensorflow'), { recursive: true });
  for (const version of existsSync(known) ? readdirSync(known) : []) {
    if (existsSync(path.join(known, version, 'wheel.json')))
      symlinkSync(path.join(known, version), path.join(cache, 'tensorflow', version));
  }
  return cache;
}

describe.skipIf(!LINUX_X64)('three lines in an empty project with an empty home [needs Linux x64]', () => {
  it('install, set up and run, on Node.js 24', async () => {
    const home = mkdtempSync(path.join(tmpdir(), 'inferscope-home-'));
    const project = path.join(home, 'project');
    mkdirSync(project);
    writeFileSync(path.join(project, 'app.cjs'), PROGRAM);
    cpSync(packed.file, path.join(home, 'inferscope.tgz'));
    const node = await (ensureNode as (name: string) => Promise<string>)('24');
    const cache = cacheIn(home);
    // Not the caller's own settings of Inferscope, but those by which npm and pip reach their registries.
    const own = { INFERSCOPE_CACHE: '', XDG_CACHE_HOME: '', INFERSCOPE_TENSORFLOW: '' };
    const npm = { npm_config_cache: path.join(homedir(), '.npm'), npm_config_userconfig: path.join(homedir(), '.npmrc') };
    const env = {
      ...process.env,
      ...own,
      ...npm,
      HOME: home,
      PATH: `${path.dirname(node)}:${process.env['PATH']}`,
      TF_CPP_MIN_LOG_LEVEL: '3',
    };
    const type = async (command: string, ...args: string[]): Promise<string> =>
      (await execa(command, args, { cwd: project, env, stdin: 'ignore' })).stdout;

    await type('npm', 'install', '--save-dev', '--no-audit', '--no-fund', '--prefer-offline', path.join(home, 'inferscope.tgz'));
    expect(existsSync(path.join(project, 'node_modules/@tensorflow/tfjs-node'))).toBe(false);
    const missing = await execa('npx', ['inferscope', 'doctor'], { cwd: project, env, reject: false });
    expect(missing.exitCode).toBe(69);
    expect(missing.stdout).toContain('npx inferscope setup');

    expect(await type('npx', 'inferscope', 'setup')).toMatch(/^Ready: TensorFlow 2\.\d+\.\d+ \((?:wheel|vendor)\), tfjs-node 4\.22\.0\.$/m);
    expect(JSON.parse(readFileSync(path.join(project, 'package.json'), 'utf8'))).toMatchObject({
      dependencies: { '@tensorflow/tfjs-node': '^4.22.0' },
    });
    expect(JSON.parse(await type('npx', 'inferscope', 'setup', '--check', '--json'))).toMatchObject({
      ready: true,
      cache: { folder: cache },
    });

    expect(await type('npx', 'inferscope', 'run', '--out', 'profile', '--', 'node', 'app.cjs')).toContain('the program is done');
    expect(existsSync(path.join(project, 'profile/report.html'))).toBe(true);
  });
});

describe('the software bill of materials', () => {
  it('names every dependency with version, licence and hash, and what it names as needed is in it', async () => {
    const bill = JSON.parse((await execa('npm', ['run', '-s', 'sbom'])).stdout) as {
      bomFormat: string;
      specVersion: string;
      components: { 'bom-ref': string; name: string; version: string; purl: string; licenses?: unknown[]; hashes?: unknown[] }[];
      dependencies: { ref: string; dependsOn?: string[] }[];
    };
    expect(bill).toMatchObject({ bomFormat: 'CycloneDX', specVersion: expect.stringMatching(/^1\./) as string });
    const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> };
    const byName = new Map(bill.components.map((component) => [`${component.name}@${component.version}`, component]));
    for (const [name, version] of Object.entries(dependencies)) {
      const component = byName.get(`${name}@${version}`);
      expect(component, name).toBeDefined();
      expect(component!.purl).toBe(`pkg:npm/${name.replace('@', '%40')}@${version}`);
      expect(component!.licenses?.length, name).toBeGreaterThan(0);
      expect(component!.hashes?.length, name).toBeGreaterThan(0);
    }
    const refs = new Set(bill.components.map((component) => component['bom-ref']));
    const dangling = bill.dependencies
      .flatMap(({ dependsOn = [] }) => dependsOn)
      .filter((ref) => !refs.has(ref) && !ref.startsWith('inferscope@'));
    expect(dangling).toEqual([]);
  });
});
