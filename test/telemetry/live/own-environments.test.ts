/** What a program starts with an environment of its own, and calls that its end cuts short, under `inferscope run`. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, it } from 'vitest';
import { readRun } from '../../../src/runs/run-folder.js';
import { variantKey } from '../../../src/model/variant.js';

// Inside the repository, so that programs find ONNX Runtime as a user's would.
mkdirSync('node_modules/.cache', { recursive: true });
const folder = mkdtempSync(path.resolve('node_modules/.cache/environments-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SESSION = `const ort = require('onnxruntime-node');
const open = () => ort.InferenceSession.create(${JSON.stringify(path.resolve('test/fixtures/onnx-tiny.onnx'))});
const feeds = { x: new ort.Tensor('float32', new Float32Array(8), [2, 4]) };`;

async function recorded(name: string, text: string) {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  const out = path.join(folder, `${name}-run`);
  const env = { ORT_DISABLE_TELEMETRY: '1' };
  const { stderr } = await execa(process.execPath, ['dist/cli/main.js', 'run', '--out', out, '--', process.execPath, file], { env });
  return { out, stderr };
}

it('processes and threads with an environment of their own are recorded, and calls that were cut short are counted', async () => {
  const { out } = await recorded(
    'own.cjs',
    `const { Worker, isMainThread } = require('node:worker_threads');
    const { fork, spawn, execFileSync, spawnSync } = require('node:child_process');
    ${SESSION}
    const env = { PATH: process.env.PATH };
    const ended = (started, event = 'exit') => new Promise((resolve) => started.on(event, resolve));
    (async () => {
      const session = await open();
      const isStarted = !isMainThread || process.argv[2] === 'child';
      for (let i = 0; i < 2; i++) await session.run(feeds);
      if (isStarted) return process.disconnect?.();
      await ended(new Worker(__filename, { env }));
      await ended(fork(__filename, ['child'], { env }));
      await ended(spawn(process.execPath, [__filename, 'child'], { env: { ...env, NODE_OPTIONS: '--no-deprecation' } }));
      await ended(spawn(process.execPath, [__filename, 'child'], { env: { ...process.env, NODE_OPTIONS: '--no-deprecation' } }));
      execFileSync(process.execPath, [__filename, 'child'], { env });
      spawnSync(process.execPath, [__filename, 'child'], { env: { ...process.env, NODE_OPTIONS: '--no-deprecation' } });
      for (let i = 0; i < 3; i++) session.run(feeds);
      process.exit();
    })();`,
  );
  const runs = readRun(out).map(
    ({ meta, calls }) => calls.filter(({ variant }) => variantKey(meta.variants[variant]!) === 'program/run').length,
  );
  expect(runs).toEqual([2, 2, 2, 2, 2, 2, 2]);
  const { notes } = JSON.parse(readFileSync(path.join(out, 'report.json'), 'utf8')) as { readonly notes: readonly string[] };
  expect(notes).toContain('3 calls had begun and not ended when the program did: they are not in the figures.');
});

it('a command for the shell that replaces the options of Node.js is named, with what to write', async () => {
  const { stderr } = await recorded(
    'shell.cjs',
    `const { execSync } = require('node:child_process');
    if (process.argv[2] === 'child') {
      ${SESSION}
      open().then((session) => session.run(feeds));
    } else for (const options of ['--no-deprecation', '"$NODE_OPTIONS --no-deprecation"'])
      execSync('API_KEY=s3cret NODE_OPTIONS=' + options + ' "' + process.execPath + '" "' + __filename + '" child');`,
  );
  const told = stderr.split('\n').filter((line) => line.includes('because it replaces NODE_OPTIONS: write NODE_OPTIONS="$NODE_OPTIONS …"'));
  expect(told).toEqual([expect.stringContaining('Calls below a shell command that runs shell.cjs are not recorded')]);
  const run = path.join(folder, 'shell.cjs-run');
  expect(readRun(run)).toHaveLength(1);
  expect(stderr).not.toContain('s3cret');
  const files = readdirSync(run, { recursive: true, encoding: 'utf8', withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.map(({ name }) => name)).toContain('unseen-copies.jsonl');
  for (const { parentPath, name } of files) expect(readFileSync(path.join(parentPath, name), 'latin1')).not.toContain('s3cret');
});

it('a program that ends in its first call is not taken for one that made none', async () => {
  const { stderr } = await recorded('first.cjs', `${SESSION}\nopen();\nprocess.exit();`);
  expect(stderr).toContain('No report: calls had begun, but none had ended when the program did.');
});
