import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { exportRun } from '../../src/runs/export-run.js';
import { jaegerPaths } from '../../src/telemetry/jaeger/paths.js';
import { momentFrom } from '../../src/telemetry/stores/time-range.js';
import { writeRecording } from '../../src/record/writer.js';
import { manyCalls } from '../helpers/drawn-lines.js';
import { FlakyCollector } from '../telemetry/flaky-collector.js';

let collector: FlakyCollector;
let endpoint: string;
let run: string;

beforeEach(async () => {
  collector = new FlakyCollector();
  endpoint = await collector.listen();
  run = await mkdtemp(join(tmpdir(), 'inferscope-run-'));
  for (const name of ['a', 'b']) writeRecording(join(run, 'recordings', `${name}.isr`), manyCalls(150));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await collector.close();
});

describe('exporting a run folder', () => {
  it('sends all of its recordings and resumes after a refusal', async () => {
    collector.behaviours.push('ok', { status: 403 }, 'ok');
    const first = await exportRun(run, { to: 'otlp', endpoint });
    expect(first.recorded).toBe(1500);
    expect(first.spooled).toBeGreaterThan(0);
    const second = await exportRun(run, { to: 'otlp', endpoint, resume: true });
    expect(second).toMatchObject({ recorded: 1500, accepted: 1500, lost: 0, spooled: 0 });
    const third = await exportRun(run, { to: 'otlp', endpoint, resume: true });
    expect(third).toMatchObject({ recorded: 1500, accepted: 1500 });
  });

  it('refuses when the SDK is disabled, and writes files all the same', async () => {
    vi.stubEnv('OTEL_SDK_DISABLED', 'true');
    await expect(exportRun(run, { to: 'otlp', endpoint })).rejects.toThrow(/OTEL_SDK_DISABLED/);
    const { files, accepted } = await exportRun(run, { to: 'otlp-json' });
    expect({ files: files.length, accepted }).toEqual({ files: 2, accepted: 1500 });
  });
});

describe('the report after an export to Jaeger', () => {
  const report = (): string => readFileSync(join(run, 'report.html'), 'utf8');
  let jaeger: ChildProcess;

  /** What `inferscope jaeger up` leaves: a process that has our configuration on its command line, and its state. */
  async function jaegerOfOurs(hasUi: boolean): Promise<void> {
    vi.stubEnv('XDG_DATA_HOME', run);
    const { configFile, stateFile } = jaegerPaths();
    await mkdir(dirname(stateFile), { recursive: true });
    jaeger = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)', configFile], { stdio: 'ignore' });
    await once(jaeger, 'spawn');
    writeFileSync(
      stateFile,
      JSON.stringify({ pid: jaeger.pid, ports: { otlpGrpc: 4317 }, queryUrl: 'http://localhost:16686', otlpEndpoint: endpoint, hasUi }),
    );
  }
  beforeEach(() => writeFileSync(join(run, 'report.html'), '<meta name="inferscope-jaeger" content="">'));
  afterEach(() => void jaeger.kill());

  it.each([
    [true, 'http://localhost:16686', /^http:\/\/localhost:16686\/trace\/[0-9a-f]{32}$/],
    [false, '', /^http:\/\/localhost:16686\/api\/v3\/traces\/[0-9a-f]{32}$/],
  ])('links traces where the server has pages (%s)', async (hasUi, linked, traceUrl) => {
    await jaegerOfOurs(hasUi);
    expect((await exportRun(run, { to: 'jaeger' })).traceUrl).toMatch(traceUrl);
    expect(report()).toBe(`<meta name="inferscope-jaeger" content="${linked}">`);
  });
});

describe('moments', () => {
  it('are durations before now or dates', () => {
    const now = Date.parse('2026-01-02T00:00:00Z');
    expect(momentFrom('2h', now)).toBe(BigInt(now - 7_200_000) * 1_000_000n);
    expect(momentFrom('2026-01-01T00:00:00Z', now)).toBe(BigInt(now - 86_400_000) * 1_000_000n);
    expect(() => momentFrom('soon', now)).toThrow(/is no time/);
  });
});
