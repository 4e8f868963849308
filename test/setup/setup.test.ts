/**
 * The whole script, run as a user runs it, on a made-up project: pip, Python, the compiler and tfjs-node are
 * small programs that leave a line in a journal, so nothing here needs the network or touches this repository.
 */
import { spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';

const SCRIPTS = path.resolve(import.meta.dirname, '../../scripts');
/** Every name of a program that the script looks for, and what its stand-in does. */
type Tool = 'python3' | 'c++';

interface Project {
  root: string;
  cache: string;
  /** Runs the setup with only these programs on the PATH. */
  setup: (args?: string[], tools?: Tool[], env?: NodeJS.ProcessEnv) => Promise<{ code: number | null; stdout: string; stderr: string }>;
  /** What the stand-ins did, in order. */
  journal: () => string[];
}

/** Answers as pip and Python do; DELAY holds a download open, WHEEL is what it delivers. */
const PYTHON = `
const args = process.argv.slice(2), after = (word) => args[args.indexOf(word) + 1];
const note = (text) => fs.appendFileSync(process.env.JOURNAL, text + '\\n');
const wheel = process.env.WHEEL ?? 'wheel';
if (args[0] === '-m' && process.env.NO_PIP) process.exit(1);
if (args[2] === '--version') console.log('pip 23.0 from nowhere');
else if (args[2] === 'install') fs.writeFileSync(after('--report'), JSON.stringify({ install: [{ download_info: { archive_info: { hashes: { sha256: crypto.createHash('sha256').update('wheel').digest('hex') } } } }] }));
else if (args[2] === 'download') {
  const version = fs.readFileSync(after('--requirement'), 'utf8').split(/==| /)[1].trim();
  note('download ' + version);
  if (process.env.OFFLINE) { console.log('NewConnectionError: Failed to establish a new connection'); process.exit(1); }
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(process.env.DELAY ?? 0));
  fs.mkdirSync(after('--dest'));
  fs.writeFileSync(path.join(after('--dest'), version + '.whl'), wheel);
} else if (args[1].includes('sys.version_info')) console.log('python.3.11.7');
else {
  const folder = path.join(args[3], 'tensorflow');
  fs.mkdirSync(path.join(folder, 'include'), { recursive: true });
  fs.writeFileSync(path.join(folder, 'libtensorflow_cc.so.2'), path.basename(args[2], '.whl'));
  fs.writeFileSync(path.join(folder, 'libtensorflow_framework.so.2'), '');
}`;

const COMPILER = `
const out = process.argv[process.argv.indexOf('-o') + 1], lib = process.argv.find((word) => word.startsWith('-L')).slice(2);
fs.appendFileSync(process.env.JOURNAL, 'build ' + fs.readFileSync(lib + '/libtensorflow.so.2', 'utf8') + '\\n');
fs.writeFileSync(out, 'binding');`;

const TFJS = `
const fs = require('fs');
const version = fs.readFileSync(__dirname + '/deps/lib/libtensorflow.so.2', 'utf8');
fs.appendFileSync(process.env.JOURNAL, 'load ' + version + '\\n');
const strings = { dataSync: () => ['short', 'a text too long to be kept in place'], reshape: () => strings };
module.exports = { tensor2d: () => 0, tensor1d: () => strings, matMul: () => ({ dataSync: () => [19, 22, 43, 50] }), backend: () => ({ binding: { TF_Version: version } }) };`;

function makeProject(): Project {
  const home = mkdtempSync(path.join(tmpdir(), 'inferscope-setup-'));
  const [root, cache, journal] = ['project', 'cache', 'journal'].map((name) => path.join(home, name)) as [string, string, string];
  const put = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  };
  cpSync(path.join(SCRIPTS, 'setup'), path.join(root, 'scripts/setup'), { recursive: true });
  cpSync(path.join(SCRIPTS, 'setup.mjs'), path.join(root, 'scripts/setup.mjs'));
  const lock = JSON.stringify({ lockfileVersion: 3, packages: { '': {} } });
  put('package-lock.json', lock);
  put('node_modules/.package-lock.json', lock);
  put('node_modules/node-api-headers/index.js', 'exports.include_dir = __dirname;');
  put('node_modules/@tensorflow/tfjs-node/binding/a.cc', '');
  put('node_modules/@tensorflow/tfjs-node/index.js', TFJS);
  put(
    'node_modules/@tensorflow/tfjs-node/package.json',
    JSON.stringify({
      version: '4.22.0',
      binary: { module_name: 'tfjs_binding', module_path: './lib/napi-v{napi_build_version}', napi_versions: [3, 8] },
    }),
  );
  writeFileSync(journal, '');
  return {
    root,
    cache,
    journal: () => readFileSync(journal, 'utf8').split('\n').filter(Boolean),
    setup: (args = [], tools = ['python3', 'c++'], env = {}) =>
      finish(start(root, { ...env, PATH: toolFolder(home, tools), INFERSCOPE_CACHE: cache, JOURNAL: journal }, args)),
  };
}

function toolFolder(home: string, tools: Tool[]): string {
  const folder = mkdtempSync(path.join(home, 'bin-'));
  for (const tool of tools) {
    const text = `const fs = require('fs'), path = require('path'), crypto = require('crypto');${tool === 'python3' ? PYTHON : COMPILER}`;
    writeFileSync(path.join(folder, tool), `#!${process.execPath}\n${text}\n`);
    chmodSync(path.join(folder, tool), 0o755);
  }
  return folder;
}

function start(root: string, env: NodeJS.ProcessEnv, args: string[]) {
  return spawn(process.execPath, [path.join(root, 'scripts/setup.mjs'), ...args], { env });
}

async function finish(child: ReturnType<typeof start>) {
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stdout, stderr };
}

const onLinux = describe.skipIf(process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch));

onLinux('setup [needs Linux]', () => {
  it('fetches, builds, loads; the second time it does nothing', async () => {
    const project = makeProject();
    const first = await project.setup(['--tensorflow', '2.99.0']);
    expect(first).toMatchObject({ code: 0, stdout: 'Ready: TensorFlow 2.99.0 (wheel), tfjs-node 4.22.0.\n' });
    const done = ['download 2.99.0', 'build 2.99.0', 'load 2.99.0'];
    expect(project.journal()).toEqual(done);
    expect(await project.setup()).toMatchObject({ code: 0, stderr: '' });
    expect(project.journal()).toEqual(done);
    expect(await project.setup(['--check'])).toMatchObject({ code: 0, stdout: expect.stringContaining('works, 2.99.0') as string });
  });

  it('notices that the library has gone from the cache, and gets it again', async () => {
    const project = makeProject();
    await project.setup(['--tensorflow', '2.99.0']);
    rmSync(path.join(project.cache, 'tensorflow'), { recursive: true });
    await project.setup(['--tensorflow', '2.99.0']);
    expect(project.journal().filter((line) => line.startsWith('download'))).toHaveLength(2);
  });

  it('goes to another version and back without fetching or building again', async () => {
    const project = makeProject();
    for (const version of ['2.99.0', '2.98.0', '2.99.0'])
      expect((await project.setup(['--tensorflow', version])).stdout).toContain(`TensorFlow ${version}`);
    expect(project.journal().filter((line) => !line.startsWith('load'))).toEqual([
      'download 2.99.0',
      'build 2.99.0',
      'download 2.98.0',
      'build 2.98.0',
    ]);
  });

  it('two at once do the work once', async () => {
    const project = makeProject();
    const both = await Promise.all([0, 1].map(() => project.setup(['--tensorflow', '2.99.0'], undefined, { DELAY: '300' })));
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(project.journal()).toEqual(['download 2.99.0', 'build 2.99.0', 'load 2.99.0']);
  });

  it('killed in the middle, goes on the next time and leaves no rubbish', async () => {
    const project = makeProject();
    const env = {
      PATH: toolFolder(path.dirname(project.root), ['python3', 'c++']),
      INFERSCOPE_CACHE: project.cache,
      JOURNAL: path.join(path.dirname(project.root), 'journal'),
      DELAY: '1000',
    };
    const child = start(project.root, env, ['--tensorflow', '2.99.0']);
    await vi.waitUntil(() => project.journal().includes('download 2.99.0'), 60_000);
    child.kill('SIGKILL');
    expect((await finish(child)).code).toBe(null);
    expect(await project.setup(['--tensorflow', '2.99.0'])).toMatchObject({ code: 0 });
    expect(readdirSync(path.join(project.cache, 'staging'))).toEqual([]);
    expect(readdirSync(path.join(project.cache, 'locks'))).toEqual([]);
  });

  it('refuses a wheel with another hash than expected, and keeps nothing of it', async () => {
    const project = makeProject();
    for (const version of ['default', '2.99.0']) {
      expect(await project.setup(['--tensorflow', version], undefined, { WHEEL: 'tampered' })).toMatchObject({
        code: 6,
        stdout: '',
        stderr: expect.stringContaining('is not the one expected') as string,
      });
    }
    expect(project.journal().filter((line) => !line.startsWith('download'))).toEqual([]);
    expect(readdirSync(path.join(project.cache, 'tensorflow'))).toEqual([]);
  });
});

onLinux('setup [needs Linux] has one sentence for', () => {
  const lines = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('  '));
  const cases: [string, Tool[], NodeJS.ProcessEnv, number, RegExp][] = [
    ['no Python', [], {}, 3, /^Python 3 was not found.*install it.*run this again\.$/],
    ['no pip', ['python3'], { NO_PIP: '1' }, 3, /^pip was not found for Python 3\.11\.7.*install it.*run this again\.$/],
    ['no compiler', ['python3'], {}, 3, /needs a C\+\+ compiler \(.*\), not found here.*apt install g\+\+.*run this again\.$/],
    ['no network', ['python3', 'c++'], { OFFLINE: '1' }, 4, /^pip could not reach its index.*run this again\.$/],
  ];
  it.each(cases)('%s', async (_, tools, env, code, sentence) => {
    const project = makeProject();
    const result = await project.setup(['--tensorflow', '2.99.0'], tools, env);
    expect(result.code).toBe(code);
    expect(lines(result.stderr)[0]).toMatch(sentence);
    expect(
      lines(result.stderr)
        .slice(1)
        .every((line) => line.startsWith('Details: ')),
    ).toBe(true);
    expect(existsSync(path.join(project.root, 'node_modules/@tensorflow/tfjs-node/lib'))).toBe(false);
  });

  it('a wrong option, and a version that cannot work', async () => {
    const project = makeProject();
    expect(await project.setup(['--tensorflw'])).toMatchObject({
      code: 2,
      stderr: 'There is no option "--tensorflw": see node scripts/setup.mjs --help.\n',
    });
    expect(await project.setup(['--tensorflow', '2.9.1'])).toMatchObject({ code: 2, stderr: expect.stringContaining('too old') as string });
  });

  it('the state, without changing it: --check', async () => {
    const project = makeProject();
    const { code, stdout } = await project.setup(['--check', '--json'], []);
    expect(code).toBe(8);
    expect(JSON.parse(stdout)).toMatchObject({ ready: false, tensorflow: { state: 'missing' }, tools: { python: null, compiler: null } });
    expect(existsSync(project.cache)).toBe(false);
  });
});
