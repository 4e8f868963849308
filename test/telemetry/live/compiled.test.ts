/** Programs that run their model as a graph of `compileToGraph`: each call is an inference call, tracing is inside of it. */
import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { signatureRows } from '../../../src/analyse/signatures.js';
import { profileModel } from '../../../src/measure/profile.js';
import { readRun } from '../../../src/runs/run-folder.js';
import { trafficFrom } from '../../../src/cli/traffic.js';
import type { Recording } from '../../../src/model/recording.js';
import { SPAN_KINDS } from '../../../src/model/span.js';
import { stageFromCode } from '../../../src/model/stage.js';
import { variantKey } from '../../../src/model/variant.js';
import { RUN_FOLDER_VARIABLE } from '../../../src/telemetry/live/record-program.js';

const folder = (): string => path.join(mkdtempSync(path.join(tmpdir(), 'inferscope-compiled-')), 'run');

async function node(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env }, maxBuffer: 2 ** 26 });
  return stdout;
}

/** Runs a program of `programs/` under `inferscope run`; needs `npm run build`. */
async function ran(program: string, what: string): Promise<string> {
  const out = folder();
  await node(['dist/cli/main.js', 'run', '--json', '--out', out, '--', process.execPath, `test/telemetry/live/programs/${program}`, what]);
  return out;
}

/** Recorded without `inferscope run`: `--require` is for a Node.js that cannot require modules. */
async function required(program: string, what: string): Promise<string> {
  const out = folder();
  const old = process.allowedNodeEnvironmentFlags.has('--experimental-require-module') ? ['--no-experimental-require-module'] : [];
  await node([...old, '--require', 'inferscope/register', `test/telemetry/live/programs/${program}`, what], { [RUN_FOLDER_VARIABLE]: out });
  return out;
}

function only(run: string): Recording {
  const [recording, ...more] = readRun(run);
  expect(more).toEqual([]);
  return recording!;
}

interface Row {
  readonly name: string;
  readonly kind: string;
  readonly stage: string;
  readonly cause: string | undefined;
  readonly node: string | undefined;
  readonly parent: number;
}

/** Rows of a call, the root first. */
function rowsOf({ spans, strings, details }: Recording, call: number): Row[] {
  return Array.from({ length: spans.length }, (_, row) => row)
    .filter((row) => spans.call[row] === call)
    .map((row) => ({
      name: strings[spans.name[row]!]!,
      kind: SPAN_KINDS[spans.kind[row]!]!,
      stage: stageFromCode(spans.stage[row]!),
      cause: details[spans.detail[row]!]?.cause,
      node: details[spans.detail[row]!]?.node,
      parent: spans.parent[row]!,
    }));
}

/** Stages directly below the root, in order. */
function stagesOf(recording: Recording, call: number): string[] {
  const root = recording.calls[call]!.rootSpan;
  return rowsOf(recording, call)
    .filter(({ parent, kind }) => parent === root && kind === 'stage')
    .map(({ name }) => name);
}

const callsOf = ({ meta, calls }: Recording): string[] =>
  calls.map(
    ({ variant, signature, temperature, error }) =>
      `${variantKey(meta.variants[variant]!)} ${signature} ${temperature}${error === undefined ? '' : `: ${error.split(/[:.]/)[0]!}`}`,
  );

const PHASES = ['tracing', 'writing', 'loading', 'first-run-optimisation', 'verification'];
const COUNTS = [
  [1, 20],
  [2, 15],
  [3, 12],
  [4, 8],
  [5, 5],
] as const;

it.each([
  ['inferscope run, ESM', ran, 'compiled.mjs'],
  ['inferscope run, CommonJS', ran, 'compiled.cjs'],
  ['--require, ESM', required, 'compiled.mjs'],
  ['--require, CommonJS', required, 'compiled.cjs'],
])('%s: every call of a compiled graph is one call, with its stages', async (_, run, program) => {
  const out = await run(program, 'vary');
  const recording = only(out);
  expect(recording.calls.length).toBe(60);
  expect(signatureRows([recording]).map(({ variant, signature, hits, misses }) => ({ variant, signature, hits, misses }))).toEqual(
    COUNTS.map(([batch, calls]) => ({ variant: 'graph/predict', signature: `float32[${batch},4]`, hits: calls - 1, misses: 1 })),
  );
  const cold = recording.calls.flatMap(({ temperature }, call) => (temperature === 'warm' ? [] : [call]));
  expect(cold).toEqual([0, 20, 35, 47, 55]);
  const causes = cold.map((call) => {
    const rows = rowsOf(recording, call);
    expect(stagesOf(recording, call)).toEqual(['data-adapter', 'graph-building']);
    const [building] = rows.filter(({ name, kind }) => name === 'graph-building' && kind === 'stage');
    const steps = rows.filter(({ kind, name }) => kind === 'pass' && PHASES.includes(name));
    expect(steps.map(({ name, cause }) => `${name} ${cause}`)).toEqual(PHASES.map((name) => `${name} ${building!.cause}`));
    // The layer that is traced is there, as part of the building.
    expect(rows.filter(({ kind }) => kind === 'layer').map(({ stage }) => stage)).toContain('graph-building');
    return building!.cause;
  });
  expect(causes).toEqual(['first-trace', 'new-shape', 'new-shape', 'new-shape', 'new-shape']);
  for (const call of [1, 19, 36, 59]) expect(stagesOf(recording, call)).toEqual(['data-adapter', 'kernel-execution']);
  expect(trafficFrom(out)).toEqual(COUNTS.map(([batch, calls]) => ({ batch, pattern: 'float32[?,4]', calls })));
});

it('signatures and --traffic count the calls of such a run', async () => {
  const out = await ran('compiled.mjs', 'vary');
  const { padding } = JSON.parse(await node(['dist/cli/main.js', 'signatures', '--json', out])) as { padding: object[] };
  const sizes = COUNTS.map(([batch, calls]) => ({ batch, calls }));
  expect(padding).toMatchObject([{ variant: 'graph/predict', pattern: 'float32[?,4]', sizes }]);
  expect(await node(['dist/cli/main.js', 'signatures', out])).toContain('the 60 measured calls would have taken');
  const { recording } = await profileModel('test/fixtures/layers-tiny', {
    batch: 1,
    calls: 20,
    feed: 'reused',
    variants: ['graph'],
    traffic: trafficFrom(out),
    out: folder(),
  });
  expect(recording.trials!.find(({ id }) => id === 'pad-to-buckets')!.traffic!.sizes).toEqual(sizes);
});

it.each(['compiled.mjs', 'compiled.cjs'])('%s: graphs built again, calls that fail or wait, each as what it is', async (program) => {
  const recording = only(await ran(program, 'misuse'));
  expect(callsOf(recording)).toEqual([
    'graph-xla/execute float32[1,4] cold-session',
    'graph-xla/execute float32[1,4] warm',
    'graph-xla/execute float32[2,4] cold-signature',
    'graph-xla/execute float32[2,4] warm',
    'graph-xla/execute float32[1,4] cold-signature',
    'graph-xla/execute float32[2,4] cold-signature',
    'graph/predict float32[7,4] cold-session: This model cannot be traced into a graph',
    'graph/predict float32[7,4] cold-signature: This model cannot be traced into a graph',
    'graph-xla/predict float32[1,4] warm: This compiled model was disposed',
    'graph-xla/predictAsync float32[1,4] warm: This compiled model was disposed',
    'graph/predictAsync float32[1,4] cold-session',
    'graph/executeAsync float32[2,4] cold-signature',
    'graph/predictAsync float32[1,4] cold-signature',
    'graph/predict float32[1,4] warm',
  ]);
  const building = (call: number): (string | undefined)[] =>
    rowsOf(recording, call)
      .filter(({ name, kind, parent }) => name === 'graph-building' && kind === 'stage' && parent === recording.calls[call]!.rootSpan)
      .map(({ cause }) => cause);
  expect([0, 2, 4, 5].map(building)).toEqual([['first-trace'], ['new-shape'], ['cache-evicted'], ['cache-evicted']]);
  expect(rowsOf(recording, 0).map(({ name }) => name)).toContain('xla-compilation');
  // A graph that was not built leaves its stage closed, and the call after it as it is.
  expect([6, 7].map((call) => stagesOf(recording, call))).toEqual([
    ['data-adapter', 'graph-building'],
    ['data-adapter', 'graph-building'],
  ]);
  expect([8, 9].map((call) => stagesOf(recording, call))).toEqual([['data-adapter'], ['data-adapter']]);
  // Built side by side, each with its own steps; the call that waits has no cause of its own.
  for (const [call, batch] of [
    [10, 1],
    [11, 2],
  ] as const) {
    const steps = rowsOf(recording, call).filter(({ kind, name }) => kind === 'pass' && PHASES.includes(name));
    expect(steps.map(({ name, node: signature }) => [name, signature])).toEqual(
      PHASES.map((name) => [name, expect.stringContaining(`[${batch},4]`)]),
    );
  }
  expect(building(12)).toEqual([undefined]);
  expect(stagesOf(recording, 12)).toEqual(['data-adapter', 'graph-building', 'kernel-execution']);
  expect(signatureRows([recording]).map(({ variant, signature, hits, misses }) => `${variant} ${signature} ${hits} ${misses}`)).toEqual([
    'graph/predict float32[1,4] 1 0',
    'graph-xla/execute float32[1,4] 1 2',
    'graph-xla/execute float32[2,4] 1 2',
    // None of them is warm: variants without a warm call come last.
    'graph/executeAsync float32[2,4] 0 1',
    'graph/predictAsync float32[1,4] 0 2',
  ]);
});

it.each([
  ['--import', 'compiled.mjs'],
  ['--require', 'compiled.cjs'],
])('%s inferscope/register, %s: spans of the program are those of its compiled graph', async (option, program) => {
  const text = await node([
    '--require',
    './test/telemetry/live/programs/telemetry.cjs',
    option,
    'inferscope/register',
    `test/telemetry/live/programs/${program}`,
    'vary',
  ]);
  const { spans } = JSON.parse(text) as { spans: { name: string; attributes: Record<string, unknown> }[] };
  const calls = spans.filter(
    ({ attributes }) => attributes['inference.span.kind'] === 'call' && attributes['inference.variant'] !== undefined,
  );
  expect(calls.length).toBe(60);
  expect(
    new Set(
      calls.map(({ name, attributes }) => `${String(attributes['inference.variant'])}/${name} ${String(attributes['inference.runtime'])}`),
    ),
  ).toEqual(new Set(['graph/predict layers-model']));
  expect(spans.filter(({ name }) => name === 'tracing').map(({ attributes }) => attributes['inference.graph_building.cause'])).toEqual([
    'first-trace',
    'new-shape',
    'new-shape',
    'new-shape',
    'new-shape',
  ]);
});
