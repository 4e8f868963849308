import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRun } from '../../../src/runs/run-folder.js';

interface Nodes {
  readonly NODES: Readonly<Record<string, { readonly version: string }>>;
  noNodesHere(): string | null;
  ensureNode(name: string): Promise<string>;
}

/** scripts/node-versions.mjs, which gets the versions of Node.js. */
const { NODES, noNodesHere, ensureNode } = (await import(pathToFileURL(path.resolve('scripts/node-versions.mjs')).href)) as Nodes;
const none = noNodesHere();
if (none !== null) console.log(`Skipped: ${none}.`);

const CLI = path.resolve('dist/cli/main.js');
const TELEMETRY = path.resolve('test/telemetry/live/programs/telemetry.cjs');
const fixture = (name: string): string => path.resolve('test/fixtures', name);
const out = mkdtempSync(path.join(tmpdir(), 'inferscope-nodes-'));
afterAll(() => rmSync(out, { recursive: true }));

interface Report {
  readonly environment: { readonly node: string; readonly restored?: readonly string[] };
  readonly variants: readonly { readonly calls: number; readonly kernels: readonly { readonly op: string }[] }[];
  readonly notes: readonly string[];
}

describe.skipIf(none !== null).each(['22', '24', '26'])('on Node.js %s [needs Linux x64]', { concurrent: true }, (name) => {
  let node = '';
  beforeAll(async () => {
    node = await ensureNode(name);
  });
  /** Warnings of tfjs-node would be seen wherever they come from. */
  const run = (...args: readonly string[]) => execa(node, ['--trace-deprecation', ...args], { reject: false, stripFinalNewline: false });
  const folder = (what: string): string => path.join(out, `${name}-${what}`);
  const restored = name === '22' ? undefined : ['util.isNullOrUndefined'];

  it('profile looks inside session runs and draws JavaScript with 0x, and the run exports', async () => {
    const run1 = folder('profile');
    const args = ['--variants', 'uncompiled/predict,graph/predict', '--calls', '20', '--warmup', '2', '--quick', '--js'];
    const { stdout, stderr, exitCode } = await run(CLI, 'profile', fixture('layers-tiny'), ...args, '--out', run1, '--json');
    expect([exitCode, deprecations(stderr)], stderr).toEqual([0, []]);
    const { environment, variants } = JSON.parse(stdout) as Report;
    expect(environment).toMatchObject({ node: NODES[name]!.version });
    expect(environment.restored).toEqual(restored);
    // The graph's kernels run inside one session run: only the add-on sees them.
    expect(variants.map(({ kernels }) => kernels.map(({ op }) => op).some((op) => /MatMul/.test(op)))).toEqual([true, true]);
    expect(readdirSync(path.join(run1, 'js')).sort()).toEqual([
      'graph-predict.cpuprofile',
      'graph-predict.html',
      'stacks.json',
      'uncompiled-predict.cpuprofile',
      'uncompiled-predict.html',
    ]);
    expect(readFileSync(path.join(run1, 'js/uncompiled-predict.html'), 'utf8')).toContain('tf_op_BatchMatMulV2');
    const exported = await run(CLI, 'export', run1, '--to', 'collapsed', '--out', folder('export'), '--json');
    expect(exported.exitCode, exported.stderr).toBe(0);
    expect(readFileSync((JSON.parse(exported.stdout) as { files: string[] }).files[0]!, 'utf8')).toMatch(/MatMul/);
  });

  it('run sees module, worker and child; what Node.js lacks is said once, and only the program itself warns', async () => {
    const folder2 = folder('run');
    const { stdout, stderr, exitCode } = await run(
      CLI,
      'run',
      '--json',
      '--out',
      folder2,
      '--',
      node,
      path.resolve('test/slow/nodes/programs/everywhere.mjs'),
    );
    expect(exitCode, stderr).toBe(0);
    expect(readRun(folder2).map(({ calls }) => calls.length)).toEqual([3, 3, 3]);
    expect(deprecations(stderr)).toEqual(['DEP0044']);
    expect((JSON.parse(stdout) as Report).environment.restored).toEqual(restored);
    expect(stderr.match(/has no util\.isNullOrUndefined, which tfjs-node calls/g)?.length ?? 0).toBe(restored === undefined ? 0 : 1);
  });

  it('run sees sessions of ONNX Runtime, in a module and in a worker', async () => {
    const run3 = folder('onnx');
    const program = path.resolve('test/slow/nodes/programs/onnx.mjs');
    const { stdout, stderr, exitCode } = await run(CLI, 'run', '--json', '--out', run3, '--', node, program);
    expect(exitCode, stderr).toBe(0);
    expect(readRun(run3).map(({ calls }) => calls.length)).toEqual([4, 2]);
    expect((JSON.parse(stdout) as Report).environment).toMatchObject({ node: NODES[name]!.version, backend: 'onnxruntime' });
  });

  it.each([
    ['--import', 'app.mjs'],
    ['--require', 'app.cjs'],
    ['--require', 'workers.cjs'],
  ])('register with %s: %s', async (option, program) => {
    const { stdout, stderr, exitCode, signal } = await run(
      '--require',
      TELEMETRY,
      option,
      'inferscope/register',
      path.resolve('test/telemetry/live/programs', program),
    );
    // A process that a signal ended has no exit code, and says nothing.
    expect([exitCode ?? signal, deprecations(stderr)], stderr).toEqual([0, []]);
    const names = stdout
      .trim()
      .split('\n')
      .flatMap((line) => (JSON.parse(line) as { spans: { name: string }[] }).spans.map((span) => span.name));
    expect(names.filter((one) => one === 'predict').length).toBe(program === 'workers.cjs' ? 6 : 3);
    // Sorting layers is a private function, which the load hook alone reaches.
    expect(names).toContain('graph-building');
    expect(names.join()).toContain('MatMul');
  });

  it('a program that wants nothing else takes inferscope/node-compat', async () => {
    const file = path.resolve('test/telemetry/live/programs/app.cjs');
    const bare = await run(file);
    if (restored === undefined) expect(deprecations(bare.stderr)).toEqual(['DEP0051']);
    else expect([bare.exitCode, bare.stderr]).toEqual([1, expect.stringContaining('isNullOrUndefined) is not a function')]);
    for (const option of ['--import', '--require']) {
      const { exitCode, stderr } = await run(option, 'inferscope/node-compat', file);
      expect([exitCode, deprecations(stderr)], stderr).toEqual([0, []]);
    }
  });

  it('doctor finds nothing broken, and says what this Node.js lacks', async () => {
    const { stdout, exitCode } = await run(CLI, 'doctor', '--json');
    const { findings } = JSON.parse(stdout) as { findings: { what: string; state: string; detail: string; remedy?: string }[] };
    expect([exitCode, findings.filter(({ state }) => state === 'broken')]).toEqual([0, []]);
    const [ofNode] = findings;
    expect(ofNode!.detail.includes('util.isNullOrUndefined')).toBe(restored !== undefined);
  });
});

/** Codes of the warnings in an output, in order. */
const deprecations = (stderr: string): readonly string[] =>
  [...stderr.matchAll(/\[(DEP\d+)\] DeprecationWarning/g)].map(([, code]) => code ?? '');
