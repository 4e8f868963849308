import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, test } from 'vitest';
import { readRun } from '../../../src/runs/run-folder.js';

// Inside the repository, so that programs find TensorFlow as a user's program would.
mkdirSync('node_modules/.cache', { recursive: true });
const folder = mkdtempSync(path.resolve('node_modules/.cache/behaves-'));
afterAll(() => rmSync(folder, { recursive: true }));

const CLI = path.resolve('dist/cli/main.js');
const TF =
  "const tf = require('@tensorflow/tfjs-node'); const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4] })] }); const call = () => tf.dispose(model.predict(tf.ones([2, 4])));";

interface Program {
  readonly what: string;
  readonly files: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly stdin?: string;
  /** Calls that the program makes. */
  readonly calls: number;
}

const node = (what: string, source: string, calls: number, more: Partial<Program> = {}): Program => ({
  what,
  files: { 'app.cjs': source },
  command: ['node', 'app.cjs'],
  calls,
  ...more,
});

const PROGRAMS: readonly Program[] = [
  node(
    'looks at its own modules',
    `${TF} call(); console.log(JSON.stringify([module.id, module.parent, require.main === module, process.argv.length, process.execArgv, module.filename === __filename, process.mainModule === module]));`,
    1,
  ),
  {
    what: 'is a module',
    files: {
      'app.mjs':
        "import tf from '@tensorflow/tfjs-node'; const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4] })] }); tf.dispose(model.predict(tf.ones([2, 4]))); await 0; console.log(import.meta.url.split('/').at(-1), process.argv[2]);",
    },
    command: ['node', 'app.mjs', '--flag'],
    calls: 1,
  },
  node(
    'reads standard input to its end',
    `${TF} let all = ''; process.stdin.on('data', (d) => (all += d)).on('end', () => { for (const line of all.trim().split('\\n')) { call(); console.log(line.toUpperCase()); } });`,
    3,
    { stdin: 'a\nb\nc\n' },
  ),
  node(
    'is a prompt',
    `${TF} const rl = require('readline').createInterface({ input: process.stdin, output: process.stdout, prompt: '> ' }); rl.prompt(); rl.on('line', (line) => { call(); console.log(line.length); rl.prompt(); }).on('close', () => { console.log('bye'); process.exitCode = 4; });`,
    2,
    { stdin: 'one\nthree\n' },
  ),
  node(
    'serves HTTP and closes at SIGTERM',
    `${TF} const s = require('http').createServer((q, r) => { call(); r.end('ok'); }).listen(0, async () => { for (let i = 0; i < 5; i++) await (await fetch('http://127.0.0.1:' + s.address().port)).text(); process.kill(process.pid, 'SIGTERM'); }); process.on('SIGTERM', () => s.close(() => { console.log('closed'); process.exit(0); })); `,
    5,
  ),
  node(
    'has a cluster',
    `const cluster = require('cluster'); if (cluster.isPrimary) { let left = 2; for (let i = 0; i < 2; i++) cluster.fork().on('exit', (code) => { if (--left === 0) { console.log('both ended', code); process.exit(code); } }); } else { ${TF} for (let i = 0; i < 4; i++) call(); process.exit(6); }`,
    8,
  ),
  node(
    'forks a child and talks to it',
    `if (process.send === undefined) { const child = require('child_process').fork(__filename); child.on('message', (m) => { console.log('child made', m); child.send('end'); }); child.on('exit', (c) => (process.exitCode = c)); } else { ${TF} for (let i = 0; i < 3; i++) call(); process.send(3); process.on('message', () => process.exit(9)); }`,
    3,
  ),
  {
    what: 'is an npm script',
    files: {
      'package.json': '{ "name": "x", "scripts": { "go": "node app.cjs | cat" } }',
      'app.cjs': `${TF} call(); console.log('from npm', process.env.npm_lifecycle_event);`,
    },
    command: ['npm', 'run', '--silent', 'go'],
    calls: 1,
  },
  node('leaves a rejection unhandled', `${TF} call(); Promise.reject(new Error('nobody'));`, 1),
  node('throws as it starts', `${TF} call(); throw new TypeError('at once');`, 1),
  node('aborts', `${TF} call(); console.log('before'); process.abort();`, 1),
  node('kills itself', `${TF} call(); require('fs').writeSync(1, 'before'); process.kill(process.pid, 'SIGKILL');`, 1),
  node(
    'handles what nobody caught',
    `${TF} process.on('uncaughtException', (e) => { console.log('caught', e.message, process.listenerCount('uncaughtException')); call(); }); setTimeout(() => process.exit(5), 50); throw new Error('x');`,
    1,
  ),
  node('ends in the middle', `${TF} for (let i = 0; ; i++) { call(); if (i === 30) process.exit(3); }`, 31),
  node(
    'warns',
    `${TF} process.on('warning', (w) => console.log(w.name, w.message)); call(); process.emitWarning('mine'); console.log(process.listenerCount('warning'));`,
    1,
  ),
  node(
    'gives wrong inputs and goes on',
    `${TF} try { model.predict(tf.ones([2, 5])); } catch (e) { console.log(e.constructor.name, e.message); } call();`,
    2,
  ),
  node('writes a megabyte and ends', `${TF} call(); process.stdout.write('x'.repeat(2 ** 20) + '\\n', () => process.exit(0));`, 1),
  node('has a name with spaces', `${TF} call(); console.log(process.argv[1].includes('a b'));`, 1, {
    files: { 'a b/app.cjs': `${TF} call(); console.log(process.argv[1].includes('a b'));` },
    command: ['node', 'a b/app.cjs'],
  }),
  {
    what: 'runs its tests',
    files: { 'app.test.cjs': `const { test } = require('node:test'); ${TF} test('one', () => { call(); });` },
    command: ['node', '--test', '--test-reporter=tap', 'app.test.cjs'],
    calls: 1,
  },
  {
    what: 'comes on the command line',
    files: {},
    command: ['node', '-e', `${TF} call(); console.log(__filename, process.argv.slice(1));`, 'x'],
    calls: 1,
  },
];

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function ended(cwd: string, [command = '', ...args]: readonly string[], stdin: string | undefined): Promise<Ended> {
  const child = spawn(command, args, { cwd, stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' } });
  child.stdin.end(stdin);
  const exit = new Promise<number>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? 128 + os.constants.signals[signal ?? 'SIGKILL'])),
  );
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { code, stdout, stderr };
}

/** What differs from run to run by itself. */
const steady = (output: string): string =>
  output
    .replace(/\(node:\d+\)/g, '(node:PID)')
    .replace(/duration_ms:? [\d.]+/g, 'duration_ms')
    .replace(/^.* I tensorflow\/core.*\n|^.*To enable the following.*\n/gm, '')
    .replace(/0x[0-9a-f]+|^ *\d+: .*$/gm, '')
    .replace(/^\s+at .*\n/gm, '')
    .replace(/^\s*\n/gm, '');

describe('a program under `inferscope run`', { concurrent: true }, () => {
  test.each(PROGRAMS)('that $what behaves as it does alone', async ({ what, files, command, stdin, calls }) => {
    const cwd = path.join(folder, what.replaceAll(' ', '-'));
    mkdirSync(cwd);
    for (const [name, source] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(cwd, name)), { recursive: true });
      writeFileSync(path.join(cwd, name), source);
    }
    const alone = await ended(cwd, command, stdin);
    const out = path.join(cwd, 'out');
    const under = await ended(cwd, ['node', CLI, 'run', '--out', out, '--', ...command], stdin);
    expect(under.code).toBe(alone.code);
    expect(steady(under.stdout).startsWith(steady(alone.stdout))).toBe(true);
    const own = /^(?:\S+ (?:ended with exit code|was ended by) .*; what it recorded until then follows\.\n)?$/;
    expect(steady(under.stderr).slice(steady(alone.stderr).length)).toMatch(own);
    expect(steady(under.stderr).startsWith(steady(alone.stderr))).toBe(true);
    expect(readRun(out).reduce((sum, recording) => sum + recording.calls.length, 0)).toBe(calls);
  });
});
