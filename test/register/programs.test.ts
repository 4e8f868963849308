import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

interface ProgramSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly attributes: Record<string, unknown>;
}

interface Thread {
  readonly threadId: number;
  readonly spans: readonly ProgramSpan[];
}

const TELEMETRY = path.resolve('test/register/programs/telemetry.cjs');
// Without it Node.js 20.19 and later require modules, and the CommonJS build would not be what is tested.
const AS_OLD_NODE = process.allowedNodeEnvironmentFlags.has('--experimental-require-module') ? ['--no-experimental-require-module'] : [];

/** Runs a program of `programs/` in a process of its own, as a user would; needs `npm run build`. */
function output(args: readonly string[], program: string, env: Record<string, string> = {}): string {
  return execFileSync(process.execPath, [...AS_OLD_NODE, ...args, path.join('test/register/programs', program)], { encoding: 'utf8', env: { ...process.env, ...env } });
}

const threads = (text: string): Thread[] => text.trim().split('\n').map((line) => JSON.parse(line) as Thread);

function spansOf(args: readonly string[], program: string, env: Record<string, string> = {}): readonly ProgramSpan[] {
  return threads(output(args, program, env)).flatMap(({ spans }) => spans);
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
  ])('%s, %s: has its calls in its own trace, down to the kernels', (option, program) => {
    const spans = spansOf(['--require', TELEMETRY, option, 'inferscope/register'], program);
    expectOneTrace(spans);
    expect(kindsOf(spans)).toContain('kernel');
    // The private seams were reached: sorting is seen, and that needs the load hook.
    expect(spans.map(({ name }) => name)).toContain('graph-building');
  });

  it('is configured by environment variables', () => {
    const spans = spansOf(['--require', TELEMETRY, '--require', 'inferscope/register'], 'app.cjs', { INFERSCOPE_KERNELS: 'off' });
    expectOneTrace(spans);
    expect(kindsOf(spans)).not.toContain('kernel');
  });

  it('starts all the same when its configuration makes no sense', () => {
    const spans = spansOf(['--require', TELEMETRY, '--require', 'inferscope/register'], 'app.cjs', { INFERSCOPE_KERNELS: 'many' });
    expect(spans.map(({ name }) => name)).toEqual(['request']);
  });

  it.each(['--import', '--require'])('%s: has the calls of worker threads, each thread its own', (option) => {
    const each = threads(output(['--require', TELEMETRY, option, 'inferscope/register'], 'workers.cjs'));
    expect(each.map(({ threadId }) => threadId).sort()).toEqual([0, 1, 2]);
    for (const { threadId, spans } of each) {
      if (threadId === 0) expect(spans).toEqual([]);
      else expectOneTrace(spans);
    }
  });

  it.each(['--import', '--require'])('%s: loads no TensorFlow into a program that does not', (option) => {
    expect(output([option, 'inferscope/register'], 'no-tensorflow.cjs').trim()).toBe('false');
  });

  it('and with an instrumentation of its own, has each call once', () => {
    const spans = spansOf(['--require', 'inferscope/register'], 'own-instrumentation.cjs');
    expectOneTrace(spans);
  });
});

describe('a program with an InferenceInstrumentation of its own', () => {
  it.each(['own-instrumentation.cjs', 'own-instrumentation.mjs'])('%s: has its calls in its own trace, with stages only', (program) => {
    const spans = spansOf([], program);
    expectOneTrace(spans);
    expect(kindsOf(spans)).not.toContain('kernel');
    expect(spans.map(({ name }) => name)).toContain('kernel-execution');
  });
});
