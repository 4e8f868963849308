import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { ProgramSpan } from '../../helpers/program-span.js';

interface Thread {
  readonly threadId: number;
  readonly spans: readonly ProgramSpan[];
}

const TELEMETRY = path.resolve('test/telemetry/live/programs/telemetry.cjs');
// Without it Node.js 20.19 and later require modules, and the CommonJS build would not be what is tested.
const AS_OLD_NODE = process.allowedNodeEnvironmentFlags.has('--experimental-require-module') ? ['--no-experimental-require-module'] : [];

/** Runs a program of `programs/` in a process of its own, as a user would; needs `npm run build`. */
async function output(args: readonly string[], program: string, env: Record<string, string> = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...AS_OLD_NODE, ...args, path.join('test/telemetry/live/programs', program)],
    { env: { ...process.env, ...env } },
  );
  return stdout;
}

const threads = (text: string): Thread[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Thread);

async function spansOf(args: readonly string[], program: string, env: Record<string, string> = {}): Promise<readonly ProgramSpan[]> {
  return threads(await output(args, program, env)).flatMap(({ spans }) => spans);
}

const kindsOf = (spans: readonly ProgramSpan[]) => new Set(spans.map(({ attributes }) => attributes['inference.span.kind']));

/** Three calls of one request: one trace, in which every span but the request hangs below another one. */
function expectOneTrace(spans: readonly ProgramSpan[]): void {
  expect(spans.filter(({ name }) => name === 'predict').length).toBe(3);
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  const ids = new Set(spans.map(({ spanId }) => spanId));
  expect(spans.filter(({ parentSpanId }) => parentSpanId === null || !ids.has(parentSpanId)).map(({ name }) => name)).toEqual(['request']);
}

describe('a program preloaded with inferscope/register', () => {
  it.each([
    ['--import', 'app.mjs'],
    ['--import', 'app.cjs'],
    ['--require', 'app.mjs'],
    ['--require', 'app.cjs'],
  ])('%s, %s: has its calls in its own trace, down to the kernels', async (option, program) => {
    const spans = await spansOf(['--require', TELEMETRY, option, 'inferscope/register'], program);
    expectOneTrace(spans);
    expect(kindsOf(spans)).toContain('kernel');
    // The private seams were reached: sorting is seen, and that needs the load hook.
    expect(spans.map(({ name }) => name)).toContain('graph-building');
  });

  it('is configured by environment variables', async () => {
    const spans = await spansOf(['--require', TELEMETRY, '--require', 'inferscope/register'], 'app.cjs', { INFERSCOPE_KERNELS: 'off' });
    expectOneTrace(spans);
    expect(kindsOf(spans)).not.toContain('kernel');
  });

  it('starts all the same when its configuration makes no sense', async () => {
    const spans = await spansOf(['--require', TELEMETRY, '--require', 'inferscope/register'], 'app.cjs', { INFERSCOPE_KERNELS: 'many' });
    expect(spans.map(({ name }) => name)).toEqual(['request']);
  });

  it.each(['--import', '--require'])('%s: has the calls of worker threads, each thread its own', async (option) => {
    const each = threads(await output(['--require', TELEMETRY, option, 'inferscope/register'], 'workers.cjs'));
    expect(each.map(({ threadId }) => threadId).sort()).toEqual([0, 1, 2]);
    for (const { threadId, spans } of each) {
      if (threadId === 0) expect(spans).toEqual([]);
      else expectOneTrace(spans);
    }
  });

  it.each(['--import', '--require'])('%s: loads no TensorFlow into a program that does not', async (option) => {
    expect((await output([option, 'inferscope/register'], 'no-tensorflow.cjs')).trim()).toBe('false');
  });

  it('and with an instrumentation of its own, has each call once', async () => {
    const spans = await spansOf(['--require', 'inferscope/register'], 'own-instrumentation.cjs');
    expectOneTrace(spans);
  });
});

describe('a program with an InferenceInstrumentation of its own', () => {
  it.each(['own-instrumentation.cjs', 'own-instrumentation.mjs'])(
    '%s: has its calls in its own trace, with stages only',
    async (program) => {
      const spans = await spansOf([], program);
      expectOneTrace(spans);
      expect(kindsOf(spans)).not.toContain('kernel');
      expect(spans.map(({ name }) => name)).toContain('kernel-execution');
    },
  );

  it('works with @opentelemetry/sdk-node, its variables and its meters', async () => {
    const text = await output([], 'node-sdk.cjs', {
      OTEL_SERVICE_NAME: 'scoring',
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
    });
    const { spans, metrics } = JSON.parse(text) as { spans: (ProgramSpan & { service: string })[]; metrics: string[] };
    expectOneTrace(spans);
    expect(kindsOf(spans)).toContain('kernel');
    expect(new Set(spans.map(({ service }) => service))).toEqual(new Set(['scoring']));
    expect(metrics).toEqual(
      expect.arrayContaining(['inference.call.duration', 'inference.stage.duration', 'inference.tensors.held', 'inference.tensors.bytes']),
    );
  });

  it('records nothing when OTEL_SDK_DISABLED is set', async () => {
    const { spans } = JSON.parse(await output([], 'node-sdk.cjs', { OTEL_SDK_DISABLED: 'true' })) as Thread;
    expect(spans).toEqual([]);
  });

  it('asks the sampler of OTEL_TRACES_SAMPLER once a call', async () => {
    const { spans } = JSON.parse(await output([], 'node-sdk.cjs', { OTEL_TRACES_SAMPLER: 'always_off' })) as Thread;
    expect(spans).toEqual([]);
  });
});
