import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { writeRecording } from '../../../src/record/writer.js';
import { manyCalls } from '../../helpers/drawn-lines.js';
import { freePort, noJaegerHere } from './real-jaeger.js';

let env: NodeJS.ProcessEnv;

/** The command as a user runs it; needs `npm run build`. */
async function inferscope(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['dist/cli/main.js', ...args], { env, maxBuffer: 2 ** 26 });
  return stdout;
}

interface Exported {
  readonly spans: { readonly accepted: number };
  readonly endpoint: string;
  readonly traceUrl: string | null;
  readonly firstTraceId: string;
}

describe.skipIf(noJaegerHere())('the link to a trace [needs Jaeger: docker, or go to build it]', () => {
  afterEach(() => inferscope('jaeger', 'down'));

  it('leads to the trace in the Jaeger that was started, on whatever port; of another one only the id is told', async () => {
    const home = await mkdtemp(join(tmpdir(), 'inferscope-home-'));
    env = { ...process.env, XDG_DATA_HOME: home };
    const [query, otlp, grpc] = await Promise.all([freePort(), freePort(), freePort()]);
    const ports = ['--query-port', String(query), '--otlp-port', String(otlp), '--otlp-grpc-port', String(grpc)];
    const up = () => inferscope('jaeger', 'up', '--with', 'build', ...ports);
    await up();
    const recording = manyCalls(3);
    const run = join(home, 'run');
    writeRecording(join(run, 'recordings', 'a.isr'), {
      ...recording,
      meta: { ...recording.meta, originEpochNanos: String(BigInt(Date.now()) * 1_000_000n) },
    });
    const exported = async (...more: readonly string[]) =>
      JSON.parse(await inferscope('export', run, '--to', 'jaeger', '--json', ...more)) as Exported;

    const { traceUrl, firstTraceId, spans, endpoint } = await exported();
    expect([spans.accepted, new URL(endpoint).port, new URL(traceUrl ?? '').port]).toEqual([15, String(otlp), String(query)]);
    const answer = await fetch(traceUrl ?? '');
    expect([answer.status, (await answer.text()).includes('MatMul')]).toEqual([200, true]);
    // It has no pages: what is printed beside the link shows the trace.
    const told = await inferscope('export', run, '--to', 'jaeger');
    expect(told).toContain(`inferscope view ${traceUrl ?? ''}`);
    for (const what of [
      [traceUrl ?? ''],
      [`http://localhost:${query}/trace/${firstTraceId}?uiFind=x`],
      ['--from-jaeger', `http://localhost:${query}`, '--trace', firstTraceId],
    ]) {
      const { variants } = JSON.parse(await inferscope('view', ...what, '--text', '--json')) as {
        readonly variants: readonly { readonly calls: number }[];
      };
      expect(variants.map(({ calls }) => calls)).toEqual([1]);
    }
    await expect(inferscope('view', `http://localhost:${query}/trace/${'ab'.repeat(16)}`, '--text')).rejects.toMatchObject({
      code: 66,
      stderr: expect.stringContaining('holds no trace abab') as string,
    });
    // The same server by another name, and over OTEL_EXPORTER_OTLP_ENDPOINT.
    expect((await exported('--endpoint', `http://127.0.0.1:${otlp}`)).traceUrl).toBe(traceUrl);
    env = { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: '', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://localhost:${otlp}/v1/traces` };
    expect((await exported()).traceUrl).toBe(traceUrl);
    expect((await exported('--jaeger-url', 'https://jaeger.example/')).traceUrl).toBe(`https://jaeger.example/trace/${firstTraceId}`);

    await inferscope('jaeger', 'down');
    await up();
    // Its storage has survived.
    expect((await fetch(traceUrl ?? '')).status).toBe(200);
  });
});
