import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findJaeger } from '../../src/telemetry/jaeger/binary.js';
import type { RunnerChoice } from '../../src/telemetry/jaeger/binary.js';
import { RELEASES_VARIABLE, type JaegerRelease } from '../../src/telemetry/jaeger/release.js';
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

async function found(choice: RunnerChoice, release: JaegerRelease | null = null) {
  const paths = { ...jaegerPaths(bin), binary: join(bin, 'cache', 'jaeger'), buildDir: join(bin, 'build') };
  const releaseBinary = (version: string): string => join(bin, `release-${version}`, 'jaeger');
  return await findJaeger({ ...paths, releaseBinary }, choice, { say: (line) => told.push(line), release });
}

/** A server of releases in the layout of Jaeger's own, whose only archive holds `script` as `jaeger`. */
async function releases(script: string): Promise<{ readonly release: JaegerRelease; readonly asked: string[]; close(): void }> {
  const name = 'jaeger-2.99.0-some-machine';
  await command('jaeger', script, join(bin, 'made', name));
  const archive = execFileSync('tar', ['-cz', '-C', join(bin, 'made'), name]);
  const asked: string[] = [];
  const server = createServer(({ url }, response) => {
    asked.push(url ?? '');
    const isThere = url === `/mirror/v2.99.0/${name}.tar.gz`;
    response.writeHead(isThere ? 200 : 404).end(isThere ? archive : 'not here');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv(RELEASES_VARIABLE, `http://127.0.0.1:${(server.address() as AddressInfo).port}/mirror/`);
  const sha256 = createHash('sha256').update(archive).digest('hex');
  return { release: { version: '2.99.0', platform: 'some-machine', sha256 }, asked, close: () => void server.close() };
}

describe('the release of its makers', () => {
  it('is fetched once, compared with its checksum, and comes before a build', async () => {
    const { release, asked, close } = await releases(V2);
    const expected = { kind: 'binary', path: join(bin, 'release-2.99.0', 'jaeger'), origin: 'release' };
    expect(await found('auto', release)).toEqual(expected);
    expect(await found('release', release)).toEqual(expected);
    close();
    expect(asked).toEqual(['/mirror/v2.99.0/jaeger-2.99.0-some-machine.tar.gz']);
    expect(await readdir(join(bin, 'release-2.99.0'))).toEqual(['jaeger']);
  });

  it.each([
    ['another checksum', { sha256: '0'.repeat(64) }, /has the checksum [0-9a-f]{64} and not 0{64}/],
    ['no such version', { version: '2.98.0' }, /answered HTTP 404/],
  ])('is not used, and that is told: %s', async (_what, change, why) => {
    const { release, close } = await releases(V2);
    await command('jaeger', V2, join(bin, 'cache'));
    expect(await found('auto', { ...release, ...change })).toMatchObject({ origin: 'built' });
    expect(told.at(-1)).toMatch(why);
    await expect(found('release', { ...release, ...change })).rejects.toThrow(why);
    close();
  });

  it('is not used where its download breaks off, has no room, or the address of releases is none', async () => {
    const { release, close } = await releases(V2);
    const cut = createServer((_, response) => {
      response.writeHead(200, { 'content-length': '60000000' }).write('the first bytes');
      setImmediate(() => response.destroy());
    });
    await new Promise<void>((resolve) => cut.listen(0, '127.0.0.1', resolve));
    await writeFile(join(bin, 'release-2.99.0'), 'a file where the folder would be');
    await expect(found('release', release)).rejects.toThrow(
      /jaeger-2\.99\.0-some-machine\.tar\.gz cannot be unpacked: .*Leave out --with release/,
    );
    vi.stubEnv(RELEASES_VARIABLE, `http://127.0.0.1:${(cut.address() as AddressInfo).port}`);
    await expect(found('release', release)).rejects.toThrow(/the download of http:.*some-machine\.tar\.gz broke off \(.+\)/);
    vi.stubEnv(RELEASES_VARIABLE, 'user:secret@mirror.example/jaeger');
    await expect(found('release', release)).rejects.toThrow(
      'INFERSCOPE_JAEGER_RELEASES is "mirror.example/jaeger": name an address such as',
    );
    cut.close();
    close();
  });

  it('is not used where it does not run, or its host cannot be reached', async () => {
    const { release, close } = await releases('exit 1');
    await expect(found('release', release)).rejects.toThrow(/does not run here.*Leave out --with release/);
    close();
    vi.stubEnv(RELEASES_VARIABLE, 'http://127.0.0.1:9');
    await expect(found('release', release)).rejects.toThrow(/127\.0\.0\.1:9 cannot be reached/);
  });
});

describe('what runs Jaeger', () => {
  it('is podman when its engine answers and that of docker does not', async () => {
    await command('docker', NO_ENGINE);
    await command('podman', 'echo host');
    expect(await found('auto')).toMatchObject({ kind: 'docker', command: 'podman' });
  });

  it('is docker when an engine answers', async () => {
    await command('docker', 'echo 27.0');
    await command('jaeger', V2);
    expect(await found('auto')).toEqual({
      kind: 'docker',
      command: 'docker',
      image: expect.stringMatching(/^jaegertracing\/jaeger:2\.\d+/) as string,
    });
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
