import { chmod, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { jaegerPaths } from '../../../src/telemetry/jaeger/paths.js';
import { jaegerDown, jaegerStatus, jaegerUp } from '../../../src/telemetry/jaeger/server.js';
import type { JaegerOptions } from '../../../src/telemetry/jaeger/server.js';
import { noJaegerHere, ownJaeger, start } from './real-jaeger.js';

let options: JaegerOptions;
const path = process.env['PATH'];
afterEach(async () => {
  process.env['PATH'] = path;
  await jaegerDown(options);
});

describe.skipIf(noJaegerHere())('jaeger up [needs Jaeger: docker, or go to build it]', () => {
  it('falls back to a jaeger on the PATH when the docker engine cannot have the image', async () => {
    // Once with `build`, so that there is a binary to put on the PATH.
    options = await ownJaeger();
    await start(options);
    await jaegerDown(options);
    const bin = await mkdtemp(join(tmpdir(), 'inferscope-bin-'));
    const log = join(bin, 'docker.log');
    await writeFile(
      join(bin, 'docker'),
      `#!/bin/sh\necho "$@" >> ${log}\n[ "$1" = run ] && { echo "pull access denied" >&2; exit 125; }\necho 27.0\n`,
    );
    await chmod(join(bin, 'docker'), 0o755);
    await symlink(jaegerPaths().binary, join(bin, 'jaeger'));
    process.env['PATH'] = `${bin}:${path ?? ''}`;
    const told: string[] = [];
    const state = await jaegerUp({ ...options, runner: 'auto', say: (line) => told.push(line) });
    expect(state.runner).toEqual({ kind: 'binary', path: 'jaeger', origin: 'path' });
    expect(told).toEqual([expect.stringMatching(/docker could not start .*pull access denied/)]);
    expect(await jaegerStatus(options)).toMatchObject({ running: true });
    // A narrow terminal, and the same folder written another way.
    vi.stubEnv('COLUMNS', '30');
    expect(await jaegerStatus({ home: relative(process.cwd(), options.home ?? '') })).toMatchObject({ running: true });
    vi.unstubAllEnvs();
    // What docker was asked: loopback only, storage of ours, our user.
    const asked = (await readFile(log, 'utf8')).split('\n').find((line) => line.startsWith('run')) ?? '';
    const { query, otlpHttp, otlpGrpc } = state.ports;
    for (const port of [`127.0.0.1:${query}:16686`, `127.0.0.1:${otlpHttp}:4318`, `127.0.0.1:${otlpGrpc}:4317`])
      expect(asked).toContain(`--publish ${port}`);
    expect(asked).toContain(`--volume ${state.dataDir}:/badger`);
    expect(asked).toContain(`--user ${process.getuid?.() ?? 0}:`);
  });
});
