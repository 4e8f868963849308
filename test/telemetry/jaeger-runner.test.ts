import { chmod, mkdtemp, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findJaeger } from '../../src/telemetry/jaeger/binary.js';
import type { RunnerChoice } from '../../src/telemetry/jaeger/binary.js';
import { jaegerPaths } from '../../src/telemetry/jaeger/paths.js';

let bin: string;
let told: string[];

beforeEach(async () => {
  bin = await mkdtemp(join(tmpdir(), 'inferscope-bin-'));
  told = [];
  vi.stubEnv('PATH', `${bin}:/usr/bin:/bin`);
});
afterEach(() => vi.unstubAllEnvs());

/** A command of that name at the front of the PATH. */
async function command(name: string, script: string, folder = bin): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, name), 0o755);
}

const V2 = `echo '{"gitVersion":"v2.13.0"}'`;
const NO_ENGINE = 'echo "Cannot connect to the Docker daemon. Is the docker daemon running?" >&2; exit 1';

async function found(choice: RunnerChoice) {
  const binary = join(bin, 'cache', 'jaeger');
  return await findJaeger({ ...jaegerPaths(bin), binary, buildDir: join(bin, 'build') }, choice, (line) => told.push(line));
}

describe('what runs Jaeger', () => {
  it('is docker when an engine answers', async () => {
    await command('docker', 'echo 27.0');
    await command('jaeger', V2);
    expect(await found('auto')).toEqual({ kind: 'docker', image: expect.stringMatching(/^jaegertracing\/jaeger:2\.\d+/) as string });
  });

  it('is a jaeger on the PATH when the docker command has no engine, and the reason is said', async () => {
    await command('docker', NO_ENGINE);
    await command('jaeger', V2);
    expect(await found('auto')).toEqual({ kind: 'binary', path: 'jaeger', origin: 'path' });
    expect(told).toEqual(['Not in docker (Cannot connect to the Docker daemon. Is the docker daemon running?).']);
  });

  it('is the one built earlier when the one on the PATH is of version 1', async () => {
    await command('docker', NO_ENGINE);
    await command('jaeger', `echo '{"gitVersion":"v1.76.0"}'`);
    await command('jaeger', V2, join(bin, 'cache'));
    expect(await found('auto')).toEqual({ kind: 'binary', path: join(bin, 'cache', 'jaeger'), origin: 'built' });
  });

  it('is nothing else than what was asked for', async () => {
    await command('docker', NO_ENGINE);
    await expect(found('docker')).rejects.toThrow(/No docker engine answers \(Cannot connect.*leave out --with docker/);
    await expect(found('path')).rejects.toThrow(/no jaeger of version 2 on the PATH/);
  });

  it('is built with Go, and without Go the error says what would help', async () => {
    vi.stubEnv('PATH', `${bin}:${dirname('/bin/sh')}`);
    await command('docker', NO_ENGINE);
    await command('go', 'exit 1');
    await expect(found('auto')).rejects.toThrow(/start a docker engine, put a jaeger of version 2 on the PATH, or install Go/);
  });
});
