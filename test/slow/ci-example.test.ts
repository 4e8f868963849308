import { existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { openTensorFlow } from '../../src/engines/tensorflow/open.js';
import { python } from '../engines/keras/python-here.js';

/** Of a workflow, what the example uses. */
interface Workflow {
  readonly jobs: { readonly speed: { readonly env: Readonly<Record<string, string>>; readonly steps: readonly Step[] } };
}
interface Step {
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, string | number>>;
  readonly 'working-directory'?: string;
}

const { env, steps } = (parse(readFileSync('examples/ci/inferscope.yml', 'utf8')) as Workflow).jobs.speed;
/** A user's values of what the file has at its top: few short processes, and a limit that noise between them does not reach. */
const OURS = { MEASURING: '--batch 32 --sessions 3 --max-sessions 3 --duration 0.3 --settle 0', ALLOWED: '100%' };
/** Layers of the model at each commit, where it changes; each layer costs about the same. */
const COMMITS = { before: 3, unchanged: null, slower: 150 };

const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-workflow-'));
const repository = path.join(folder, 'repository');
const installed = path.join(folder, 'installed');
const commits: Record<string, string> = {};

/** The package as it would be published, where `npm ci` would put it, beside the clone's TensorFlow. */
async function packPackage(): Promise<void> {
  // dist is built already (`npm test` does); `prepack` would build it again under the other tests' feet.
  const { stdout } = await execa('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]);
  const [packed] = JSON.parse(stdout) as { filename: string }[];
  await execa('tar', ['-xzf', path.join(folder, packed!.filename), '-C', folder]);
  const inferscope = path.join(folder, 'package');
  symlinkSync(path.resolve('node_modules'), path.join(inferscope, 'node_modules'));
  const { bin } = JSON.parse(readFileSync(path.join(inferscope, 'package.json'), 'utf8')) as { bin: { inferscope: string } };
  for (const part of ['.bin', '@tensorflow']) mkdirSync(path.join(installed, part), { recursive: true });
  symlinkSync(inferscope, path.join(installed, 'inferscope'));
  symlinkSync(path.join('../inferscope', bin.inferscope), path.join(installed, '.bin/inferscope'));
  symlinkSync(path.resolve('node_modules/@tensorflow/tfjs-node'), path.join(installed, '@tensorflow/tfjs-node'));
}

const git = (...args: string[]) => execa('git', ['-c', 'user.name=a', '-c', 'user.email=a@localhost', '-C', repository, ...args]);

beforeAll(async () => {
  await packPackage();
  await execa('git', ['init', '-q', repository]);
  const model = path.join(repository, env['MODEL']!);
  mkdirSync(path.dirname(model), { recursive: true });
  const { tf } = await openTensorFlow();
  for (const [name, count] of Object.entries(COMMITS)) {
    const layers = Array.from({ length: count ?? 0 }, () => tf.layers.dense({ inputShape: [4], units: 4 }));
    if (count !== null) await tf.sequential({ name: 'my-model', layers }).save(`file://${model}`);
    await git('add', '.');
    await git('commit', '-q', '--allow-empty', '-m', name);
    commits[name] = (await git('rev-parse', 'HEAD')).stdout;
  }
});

interface Ran {
  readonly exitCode: number | undefined;
  readonly output: string;
}
interface WorkflowRun {
  readonly workspace: string;
  /** Of the steps that ran, by name. */
  readonly ran: ReadonlyMap<string, Ran>;
  /** What the workflow keeps, and whether it is there. */
  readonly artifacts: readonly (readonly [file: string, isThere: boolean])[];
}

/** Plays the runner for one pull request; the one thing that is mapped is `npm ci`, which finds its packages here. */
async function runWorkflow(after: string): Promise<WorkflowRun> {
  const workspace = mkdtempSync(path.join(folder, 'workspace-'));
  const ran = new Map<string, Ran>();
  let artifacts: WorkflowRun['artifacts'] = [];
  for (const step of steps) {
    const directory = path.join(workspace, step['working-directory'] ?? '');
    const failed = [...ran.values()].some(({ exitCode }) => exitCode !== 0);
    if (failed && step.if !== 'always()') continue;
    if (step.uses?.startsWith('actions/checkout@') === true) {
      const target = path.join(workspace, String(step.with!['path']));
      const commit = step.with!['ref'] === '${{ github.event.pull_request.base.sha }}' ? commits['before']! : commits[after]!;
      await execa('git', ['clone', '-q', repository, target]);
      await execa('git', ['-C', target, 'checkout', '-q', commit]);
    } else if (step.run === 'npm ci') symlinkSync(installed, path.join(directory, 'node_modules'));
    else if (step.run !== undefined) {
      // As a runner does: the environment of the job, and `bash -e` for a step that names no shell.
      const { exitCode, all } = await execa('bash', ['-e', '-c', step.run], {
        cwd: directory,
        env: { ...env, ...OURS },
        all: true,
        reject: false,
      });
      ran.set(step.name!, { exitCode, output: all });
    } else if (step.uses?.startsWith('actions/upload-artifact@') === true) {
      artifacts = String(step.with!['path'])
        .trim()
        .split('\n')
        .map((file) => [file, existsSync(path.join(workspace, file))]);
    }
  }
  return { workspace, ran, artifacts };
}

/** Counts of the JUnit file's suite, by a parser of XML that is not ours. */
async function junit(workspace: string): Promise<unknown> {
  const read =
    'import sys, json, xml.etree.ElementTree as e; s = e.parse(sys.argv[1]).getroot().find("testsuite"); print(json.dumps([s.attrib, len(s.findall("testcase"))]))';
  const { stdout } = await execa(python ?? 'python3', ['-c', read, path.join(workspace, 'inferscope.xml')]);
  return JSON.parse(stdout);
}

const KEPT = [
  ['baseline.json', true],
  ['inferscope.xml', true],
];

it("has what is a user's to set as variables of its job", () => {
  expect(Object.keys(env)).toEqual(['MODEL', ...Object.keys(OURS)]);
});

it('lets an unchanged model pass: within the limit, or it is inconclusive', async () => {
  const { workspace, ran, artifacts } = await runWorkflow('unchanged');
  expect([...ran].map(([name, { exitCode, output }]) => [name, exitCode, exitCode === 0 ? '' : output])).toEqual([
    ['Measure the model as it was', 0, ''],
    ['Compare', 0, ''],
  ]);
  expect(ran.get('Compare')!.output).not.toContain('::error');
  expect(artifacts).toEqual(KEPT);
  expect(await junit(workspace)).toEqual([expect.objectContaining({ name: 'inferscope check', tests: '1', failures: '0' }), 1]);
});

it('fails for a model that became many times heavier, and says so beside the change', async () => {
  const { workspace, ran, artifacts } = await runWorkflow('slower');
  expect(ran.get('Measure the model as it was')!.exitCode).toBe(0);
  const { exitCode, output } = ran.get('Compare')!;
  expect(exitCode, output).toBe(1);
  expect(output).toMatch(/^::error title=my-model uncompiled\/predict::/m);
  expect(artifacts).toEqual(KEPT);
  expect(await junit(workspace)).toEqual([expect.objectContaining({ tests: '1', failures: '1', errors: '0' }), 1]);
});
