import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { execa } from 'execa';

const READY_PATIENCE_MILLIS = 60_000;

export const { collectorBinary } = (await import(new URL('../../../scripts/collector.mjs', import.meta.url).href)) as {
  readonly collectorBinary: (folder?: string) => Promise<string>;
};

/** The configuration as the deployment guide prints it. */
export async function guideConfig(): Promise<string> {
  const guide = await readFile('docs/deployment.md', 'utf8');
  const [, yaml] = /```yaml\n(receivers:[\s\S]*?)```/.exec(guide) ?? [];
  if (yaml === undefined) throw new Error('docs/deployment.md has no collector configuration');
  return yaml;
}

/** Replaces each text, which must be there: a change of the guide must not turn a test into another one. */
export function withChanges(config: string, changes: Readonly<Record<string, string>>): string {
  return Object.entries(changes).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the collector configuration has no ${from}`);
    return text.replace(from, to);
  }, config);
}

export async function validate(config: string): Promise<{ readonly exitCode: number | undefined; readonly stderr: string }> {
  const { exitCode, stderr } = await execa(await collectorBinary(), ['validate', '--config', await fileOf(config)], { reject: false });
  return { exitCode, stderr };
}

export class RealCollector {
  private constructor(
    private readonly child: ChildProcess,
    private readonly log: string[],
  ) {}

  /** Returns when it answers on `port`. `binary` with its first arguments, without it the guide's. */
  static async start(config: string, port: number, [binary, ...args]: readonly string[] = []): Promise<RealCollector> {
    const child = spawn(binary ?? (await collectorBinary()), [...args, '--config', await fileOf(config)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => log.push(String(chunk)));
    const collector = new RealCollector(child, log);
    const ready = async (): Promise<boolean> => {
      if (child.exitCode !== null) throw new Error(`the collector did not start:\n${log.join('')}`);
      return answers(`http://127.0.0.1:${port}/v1/traces`);
    };
    await vi.waitUntil(ready, { timeout: READY_PATIENCE_MILLIS, interval: 100 });
    return collector;
  }

  /** SIGTERM: it sends what it holds and ends. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }

  /** What it has printed. */
  get printed(): string {
    return this.log.join('');
  }

  /** Waits until its log has these words. */
  async says(words: string): Promise<void> {
    await vi.waitFor(() => expect(this.log.join('')).toContain(words), READY_PATIENCE_MILLIS);
  }
}

async function fileOf(config: string): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'inferscope-collector-')), 'config.yaml');
  await writeFile(file, config);
  return file;
}

async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(url, { signal: AbortSignal.timeout(2000) })).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
